package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// control calls one of the sandbox's own addresses.
func (n *noa) controlled(call, body string, want int) response {
	n.t.Helper()
	method, path, _ := strings.Cut(call, " ")
	r := n.do(method, "/_sandbox/"+path, body, anonymous)
	if r.status != want {
		n.t.Fatalf("%s %s: got status %d, want %d: %s", call, body, r.status, want, r.raw)
	}
	return r
}

func TestControlAddsAndListsFaults(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 3, Trips: 1})
	n.token("noadesk-practice")
	const sent = `{"path":"/api/trips/","method":"GET","after":1,"times":1,"delay":"1ms","kind":"refuse","status":429,"retry_after":"30s"}`
	n.controlled("POST faults", sent, 201)
	if list, ok := n.controlled("GET faults", "", 200).body.([]any); !ok || len(list) != 1 || list[0].(map[string]any)["delay"] != "1ms" {
		t.Errorf("got %v, want the one fault", list)
	}
	first, second := n.do(get, "/api/trips/", "", nil), n.do(get, "/api/trips/", "", nil)
	if first.status != 200 || second.status != 429 || second.header.Get("Retry-After") != "30" {
		t.Errorf("got status %d, %d, Retry-After %q", first.status, second.status, second.header.Get("Retry-After"))
	}
	n.controlled("POST faults", `{"status":503}`, 201)
	n.controlled("DELETE faults", "", 204)
	if r := n.do(get, "/api/trips/", "", nil); r.status != 200 {
		t.Errorf("got status %d after the faults were taken back, want 200", r.status)
	}
	for _, wrong := range []string{"", "[]", `{"kind":"flood"}`, `{"stauts":503}`, `{"delay":"long"}`, `{"status":99}`} {
		n.controlled("POST faults", wrong, 400)
	}
}

func TestFaultsDoNotStrikeTheControls(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 3, Trips: 1})
	n.controlled("POST faults", `{"status":503}`, 201)
	n.controlled("GET ", "", 200)
	n.controlled("POST reset", "", 204)
	if n.get("/api/"); len(n.Faults()) != 0 {
		t.Error("faults stand after the reset")
	}
}

func TestControlSwitchesOptionsUntilTheReset(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 3, Trips: 1})
	before := n.controlled("GET options", "", 200)
	n.controlled("POST options", `{"curve":"P-521","token_life":"5s","bicycles":5}`, 200)
	if app := n.create(n.asOperator(), n.newApp(0, "wide")); app["private_key"] == nil {
		t.Error("no key")
	} else if key := (ClientApp{PrivateKey: []byte(app["private_key"].(string))}).key(t); key.Params().Name != "P-521" {
		t.Errorf("got a key of %s, want P-521", key.Params().Name)
	}
	if n.controlled("POST renew", "", 204); n.get("/api/bicycles/").count() != "5" {
		t.Error("the fleet is not of the size that was switched")
	}
	for _, wrong := range []string{`{"curve":"P-224"}`, `{"curve":""}`, `{"bicycles":-1}`, `{"calls_a_minute":-1}`, `{"skewed":"1s"}`} {
		n.controlled("POST options", wrong, 400)
	}
	n.controlled("POST reset", "", 204)
	if after := n.controlled("GET options", "", 200); string(after.raw) != string(before.raw) {
		t.Errorf("got %s after the reset, want %s", after.raw, before.raw)
	}
}

func TestLimitOfCallsIsForEachCaller(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 3, Trips: 1, CallsAMinute: 3})
	for i, want := range []int{200, 200, 200, 429, 429} {
		r := n.do(get, "/api/bicycles/", "", nil)
		if r.status != want || (r.header.Get("Retry-After") == "60") != (want == 429) {
			t.Errorf("call %d: got status %d, Retry-After %q; want %d", i+1, r.status, r.header.Get("Retry-After"), want)
		}
	}
	if r := n.do(get, "/api/bicycles/", "", n.as("noadesk-readonly")); r.status != 200 {
		t.Errorf("another caller: got status %d, want 200", r.status)
	}
	n.moved.Add(int64(time.Minute))
	if r := n.do(get, "/api/bicycles/", "", nil); r.status != 200 {
		t.Errorf("a minute later: got status %d, want 200", r.status)
	}
}

func TestPasswordsAreSixAMinute(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	things := n.things()
	ask := func(name string) int { return n.do(get, things.Replace(name)+"otp/?number=1", "", nil).status }
	for i, want := range []int{404, 404, 404, 404, 404, 404, 429} {
		if got := ask("{bike}"); got != want {
			t.Errorf("call %d: got status %d, want %d", i+1, got, want)
		}
	}
	if got := ask("{centre}"); got != 404 {
		t.Errorf("another bicycle: got status %d, want 404", got)
	}
	n.moved.Add(int64(59 * time.Second))
	if r := n.do(get, things.Replace("{bike}")+"otp/?number=1", "", nil); r.header.Get("Retry-After") != "1" {
		t.Errorf("got Retry-After %q, want 1", r.header.Get("Retry-After"))
	}
	n.moved.Add(int64(time.Second))
	if got := ask("{bike}"); got != 404 {
		t.Errorf("a minute later: got status %d, want 404", got)
	}
}

