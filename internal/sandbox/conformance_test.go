package sandbox

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const nowhere = "/api/bicycles/11111111-2222-4333-8444-555555555555/"

func TestErrorsAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	actions := "/api/bicycles/" + n.fleet.bicycles[0].uuid + "/actions/"
	foreign := `{"organization":"/api/organizations/` + n.fleet.tree[2].uuid + `/"}`
	for _, row := range []struct {
		example, method, path, body string
		header                      map[string]string
		status                      int
	}{
		{"error-400-bbox", get, "/api/bicycles/?bbox=13.3,52.5", "", nil, 400},
		{"error-400-distance-without-bbox", get, "/api/bicycles/?ordering=distance", "", nil, 400},
		{"error-400-filter-choice", get, "/api/bicycles/?state=broken", "", nil, 400},
		{"error-400-filter-uuid", get, "/api/bicycles/?organization=berlin", "", nil, 400},
		{"error-400-json-parse", post, "/api/support_tickets/", "nonsense", nil, 400},
		{"error-400-not-an-object", post, "/api/support_tickets/", "[]", nil, 400},
		{"error-400-unknown-fields", get, "/api/bicycles/?fields=name,colour", "", nil, 400},
		{"error-401-empty-credentials", get, "/api/trips/", "", map[string]string{"Authorization": "JWT"}, 401},
		{"error-401-missing-token", get, "/api/trips/", "", anonymous, 401},
		{"error-401-missing-token", get, "/api/trips/", "", map[string]string{"Authorization": "Bearer abc"}, 401},
		{"error-401-spaces", get, "/api/trips/", "", map[string]string{"Authorization": "JWT a b"}, 401},
		{"error-401-undecodable", get, "/api/trips/", "", map[string]string{"Authorization": "JWT rubbish"}, 401},
		{"error-403-link-organization", post, "/api/support_tickets/", foreign, nil, 403},
		{"error-403-missing-scope", get, "/api/trips/", "", n.as("noadesk-tickets-only"), 403},
		{"error-404-malformed-uuid", get, "/api/bicycles/not-a-uuid/", "", nil, 404},
		{"error-404-object", get, nowhere, "", nil, 404},
		{"error-404-page", get, "/api/bicycles/?page=99", "", nil, 404},
		{"error-405", get, actions, "", nil, 405},
		{"error-406-media-type", get, "/api/bicycles/", "", map[string]string{"Accept": "application/xml; version=1.0"}, 406},
		{"error-406-version", get, "/api/bicycles/", "", map[string]string{"Accept": jsonType}, 406},
		{"error-415", post, "/api/support_tickets/", "{}", map[string]string{"Content-Type": "text/plain"}, 415},
		{"trip-list-error-number", get, "/api/trips/?started_after=2024-05-14T00:00:00Z", "", nil, 400},
		{"trip-list-error-ordering", get, "/api/trips/?ordering=start_date", "", nil, 400},
		{"trip-list-error-type", get, "/api/trips/?type=REGULAR", "", nil, 400},
		{"trip-list-empty", get, "/api/trips/?type=suspicious&asset_state=private", "", nil, 200},
	} {
		t.Run(row.example, func(t *testing.T) {
			r := n.do(row.method, row.path, row.body, row.header)
			if r.status != row.status {
				t.Errorf("got status %d, want %d", r.status, row.status)
			}
			if diff := cmp.Diff(example(t, row.example), r.body); diff != "" {
				t.Errorf("body differs from the example (-want +got):\n%s", diff)
			}
			if login := r.header.Get("WWW-Authenticate"); (login == `JWT realm="api"`) != (r.status == 401) {
				t.Errorf("got WWW-Authenticate %q with status %d", login, r.status)
			}
		})
	}
}

func TestAnswersHaveTheShapeOfTheExamples(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	organization := "/api/organizations/" + n.Organization().UUID + "/"
	for name, path := range map[string]string{
		"api-root":                            "/api/",
		"bicycle-detail-all-null":             n.bicycleThat(func(b *bicycle) bool { return b.model == nil }),
		"bicycle-detail-available":            n.bicycleThat(equipped),
		"bicycle-detail-lost":                 n.bicycleThat(func(b *bicycle) bool { return b.state == lost && b.note != "" }),
		"bicycle-detail-rented":               n.bicycleThat(func(b *bicycle) bool { return b.state == rented && b.noa.kind == "lock" }),
		"bicycle-detail-reserved":             n.bicycleThat(func(b *bicycle) bool { return b.state == reserved && b.noa.kind == "lock" }),
		"bicycle-list-bbox-distance":          "/api/bicycles/?bbox=71.2,51.0,71.7,51.3&ordering=distance&state=available&state=rented",
		"bicycle-list-empty":                  "/api/bicycles/?zone=11111111-2222-4333-8444-555555555555",
		"bicycle-list-fields":                 "/api/bicycles/?fields=uuid,name,state&page_size=100&query=4711",
		"bicycle-list-no-page":                "/api/bicycles/?no_page=1&fields=uuid,state",
		"bicycle-list-page1":                  "/api/bicycles/?page_size=2",
		"bicycle-list-page2":                  "/api/bicycles/?page=2&page_size=2",
		"bicycle-list-page3":                  "/api/bicycles/?page=last&page_size=2",
		"bicycle-pricings":                    n.bicycleThat(equipped) + "pricings/",
		"bicycle-transitions":                 n.bicycleThat(func(b *bicycle) bool { return b.name == "4711" }) + "transitions/",
		"organization-detail":                 organization,
		"organization-detail-minimal":         "/api/organizations/" + n.fleet.tree[1].uuid + "/",
		"organization-list":                   "/api/organizations/",
		"support-ticket-list":                 "/api/support_tickets/",
		"support-ticket-detail":               n.ticketThat(func(t *ticket) bool { return t.about() == "bicycle_damaged" && t.bicycle != "" }),
		"support-ticket-detail-no-category":   n.ticketThat(func(t *ticket) bool { return t.category == nil && t.message == "" }),
		"support-ticket-detail-with-location": n.ticketThat(func(t *ticket) bool { return t.about() == "location_needs_bicycles" }),
		"trip-detail":                         n.tripThat(func(t *trip) bool { return t.bicycle != nil && t.way != nil && !t.unmatched }),
		"trip-detail-long-no-bicycle":         n.tripThat(func(t *trip) bool { return t.bicycle == nil && t.duration > day && t.way != nil }),
		"trip-detail-unfinished":              n.tripThat(func(t *trip) bool { return t.end.IsZero() }),
		"trip-list":                           "/api/trips/",
	} {
		t.Run(name, func(t *testing.T) {
			want := example(t, name)
			if name == "api-root" {
				want = map[string]any{"bicycles": "https://x/"} // the example is shortened
			}
			sameShape(t, "", want, n.get(path).body)
		})
	}
}

