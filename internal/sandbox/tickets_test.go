package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ticketBody is a ticket of the practice organization with more members.
func (n *noa) ticketBody(more string) string {
	return strings.TrimSuffix(n.plainTicket(), "}") + "," + more + "}"
}

func TestTicketRules(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	bike := `"bicycle":"/api/bicycles/` + n.fleet.bicycles[0].uuid + `/"`
	const place = `"location":{"type":"Point","coordinates":[71.42,51.15]}`
	for _, row := range []struct {
		more, path, code string // path and code of the first complaint, "" if it is taken
	}{
		{`"category":"bicycle_damaged",` + bike, "", ""},
		{`"category":"bicycle_missing",` + place, "", ""},
		{`"category":"location_needs_bicycles",` + place, "", ""},
		{`"category":null`, "", ""},
		{`"category":""`, "", ""},
		{`"message":"a\nb","state":"closed","colour":"red"`, "", ""},
		{`"location":"POINT(71.4 51.1)"`, "", ""},
		{`"location":null,"bicycle":null,"concurrency_version":null`, "", ""},
		{`"location":{"type":"Point","coordinates":[51.1,71.4]}`, "", ""},
		{`"category":"bicycle_damaged"`, "__all__", "invalid"},
		{`"category":"bicycle_missing",` + bike, "__all__", "invalid"},
		{`"category":"location_needs_bicycles"`, "__all__", "invalid"},
		{`"category":"bike_on_fire"`, "category", "invalid_choice"},
		{`"category":7`, "category", "invalid_choice"},
		{`"location":{"type":"Point","coordinates":["71.4","51.1"]}`, "location", "invalid"},
		{`"location":{"type":"LineString","coordinates":[[71.4,51.1],[71.5,51.1]]}`, "location", "invalid"},
		{`"location":"somewhere"`, "location", "invalid"},
		{`"location":[71.4,51.1]`, "location", "invalid"},
		{`"bicycle":"/api/bicycles/11111111-2222-4333-8444-555555555555/"`, "bicycle", "does_not_exist"},
		{`"bicycle":"/api/trips/11111111-2222-4333-8444-555555555555/"`, "bicycle", "incorrect_match"},
		{`"bicycle":"/bicycles/1/"`, "bicycle", "no_match"},
		{`"bicycle":4711`, "bicycle", "incorrect_type"},
		{`"owner":null`, "owner", "null"},
		{`"organization":null`, "organization", "null"},
		{`"concurrency_version":"new"`, "concurrency_version", "invalid"},
	} {
		r := n.do(post, "/api/support_tickets/", n.ticketBody(row.more), nil)
		if got := r.code(row.path); got != row.code || (r.status == 201) != (row.code == "") {
			t.Errorf("%s: got status %d, code %q; want code %q\n%s", row.more, r.status, got, row.code, r.raw)
		}
	}
}

// code is that of the first complaint about a member.
func (r response) code(member string) string {
	detail, _ := r.object()["detail"].(map[string]any)
	list, _ := detail[member].([]any)
	if len(list) == 0 {
		return ""
	}
	complaint, _ := list[0].(map[string]any)
	code, _ := complaint["code"].(string)
	return code
}

func TestTicketErrorsAreThoseOfTheExamples(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	const stranger = `"bicycle":"/api/bicycles/11111111-2222-4333-8444-555555555555/"`
	for name, body := range map[string]string{
		"support-ticket-error-field-errors":   `{"category":"bike_on_fire",` + stranger + `}`,
		"support-ticket-error-message-nested": n.ticketBody(`"category":"bike_on_fire","message":null`),
		"support-ticket-error-needs-bicycle":  n.ticketBody(`"category":"bicycle_damaged"`),
		"support-ticket-error-needs-location": n.ticketBody(`"category":"location_needs_bicycles"`),
	} {
		r := n.do(post, "/api/support_tickets/", body, nil)
		if diff := cmp.Diff(example(t, name), r.body); r.status != 400 || diff != "" {
			t.Errorf("%s: got status %d (-want +got):\n%s", name, r.status, diff)
		}
	}
}

// TestFiledTicketsComeBack sends the requests of the examples, with links
// of this fleet in place of theirs.
func TestFiledTicketsComeBack(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	for _, name := range []string{"support-ticket-create-request-damaged", "support-ticket-create-request-location"} {
		request := example(t, name).(map[string]any)
		request["organization"] = "https://other.example/api/organizations/" + n.fleet.tree[1].uuid + "/"
		if request["bicycle"] != nil {
			request["bicycle"] = n.bicycleThat(func(b *bicycle) bool { return b.name == "4711" })
		}
		filed := n.do(post, "/api/support_tickets/", string(mustJSON(t, request)), nil)
		if filed.status != 201 {
			t.Fatalf("%s: got status %d: %s", name, filed.status, filed.raw)
		}
		sameShape(t, "", example(t, "support-ticket-create-response"), filed.body)
		location := filed.header.Get("Location")
		if location != filed.object()["url"] || filed.object()["state"] != "new" {
			t.Errorf("got Location %q for %v, state %v", location, filed.object()["url"], filed.object()["state"])
		}
		if diff := cmp.Diff(filed.body, n.get(strings.TrimPrefix(location, n.url)).body); diff != "" {
			t.Errorf("the ticket reads otherwise (-filed +read):\n%s", diff)
		}
		if first := n.get("/api/support_tickets/").rows()[0]; first["uuid"] != filed.object()["uuid"] {
			t.Errorf("the newest ticket is %v, want the filed one", first["uuid"])
		}
	}
}

