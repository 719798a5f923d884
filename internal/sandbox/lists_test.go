package sandbox

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// walk follows the next links and returns every row.
func (n *noa) walk(path string) []map[string]any {
	n.t.Helper()
	var out []map[string]any
	for pages := 0; path != ""; pages++ {
		if pages > 50 {
			n.t.Fatalf("more than 50 pages at %s", path)
		}
		r := n.get(path)
		out = append(out, r.rows()...)
		next, _ := r.object()["next"].(string)
		path = strings.TrimPrefix(next, n.url)
	}
	return out
}

func TestWalkingAllPagesGivesEveryRowOnce(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	for path, want := range map[string]int{
		"/api/bicycles/?page_size=7":            160,
		"/api/bicycles/?ordering=state":         160,
		"/api/trips/?page_size=100&fields=uuid": 280,
		"/api/support_tickets/":                 len(n.fleet.tickets),
		"/api/organizations/?page_size=1":       2,
	} {
		seen := map[any]bool{}
		rows := n.walk(path)
		for _, row := range rows {
			seen[row["uuid"]] = true
		}
		if len(rows) != want || len(seen) != want {
			t.Errorf("%s: got %d rows, %d different; want %d", path, len(rows), len(seen), want)
		}
	}
}

func TestPagesFollowTheRules(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	for query, want := range map[string]int{
		"":                            20,
		"page_size=3":                 3,
		"page_size=1000":              100,
		"page_size=0":                 20,
		"page_size=-1":                20,
		"page_size=many":              20,
		"page=2&page_size=100":        60,
		"page=last&page_size=100":     60,
		"page=2&page_size=1&state=x":  -400,
		"page=0":                      -404,
		"page=-1":                     -404,
		"page=":                       -404,
		"page=two":                    -404,
		"page=9":                      -404,
		"page=1&state=lost&name=zzzz": 0,
		"no_page=0":                   160,
		"no_page=":                    20,
	} {
		r := n.do(get, "/api/bicycles/?"+query, "", nil)
		got := len(r.rows())
		if r.status != 200 {
			got = -r.status
		}
		if got != want {
			t.Errorf("%q: got %d, want %d", query, got, want)
		}
	}
}

func TestLinksKeepTheOtherParameters(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	r := n.get("/api/bicycles/?state=available&state=lost&page=2&page_size=10&x=a%26b").object()
	next, _ := url.Parse(r["next"].(string))
	previous, _ := url.Parse(r["previous"].(string))
	if q := next.Query(); len(q["state"]) != 2 || q.Get("page") != "3" || q.Get("x") != "a&b" {
		t.Errorf("got next %s", next)
	}
	if q := previous.Query(); q.Has("page") || q.Get("page_size") != "10" {
		t.Errorf("got previous %s: the link to page 1 has no page", previous)
	}
}

func TestOrderings(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	texts := func(path, member string) []any {
		var out []any
		for _, row := range n.walk(path) {
			out = append(out, row[member])
		}
		return out
	}
	for _, member := range []string{"name", "created", "modified", "state", "serial_number", "short_id", "uuid"} {
		up := texts("/api/bicycles/?page_size=100&ordering="+member, member)
		if !slices.IsSortedFunc(up, func(a, b any) int { return strings.Compare(a.(string), b.(string)) }) {
			t.Errorf("ordering=%s is not sorted", member)
		}
	}
	for _, ordering := range []string{"state_of_charge", "-state_of_charge", "latest_gps_timestamp", "-last_cellular_update"} {
		values := texts("/api/bicycles/?page_size=100&ordering="+ordering, strings.TrimPrefix(ordering, "-"))
		null := slices.Index(values, nil)
		if null < 0 || slices.ContainsFunc(values[null:], func(v any) bool { return v != nil }) {
			t.Errorf("ordering=%s: nulls are not last", ordering)
		}
	}
}

func TestOrderingBySeveralNames(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	rows := n.walk("/api/bicycles/?page_size=100&ordering=state,-name")
	for i := range len(rows) - 1 {
		a, b := rows[i], rows[i+1]
		if a["state"] == b["state"] && a["name"].(string) < b["name"].(string) {
			t.Fatalf("%v before %v in %v", a["name"], b["name"], a["state"])
		}
	}
}

func TestUnknownOrderingsAreRefused(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	for path, want := range map[string]int{
		"bicycles/?ordering=bbox": 400, "bicycles/?ordering=query": 400, "bicycles/?ordering=": 200,
		"bicycles/?ordering=needs_attention": 200, "bicycles/?ordering=created,-colour": 400,
		"trips/?ordering=distance_m": 400, "trips/?ordering=-type,created": 200,
		"organizations/?ordering=name": 400, "organizations/?ordering=-uuid": 200,
		"support_tickets/?ordering=message": 400, "support_tickets/?ordering=category": 200,
	} {
		if r := n.do(get, "/api/"+path, "", nil); r.status != want || want == 400 && r.code("ordering") != "invalid_choice" {
			t.Errorf("%s: got status %d, want %d", path, r.status, want)
		}
	}
}

func TestFieldsCutTheAnswers(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	row := n.get("/api/bicycles/?fields=uuid,app_download_url").rows()[0]
	if _, asked := row["app_download_url"]; len(row) != 2 || !asked {
		t.Errorf("got %v, want uuid and app_download_url", row)
	}
	if _, unasked := n.get("/api/bicycles/").rows()[0]["app_download_url"]; unasked {
		t.Error("app_download_url is there without being asked for")
	}
	actions := n.bicycleThat(func(*bicycle) bool { return true }) + "actions/"
	for _, path := range []string{"/api/bicycles/?fields=", "/api/trips/?fields=uuid,", actions + "?fields=uuid"} {
		if r := n.do(get, path, "", nil); r.status != 400 || !strings.Contains(string(r.raw), `"detail":[{`) {
			t.Errorf("%s: got status %d: %s", path, r.status, r.raw)
		}
	}
	if r := n.do(get, "/api/trips/?fields=colour", "", n.as("noadesk-nothing")); r.status != 400 {
		t.Errorf("got status %d: fields are checked before the scope", r.status)
	}
	filed := n.do(post, "/api/support_tickets/?fields=state", n.plainTicket(), nil)
	if filed.status != 201 || len(filed.object()) != 1 {
		t.Errorf("filing with fields: got status %d: %s", filed.status, filed.raw)
	}
}
