package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

// TestEveryExampleOfTheIndex makes one call an example and holds status,
// headers and body against it. What changes something has a sandbox of its own.
func TestEveryExampleOfTheIndex(t *testing.T) {
	t.Parallel()
	var index struct{ Examples []indexed }
	if err := json.Unmarshal(mustRead(t, "_index"), &index); err != nil || len(index.Examples) != len(examples) {
		t.Fatalf("got %d examples, want %d: %v", len(index.Examples), len(examples), err)
	}
	shared := newNoa(t, Options{})
	for _, row := range index.Examples {
		t.Run(row.File, func(t *testing.T) {
			f, known := examples[strings.TrimSuffix(row.File, ".json")]
			if !known {
				t.Fatal("no call shows this example")
			}
			if f.onlyReads() {
				row.compare(t, shared, f)
				return
			}
			t.Parallel()
			row.compare(t, newNoa(t, Options{}), f)
		})
	}
}

// onlyReads says that nothing has to be arranged for the fact either.
func (f fact) onlyReads() bool {
	for name := range arrangements {
		if f.mentions(name) {
			return false
		}
	}
	return strings.HasPrefix(f.ask, get) && (f.as == theDesk || f.as == nobody)
}

// An indexed example is a row of the index.
type indexed struct {
	File, Kind, Method string
	Status             int
	Headers            map[string]string
}

func (row indexed) compare(t *testing.T, n *noa, f fact) {
	t.Helper()
	f.body = n.led(f)
	things := n.things(n.arranged(f)...)
	if f.fault.Status != 0 {
		if err := n.Fault(f.fault); err != nil {
			t.Fatal(err)
		}
	}
	r := n.show(f, things)
	f.hold(t, r)
	if row.Kind != "response" || f.apart {
		return
	}
	if r.status != row.Status {
		t.Errorf("got status %d, the index has %d", r.status, row.Status)
	}
	row.compareHeaders(t, r)
	name := strings.TrimSuffix(row.File, ".json")
	if diff := cmp.Diff(example(t, name), r.body); f.exact && diff != "" {
		t.Errorf("body differs from the example (-want +got):\n%s", diff)
	}
	want := example(t, name)
	if name == "api-root" {
		want = map[string]any{"bicycles": "https://x/"} // the example is shortened
	}
	sameShape(t, "", want, r.body)
}

// compareHeaders leaves out where a new resource is: that is this fleet's.
func (row indexed) compareHeaders(t *testing.T, r response) {
	t.Helper()
	for name, want := range row.Headers {
		got := r.header.Get(name)
		if name == "Location" {
			want = fmt.Sprint(r.object()["url"])
		}
		if got != want {
			t.Errorf("got %s %q, want %q", name, got, want)
		}
	}
}

// members of examples that are sent, and what takes their place.
var ledTo = map[string]string{
	"organization": "{host}{org}", "user": "{host}{rider}", "bicycle": "{host}{bike}", "assertion": "{assertion}",
	"email": "{email}", "password": "{password}", "refresh_token": "{refresh}",
}

// led is a body of the examples with the links and secrets of this fleet.
func (n *noa) led(f fact) string {
	n.t.Helper()
	name, isExample := strings.CutPrefix(f.body, "@")
	if !isExample {
		return f.body
	}
	object := example(n.t, name).(map[string]any)
	for member, to := range ledTo {
		if object[member] != nil {
			object[member] = to
		}
	}
	if object["concurrency_version"] != nil {
		_, path, _ := strings.Cut(f.ask, " ")
		object["concurrency_version"] = n.get(n.things().Replace(path)).object()["concurrency_version"]
	}
	return string(mustJSON(n.t, object))
}

// arranged are things that have to be brought about first.
func (n *noa) arranged(f fact) []string {
	n.t.Helper()
	var out []string
	for name, arrange := range arrangements {
		if f.mentions(name) {
			out = append(out, name, arrange(n))
		}
	}
	return out
}

func (f fact) mentions(name string) bool { return strings.Contains(f.ask+f.body, name) }

var arrangements = map[string]func(*noa) string{
	"{equipped}": func(n *noa) string { return n.bicycleThat(equipped) },
	"{noted-lost}": func(n *noa) string {
		return n.bicycleThat(func(b *bicycle) bool { return b.state == lost && b.note != "" })
	},
	"{full-trip}": func(n *noa) string {
		return n.tripThat(func(t *trip) bool { return t.bicycle != nil && t.way != nil && !t.unmatched && !t.end.IsZero() })
	},
	"{long-trip}": func(n *noa) string {
		return n.tripThat(func(t *trip) bool { return t.bicycle == nil && t.duration > day && t.way != nil })
	},
	"{running-trip}": func(n *noa) string { return n.tripThat(func(t *trip) bool { return t.end.IsZero() }) },
	"{plain-ticket}": func(n *noa) string {
		return n.ticketThat(func(t *ticket) bool { return t.category == nil && t.message == "" })
	},
	"{rented-remote}": func(n *noa) string { return n.rentOut("{remote}") },
	"{rented-centre}": func(n *noa) string { return n.rentOut("{centre}") },
	"{booked-rider}":  (*noa).bookedRider,
	"{throttled}":     (*noa).throttledBicycle,
	"{app}":           func(n *noa) string { return n.path(n.create(n.asOperator(), n.newApp(0, "made"))) },
	"{old-assertion}": (*noa).oldAssertion,
	"locked@b.c":      (*noa).lockedEmail,
}

func (n *noa) rentOut(name string) string {
	n.t.Helper()
	path := n.things().Replace(name)
	if r := n.do(post, path+"actions/", `{"type":"rent"}`, nil); r.status != http.StatusOK {
		n.t.Fatalf("rent: %s", r.raw)
	}
	return path
}

func (n *noa) bookedRider() string {
	at := slices.IndexFunc(n.fleet.bicycles, func(b *bicycle) bool { return b.reservation != nil && b.organization == n.fleet.tree[0] })
	return "/api/users/" + n.fleet.bicycles[at].reservation.user + "/"
}

func (n *noa) throttledBicycle() string {
	path := n.things().Replace("{bike}")
	for range otpLimit {
		n.do(get, path+"otp/?number=3", "", nil)
	}
	return path
}

func (n *noa) oldAssertion() string {
	claims := n.claims("noadesk-practice")
	claims["exp"] = claims["iat"]
	return n.assertion("noadesk-practice", "ES384", claims)
}

func (n *noa) lockedEmail() string {
	for i := range n.settings().Attempts {
		n.signIn("locked@b.c", fmt.Sprint(i))
	}
	return "locked@b.c"
}

// claimsAre reads the token in an answer.
func claimsAre(t *testing.T, r response, member, name string) {
	t.Helper()
	var claims jwt.MapClaims
	token, _ := r.object()[member].(string)
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		t.Fatal("the answer has no token")
	}
	want := example(t, name).(map[string]any)
	if affiliations, ok := claims["affs"].(map[string]any); ok {
		want["affs"] = map[string]any{}
		for organization := range affiliations {
			want["affs"].(map[string]any)[organization] = []any{"fleet_operator"}
		}
	}
	sameShape(t, "", want, asJSON(t, claims))
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