func TestClockMayBeWrong(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-20 * time.Minute, 20 * time.Minute} {
		n := newNoa(t, Options{Bicycles: 3, Trips: 1, Skew: skew})
		r := n.do(get, "/api/", "", anonymous)
		date, err := http.ParseTime(r.header.Get("Date"))
		if off := time.Until(date); err != nil || (off-skew).Abs() > time.Minute {
			t.Errorf("skew %v: got a date %v off", skew, off)
		}
		text, _, err := jwt.NewParser().ParseUnverified(n.token("noadesk-practice"), jwt.MapClaims{})
		if err != nil {
			t.Fatal(err)
		}
		end, _ := text.Claims.GetExpirationTime()
		if off := time.Until(end.Time) - 30*time.Minute; (off - skew).Abs() > time.Minute {
			t.Errorf("skew %v: the token's end is %v off", skew, off)
		}
		claims := n.claims("noadesk-practice")
		claims["iat"], claims["exp"] = time.Now().Unix(), time.Now().Add(10*time.Minute).Unix()
		status, _ := n.exchange(fmt.Sprintf(`{"assertion":%q}`, n.assertion("noadesk-practice", "ES384", claims)))
		if status != 400 {
			t.Errorf("skew %v: an assertion by the right clock got status %d, want 400", skew, status)
		}
	}
}

func TestLinksMayHaveTheDocumentationsForm(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 30, Trips: 1, DocLinks: true})
	page := n.get("/api/bicycles/")
	row := page.rows()[0]
	if row["url"] != "https://api.noa.one/bicycles/"+row["uuid"].(string)+"/" || page.object()["next"] != "https://api.noa.one/bicycles/?page=2" {
		t.Errorf("got url %v, next %v", row["url"], page.object()["next"])
	}
	body := fmt.Sprintf(`{"organization":%q,"category":"bicycle_damaged","bicycle":%q}`, row["organization"], row["url"])
	if r := n.do(post, "/api/support_tickets/", body, nil); r.status != 201 || r.object()["bicycle"] != row["url"] {
		t.Errorf("sent back: got status %d: %s", r.status, r.raw)
	}
}

func TestTripsMayHaveBothNames(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{BothTripNames: true})
	for _, path := range []string{"/api/trips/?page_size=100", "/api/trips/?fields=started,ended,start_date,end_date"} {
		for _, row := range n.get(path).rows() {
			ended, there := row["ended"]
			if row["started"] != row["start_date"] || ended != row["end_date"] || !there {
				t.Fatalf("got %v, %v and %v, %v", row["started"], ended, row["start_date"], row["end_date"])
			}
		}
	}
}

func TestLabelES512WillDoForP384BehindTheSwitch(t *testing.T) {
	t.Parallel()
	for loose, want := range map[bool]int{false: 401, true: 200} {
		n := newNoa(t, Options{Bicycles: 3, Trips: 1, LooseES512: loose})
		for _, size := range []int{48, 66} {
			assertion := mislabelled(t, n.clientApp("noadesk-practice"), n.claims("noadesk-practice"), size)
			if status, _ := n.exchange(`{"assertion":"` + assertion + `"}`); status != want {
				t.Errorf("loose %v, %d bytes: got status %d, want %d", loose, size, status, want)
			}
		}
		foreign := mislabelled(t, n.clientApp("noadesk-nothing"), n.claims("noadesk-practice"), 48)
		if status, _ := n.exchange(`{"assertion":"` + foreign + `"}`); status != 401 {
			t.Errorf("loose %v, another's key: got status %d, want 401", loose, status)
		}
	}
}

func TestCallsAreCounted(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 3, Trips: 1})
	n.token("noadesk-practice")
	n.get("/api/bicycles/?page_size=1")
	n.get("/api/bicycles/" + n.fleet.own()[0].uuid + "/")
	n.do(get, "/api/bicycles/?state=x", "", nil)
	n.do(get, "/api/secrets/", "", nil)
	n.fault(Fault{Kind: CutAfter, Times: 1})
	if answer, err := http.DefaultTransport.RoundTrip(n.filing()); err == nil {
		answer.Body.Close()
	}
	for begin, want := range map[string]int{
		"POST /jwt": 1, "POST /jwt 200": 1, "GET /api/bicycles/ ": 2, "GET /api/bicycles/ 400": 1,
		"GET /api/bicycles/{uuid}/ 200": 1, "GET elsewhere 404": 1, "POST /api/support_tickets/ 0": 1, "PUT": 0,
	} {
		if got := n.Calls(begin); got != want {
			t.Errorf("%s: got %d, want %d", begin, got, want)
		}
	}
	list := n.controlled("GET calls", "", 200).object()
	if n.Reset(); fmt.Sprint(list["GET elsewhere 404"]) != "1" || n.Calls("") != 0 {
		t.Errorf("got %v, and %d calls after the reset", list, n.Calls(""))
	}
}
