package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (n *noa) fault(f Fault) {
	n.t.Helper()
	if err := n.Fault(f); err != nil {
		n.t.Fatal(err)
	}
}

// TestRefusalsAnswerInTheCallsPlace tells by fault what a list answers.
func TestRefusalsAnswerInTheCallsPlace(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 3, Trips: 1})
	n.token("noadesk-practice")
	for _, row := range []struct {
		fault      Fault
		want       string
		retryAfter string
	}{
		{Fault{Status: 401}, "401 non_field_errors authentication_failed", ""},
		{Fault{Status: 403}, "403 non_field_errors permission_denied", ""},
		{Fault{Status: 409}, "409 conflict", ""},
		{Fault{Status: 409, Code: "duplicated_content"}, "409 non_field_errors duplicated_content", ""},
		{Fault{Status: 429, RetryAfter: 2500 * time.Millisecond}, "429 non_field_errors throttled", "3"},
		{Fault{Status: 429, RetryAfter: time.Hour, RetryAfterDate: true}, "429 non_field_errors throttled", n.now().Add(time.Hour).UTC().Format(http.TimeFormat)},
		{Fault{Kind: Refuse}, "500 non_field_errors server_error", ""},
		{Fault{Kind: Page}, "500 HTML", ""},
		{Fault{Kind: Page, Status: 502}, "502 HTML", ""},
		{Fault{Kind: Page, Status: 503, RetryAfter: time.Second}, "503 HTML", "1"},
		{Fault{Status: 504}, "504 non_field_errors server_error", ""},
	} {
		row.fault.Times = 1
		n.fault(row.fault)
		r := n.do(get, "/api/bicycles/", "", nil)
		if got, after := r.said(), r.header.Get("Retry-After"); got != row.want || after != row.retryAfter {
			t.Errorf("%+v: got %s, Retry-After %q; want %s, %q", row.fault, got, after, row.want, row.retryAfter)
		}
		if r := n.do(get, "/api/bicycles/", "", nil); r.status != 200 {
			t.Errorf("%+v: the next call has status %d, want 200", row.fault, r.status)
		}
	}
}

// TestFaultsStrikeTheirCalls counts who is struck of a row of calls.
func TestFaultsStrikeTheirCalls(t *testing.T) {
	t.Parallel()
	const calls = "GET /api/bicycles/ GET /api/trips/ POST /api/support_tickets/ GET /api/bicycles/ GET /api/bicycles/"
	for name, row := range map[string]struct {
		fault Fault
		want  string
	}{
		"all":                     {Fault{Status: 503}, "xxxxx"},
		"one path":                {Fault{Status: 503, Path: "/api/trips/"}, ".x..."},
		"one method":              {Fault{Status: 503, Method: "get"}, "xx.xx"},
		"the next write":          {Fault{Status: 409, Method: Writes, Times: 1}, "..x.."},
		"the third call":          {Fault{Status: 401, After: 2, Times: 1}, "..x.."},
		"two after the first":     {Fault{Status: 401, After: 1, Times: 2}, ".xx.."},
		"the second of a path":    {Fault{Status: 401, Path: "/api/bicycles/", After: 1, Times: 1}, "...x."},
		"nothing of another path": {Fault{Status: 503, Path: "/jwt"}, "....."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNoa(t, Options{Bicycles: 3, Trips: 1})
			n.token("noadesk-practice")
			n.fault(row.fault)
			got, words := "", strings.Fields(calls)
			for i := 0; i < len(words); i += 2 {
				mark := "."
				if r := n.do(words[i], words[i+1], n.plainTicket(), nil); r.status == row.fault.Status {
					mark = "x"
				}
				got += mark
			}
			if got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			if left := len(n.Faults()); (left == 0) != (row.fault.Times > 0) {
				t.Errorf("%d faults are left", left)
			}
		})
	}
}

func TestFaultsStrikeOneAfterAnother(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 3, Trips: 1})
	n.token("noadesk-practice")
	n.fault(Fault{Status: 401, Times: 1})
	n.fault(Fault{Delay: time.Millisecond, Times: 1})
	n.fault(Fault{Status: 503, Times: 2})
	n.fault(Fault{Status: 429, After: 1, Times: 1})
	for i, want := range []int{401, 503, 503, 200, 429, 200} {
		if r := n.do(get, "/api/bicycles/", "", nil); r.status != want {
			t.Errorf("call %d: got status %d, want %d", i+1, r.status, want)
		}
	}
	if left := n.Faults(); len(left) != 0 {
		t.Errorf("faults are left: %+v", left)
	}
}