func TestFormsAreTakenToo(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	header := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	body := "organization=/api/organizations/" + n.Organization().UUID + "/&message=a+b&location=POINT(71.4+51.1)"
	if r := n.do(post, "/api/support_tickets/", body, header); r.status != 201 || r.object()["message"] != "a b" {
		t.Errorf("form: got status %d: %s", r.status, r.raw)
	}
	parts := "--x\r\nContent-Disposition: form-data; name=\"organization\"\r\n\r\n/api/organizations/" +
		n.Organization().UUID + "/\r\n--x--\r\n"
	header["Content-Type"] = "multipart/form-data; boundary=x"
	if r := n.do(post, "/api/support_tickets/", parts, header); r.status != 201 {
		t.Errorf("multipart: got status %d: %s", r.status, r.raw)
	}
}

func TestTicketsAreChangedByVersion(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	path := n.ticketThat(func(t *ticket) bool { return t.state == "new" && t.about() == "bicycle_damaged" && t.bicycle != "" })
	before := n.get(path).object()
	request := example(t, "support-ticket-patch-request").(map[string]any)
	stale := n.do(patch, path, string(mustJSON(t, request)), nil)
	if diff := cmp.Diff(example(t, "error-409-conflict"), stale.body); stale.status != http.StatusConflict || diff != "" {
		t.Errorf("stale version: got status %d (-want +got):\n%s", stale.status, diff)
	}
	request["concurrency_version"] = before["concurrency_version"]
	request["state"] = "closed"
	after := n.do(patch, path, string(mustJSON(t, request)), nil)
	got := after.object()
	if after.status != 200 || got["message"] != request["message"] || got["state"] != "new" {
		t.Errorf("got status %d, message %q, state %v", after.status, got["message"], got["state"])
	}
	if got["concurrency_version"] == before["concurrency_version"] {
		t.Error("the version did not change with the write")
	}
}

func TestChangesAreCheckedOnTheResult(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	path := n.ticketThat(func(t *ticket) bool { return t.about() == "bicycle_damaged" && t.bicycle != "" })
	if r := n.do(patch, path, `{"bicycle":null}`, nil); r.code("__all__") != "invalid" {
		t.Errorf("taking the bicycle away: got status %d: %s", r.status, r.raw)
	}
	if r := n.do(put, path, `{"message":"x"}`, nil); r.code("organization") != "required" {
		t.Errorf("PUT without organization: got status %d: %s", r.status, r.raw)
	}
	owner := n.get(path).object()["owner"]
	if r := n.do(put, path, n.plainTicket(), nil); r.status != 200 || r.object()["owner"] == owner {
		t.Errorf("PUT without owner: got status %d, owner unchanged %v", r.status, r.object()["owner"] == owner)
	}
}

func TestDeletedTicketsAreGone(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	path := "/api/support_tickets/" + n.fleet.tickets[0].uuid + "/"
	if r := n.do(erase, path, "", nil); r.status != 204 || len(r.raw) > 0 {
		t.Errorf("got status %d with %d bytes, want 204 with none", r.status, len(r.raw))
	}
	if r := n.do(get, path, "", nil); r.status != 404 {
		t.Errorf("got status %d after the delete, want 404", r.status)
	}
}

func TestTicketFilters(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	first := n.fleet.tickets[0]
	other := n.fleet.tickets[slices.IndexFunc(n.fleet.tickets, func(t *ticket) bool { return t.bicycle != "" && t != first })]
	since := fmt.Sprintf("%.6f", float64(first.created.Add(-time.Hour).UnixMicro())/1e6)
	for query, want := range map[string]func(*ticket) bool{
		"category=bicycle_damaged":              func(t *ticket) bool { return t.about() == "bicycle_damaged" },
		"state=new&state=closed":                func(t *ticket) bool { return t.state == "new" || t.state == "closed" },
		"bicycle=" + other.bicycle:              func(t *ticket) bool { return t.bicycle == other.bicycle },
		"owner=" + other.owner:                  func(t *ticket) bool { return t.owner == other.owner },
		"uuid=" + other.uuid + "," + first.uuid: func(t *ticket) bool { return t == other || t == first },
		"created_after=" + since:                func(t *ticket) bool { return t.created.After(first.created.Add(-time.Hour)) },
		"organization=" + n.fleet.tree[1].uuid:  func(t *ticket) bool { return t.organization == n.fleet.tree[1] },
		"categroy=bicycle_damaged":              func(*ticket) bool { return true },
	} {
		count := 0
		for _, ticket := range n.fleet.tickets {
			if want(ticket) {
				count++
			}
		}
		if got := n.get("/api/support_tickets/?" + query).count(); got != fmt.Sprint(count) || count == 0 {
			t.Errorf("%s: got %s tickets, want %d", query, got, count)
		}
	}
}

func TestTicketsMayBeFiledAtOnce(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	before := len(n.fleet.tickets)
	n.token("noadesk-practice")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 5 {
				filed := n.do(post, "/api/support_tickets/", n.plainTicket(), nil)
				path := strings.TrimPrefix(filed.header.Get("Location"), n.url)
				n.do(patch, path, `{"message":"seen"}`, nil)
				n.do(get, "/api/support_tickets/", "", nil)
				n.do(get, "/api/bicycles/?ordering=name&page_size=5", "", nil)
			}
		})
	}
	all.Wait()
	if got := n.get("/api/support_tickets/").count(); got != fmt.Sprint(before+40) {
		t.Errorf("got %s tickets, want %d", got, before+40)
	}
}