func equipped(b *bicycle) bool {
	return b.state == available && b.axa != nil && b.noa != nil && len(b.tags) > 0
}

func (n *noa) bicycleThat(is func(*bicycle) bool) string {
	n.t.Helper()
	at := slices.IndexFunc(n.fleet.bicycles, is)
	if at < 0 {
		n.t.Fatal("no such bicycle in the practice fleet")
	}
	return "/api/bicycles/" + n.fleet.bicycles[at].uuid + "/"
}

func (n *noa) tripThat(is func(*trip) bool) string {
	n.t.Helper()
	at := slices.IndexFunc(n.fleet.trips, func(t *trip) bool { return !t.hidden && is(t) })
	if at < 0 {
		n.t.Fatal("no such trip of the practice fleet")
	}
	return "/api/trips/" + n.fleet.trips[at].uuid + "/"
}

func (n *noa) ticketThat(is func(*ticket) bool) string {
	n.t.Helper()
	at := slices.IndexFunc(n.fleet.tickets, is)
	if at < 0 {
		n.t.Fatal("no such ticket of the practice fleet")
	}
	return "/api/support_tickets/" + n.fleet.tickets[at].uuid + "/"
}

// sameShape compares members and kinds. What is null on one side says
// nothing; labels of telephone numbers are data.
func sameShape(t *testing.T, at string, want, got any) {
	t.Helper()
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok && got != nil {
			t.Errorf("%s: got %T, want an object", at, got)
		}
		sameMembers(t, at, w, g)
	case []any:
		g, ok := got.([]any)
		if !ok && got != nil {
			t.Errorf("%s: got %T, want a list", at, got)
		}
		if len(w) > 0 && len(g) > 0 {
			sameShape(t, at+"[]", w[0], g[0])
		}
	case nil:
	default:
		if got != nil && kindOf(w) != kindOf(got) && !isNumber(w, got) {
			t.Errorf("%s: got %s %v, want %s", at, kindOf(got), got, kindOf(w))
		}
	}
}

func isNumber(values ...any) bool {
	return !slices.ContainsFunc(values, func(v any) bool { _, ok := v.(json.Number); return !ok })
}

func sameMembers(t *testing.T, at string, want, got map[string]any) {
	t.Helper()
	if got == nil || strings.HasSuffix(at, ".phone_numbers") {
		return
	}
	for name := range want {
		if _, ok := got[name]; !ok {
			if strings.HasSuffix(at, ".devices") {
				continue // both are optional
			}
			t.Errorf("%s: member %s is missing", at, name)
			continue
		}
		sameShape(t, at+"."+name, want[name], got[name])
	}
	for name := range got {
		if _, ok := want[name]; !ok && at != "" && !strings.HasSuffix(at, ".devices") {
			t.Errorf("%s: member %s is too much", at, name)
		}
	}
	if at == "" && want["uuid"] != nil && len(want) != len(got) {
		t.Errorf("got %d members, want %d", len(got), len(want))
	}
}

// waiting are the examples of calls that the sandbox does not answer yet,
// and those that no client application can get.
var waiting = []string{
	"alert-detail", "bicycle-action-", "bicycle-create-", "bicycle-otp", "bicycle-patch-request", "client-app-error-sts",
	"error-409-duplicate", "error-429", "zone-list", "_index",
}

func TestEveryExampleIsUsedOrWaits(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	tests, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tests {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	files, err := os.ReadDir("testdata/examples")
	if err != nil || len(files) < 90 {
		t.Fatalf("got %d examples: %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".json")
		waits := slices.ContainsFunc(waiting, func(start string) bool { return strings.HasPrefix(name, start) })
		if !waits && !strings.Contains(source.String(), `"`+name+`"`) {
			t.Errorf("no test compares an answer with %s", name)
		}
	}
}