// spoilt asks under a fault and wants the answer.
func (n *noa) spoilt(kind FaultKind, path string) response {
	n.t.Helper()
	n.fault(Fault{Kind: kind, Path: "/api/", Times: 1})
	return n.get(path)
}

func TestSpoiltAnswersAreRightInAllElse(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 30, Trips: 10})
	const path = "/api/bicycles/?page_size=5"
	whole := n.get(path)
	if r := n.spoilt(WrongType, path); string(r.raw) != string(whole.raw) || r.header.Get("Content-Type") == jsonType {
		t.Error("the wrong type comes without the right body")
	}
	if r := n.spoilt(NoToken, path); string(r.raw) != "{}\n" {
		t.Errorf("got %.40s, want an empty object", r.raw)
	}
	row := n.spoilt(ExtraMembers, path).rows()[0]
	if row["added_later"] == nil || row["uuid"] != whole.rows()[0]["uuid"] {
		t.Error("members are not added, or others changed")
	}
	row = n.spoilt(UnknownValues, path).rows()[0]
	if row["state"] != "unheard_of" || row["name"] != whole.rows()[0]["name"] {
		t.Errorf("got state %v, name %v", row["state"], row["name"])
	}
	for kind, ending := range map[FaultKind]string{Fractions: ".123456Z", Offsets: ".123456+05:30"} {
		got := n.spoilt(kind, path).rows()[0]["created"].(string)
		then, err := time.Parse(time.RFC3339Nano, got)
		if err != nil || !strings.HasSuffix(got, ending) || stamp(then) != whole.rows()[0]["created"] {
			t.Errorf("%s: got %s, want %v with %s", kind, got, whole.rows()[0]["created"], ending)
		}
	}
	if diff := cmp.Diff(string(whole.raw), string(n.get(path).raw)); diff != "" {
		t.Errorf("after the faults (-before +after):\n%s", diff)
	}
}

func TestSpoiltAnswersHaveNoETag(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 3, Trips: 1})
	tag := n.get("/api/bicycles/").header.Get("ETag")
	n.fault(Fault{Kind: ExtraMembers, Times: 1})
	r := n.do(get, "/api/bicycles/", "", map[string]string{"If-None-Match": tag})
	if r.status != 200 || r.header.Get("ETag") != "" {
		t.Errorf("got status %d, ETag %q; want 200 without one", r.status, r.header.Get("ETag"))
	}
}

// TestCutConnections tells by kind whether a ticket was filed and how the
// caller finds out.
func TestCutConnections(t *testing.T) {
	t.Parallel()
	for kind, row := range map[FaultKind]struct{ filed, answered, whole bool }{
		Cut:       {false, false, false},
		CutAfter:  {true, false, false},
		CutBody:   {true, true, false},
		Truncated: {true, true, true},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			n := newNoa(t, Options{Bicycles: 3, Trips: 1})
			before := n.get("/api/support_tickets/").count()
			n.fault(Fault{Kind: kind, Times: 1})
			answer, err := http.DefaultTransport.RoundTrip(n.filing())
			if (err == nil) != row.answered {
				t.Errorf("got answer %v, error %v", answer, err)
			}
			if err == nil {
				defer answer.Body.Close()
				raw, err := io.ReadAll(answer.Body)
				if (err == nil) != row.whole || json.Valid(raw) {
					t.Errorf("got %d bytes, %v", len(raw), err)
				}
			}
			if filed := n.get("/api/support_tickets/").count() != before; filed != row.filed {
				t.Errorf("filed: %v, want %v", filed, row.filed)
			}
		})
	}
}

// filing is a request that nobody repeats by himself.
func (n *noa) filing() *http.Request {
	n.t.Helper()
	r, err := http.NewRequest(post, n.url+"/api/support_tickets/", strings.NewReader(n.plainTicket()))
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Accept", version)
	r.Header.Set("Content-Type", jsonType)
	r.Header.Set("Authorization", "JWT "+n.token("noadesk-practice"))
	return r
}

func TestListsMayMoveWhileTheyAreRead(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 25, Trips: 1})
	n.fault(Fault{Kind: Duplicates})
	seen, rows := map[any]bool{}, n.walk("/api/bicycles/?page_size=10")
	for _, row := range rows {
		seen[row["uuid"]] = true
	}
	if len(seen) != 25 || len(rows) <= 25 {
		t.Errorf("got %d rows, %d different; want a few twice and 25 different", len(rows), len(seen))
	}
	n.ClearFaults()
	n.fault(Fault{Kind: Shrinking})
	first := n.get("/api/bicycles/?page_size=10").object()
	if r := n.do(get, "/api/bicycles/?page_size=10&page=2", "", nil); first["next"] == nil || r.status != 404 {
		t.Errorf("got next %v, then status %d; want a link and 404", first["next"], r.status)
	}
}

func TestDelaysAddUp(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 3, Trips: 1})
	n.token("noadesk-practice")
	n.fault(Fault{Delay: 30 * time.Millisecond})
	n.fault(Fault{Delay: 20 * time.Millisecond, Status: 503, Path: "/api/trips/"})
	for path, want := range map[string]struct {
		status int
		took   time.Duration
	}{"/api/trips/": {503, 50 * time.Millisecond}, "/api/bicycles/": {200, 30 * time.Millisecond}} {
		start := time.Now()
		r := n.do(get, path, "", nil)
		if took := time.Since(start); r.status != want.status || took < want.took {
			t.Errorf("%s: status %d after %v, want %d after %v", path, r.status, took, want.status, want.took)
		}
	}
}

func TestTokenServiceFails(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 3, Trips: 1})
	ask := func(f Fault) response {
		f.Path, f.Times = "/jwt", 1
		n.fault(f)
		return n.do(post, "/jwt", `{"assertion":"`+n.assertion("noadesk-practice", "ES384", n.claims("noadesk-practice"))+`"}`, anonymous)
	}
	if r := ask(Fault{Status: 429, RetryAfter: time.Minute}); r.status != 429 || r.header.Get("Retry-After") != "60" || r.object()["error"] != "throttled" {
		t.Errorf("429: got status %d: %s", r.status, r.raw)
	}
	if r := ask(Fault{Kind: Page}); r.said() != "500 HTML" {
		t.Errorf("a page: got %s", r.said())
	}
	if r := ask(Fault{Kind: NoToken}); r.status != 200 || string(r.raw) != "{}\n" {
		t.Errorf("no token: got status %d with %d bytes", r.status, len(r.raw))
	}
	if r := ask(Fault{Kind: ExtraMembers}); r.object()["jwt"] == nil || r.object()["added_later"] == nil {
		t.Error("more members: the token is missing, or they are")
	}
	if r := ask(Fault{Status: 401, Code: "unauthorized"}); r.status != 401 || r.object()["error"] != "unauthorized" {
		t.Errorf("refused: got status %d: %s", r.status, r.raw)
	}
}

func TestTooMuchCanBeHadForLittle(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 3, Trips: 1})
	for _, kind := range []FaultKind{Endless, Bomb} {
		n.fault(Fault{Kind: kind, Times: 1})
		answer, err := http.Get(n.url + "/api/bicycles/")
		if err != nil {
			t.Fatal(err)
		}
		const much = 4 << 20
		got, err := io.Copy(io.Discard, io.LimitReader(answer.Body, much))
		if answer.Body.Close(); err != nil || got != much {
			t.Errorf("%s: got %d bytes, %v", kind, got, err)
		}
	}
}

func TestFaultsAreCheckedAndTakenBack(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 3, Trips: 1})
	for _, f := range []Fault{
		{Kind: "flood"}, {Status: 200}, {Status: 600}, {After: -1}, {Times: -1}, {Delay: -1}, {RetryAfter: -1}, {Path: "api", Status: 500},
	} {
		if n.Fault(f) == nil {
			t.Errorf("%+v was taken", f)
		}
	}
	n.fault(Fault{Status: 503})
	if n.ClearFaults(); n.do(get, "/api/bicycles/", "", nil).status != 200 {
		t.Error("a fault that was taken back strikes")
	}
}
