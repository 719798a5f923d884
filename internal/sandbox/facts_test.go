package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// A fact is a sentence of the contract and the call that shows it. In what
// is asked and sent, {name} stands for something of the practice fleet.
type fact struct {
	says   string // the section and what is true
	as     string // a practice client application, or one of the callers below
	ask    string // method and path
	header string // "Name: value", "Name:" leaves it out
	body   string
	want   string // status and first codes by member, or "404 HTML"; "" is 200
	holds  func(r response) bool

	claims string // of the token in the answer: its member and the example
	exact  bool   // the body is the example's; else it has its members and kinds
	apart  bool   // the example is compared in a test of its own, or of an answer that nobody gets here
	fault  Fault  // goes wrong with this call
}

// Callers beside the practice client applications. No name is the one with
// the six scopes.
const (
	nobody   = "-"
	theDesk  = ""
	operator = "operator"
	mechanic = "mechanic"
	zoned    = "zoned" // with the two scopes for zones
	writer   = "writer"
)

// check shows the facts one after another: some need those before.
func check(t *testing.T, n *noa, facts []fact) {
	t.Helper()
	things := n.things()
	for _, f := range facts {
		t.Run(f.says, func(t *testing.T) {
			f.hold(t, n.show(f, things))
		})
	}
}

// hold holds an answer against what the fact says of it.
func (f fact) hold(t *testing.T, r response) {
	t.Helper()
	if got := r.said(); got != cmp.Or(f.want, "200") {
		t.Fatalf("%s %s: got %q, want %q\n%.600s", f.ask, f.body, got, cmp.Or(f.want, "200"), r.raw)
	}
	if f.holds != nil && !f.holds(r) {
		t.Errorf("%s: does not hold:\n%.900s", f.ask, r.raw)
	}
	if member, name, given := strings.Cut(f.claims, " "); given {
		claimsAre(t, r, member, name)
	}
}

// show makes the call.
func (n *noa) show(f fact, things *strings.Replacer) response {
	n.t.Helper()
	method, path, _ := strings.Cut(f.ask, " ")
	header := n.caller(f.as)
	if name, value, given := strings.Cut(things.Replace(f.header), ":"); given {
		header[name] = strings.TrimSpace(value)
	}
	return n.do(method, things.Replace(path), things.Replace(f.body), header)
}

func (n *noa) caller(as string) map[string]string {
	n.t.Helper()
	switch as {
	case nobody:
		return map[string]string{"Authorization": ""}
	case theDesk:
		return n.as("noadesk-practice")
	case operator:
		return n.asOperator()
	case mechanic:
		return n.asPerson(n.Mechanic())
	case zoned, writer:
		return n.asScoped(as)
	}
	return n.as(as)
}

var scopesOf = map[string][]string{zoned: {zoneRead, zoneWrite, bicycleRead}, writer: {bicycleWrite}}

// asScoped registers a client application for this test.
func (n *noa) asScoped(name string) map[string]string {
	n.t.Helper()
	if n.tokens[name] == "" {
		key, public := freshPair(n.t)
		if err := n.Register(name, scopesOf[name], []byte(public)); err != nil {
			n.t.Fatal(err)
		}
		text, err := jwt.NewWithClaims(jwt.SigningMethodES512, n.claims(name)).SignedString(key)
		if err != nil {
			n.t.Fatal(err)
		}
		_, answer := n.exchange(`{"assertion":"` + text + `"}`)
		n.tokens[name] = answer["jwt"]
	}
	return n.as(name)
}

// said is the status with the codes.
func (r response) said() string {
	out := fmt.Sprint(r.status)
	if strings.HasPrefix(r.header.Get("Content-Type"), htmlType) {
		return out + " HTML"
	}
	if codes := r.codes(); codes != "" {
		out += " " + codes
	}
	return out
}

// things are what the names stand for.
func (n *noa) things(more ...string) *strings.Replacer {
	n.t.Helper()
	organizations := "/api/organizations/"
	out := append(more,
		"{org}", organizations+n.fleet.tree[0].uuid+"/", "{part}", organizations+n.fleet.tree[1].uuid+"/",
		"{foreign}", organizations+n.fleet.tree[2].uuid+"/", "{org-uuid}", n.fleet.tree[0].uuid,
		"{part-uuid}", n.fleet.tree[1].uuid, "{foreign-uuid}", n.fleet.tree[2].uuid,
		"{none}", "11111111-2222-4333-8444-555555555555", "{rider}", "/api/users/"+n.fleet.users[20]+"/",
		"{other-rider}", "/api/users/"+n.fleet.users[21]+"/", "{model}", "/api/bicycle_models/"+n.fleet.models[0].uuid+"/",
		"{model-uuid}", n.fleet.models[0].uuid, "{zone}", "/api/zones/"+n.fleet.zones[0].uuid+"/", "{host}", n.url,
		"{now}", fmt.Sprint(n.now().Unix()), "{hour-ago}", fmt.Sprint(n.now().Add(-time.Hour).Unix()),
	)
	out = append(out, n.bicycleThings()...)
	out = append(out, n.deviceThings()...)
	out = append(out, n.tripAndTicketThings()...)
	return strings.NewReplacer(append(out, n.tokenThings()...)...)
}

func (n *noa) bicycleThings() []string {
	var out []string
	for _, state := range bicycleStates {
		path := n.bicycleThat(func(b *bicycle) bool {
			return b.state == state && b.organization == n.fleet.tree[0] && b.name != "" && (state == retired || b.noa != nil)
		})
		out = append(out, "{"+state+"}", path, "{"+state+"-uuid}", strings.Split(path, "/")[3])
	}
	bare := n.bicycleThat(func(b *bicycle) bool { return b.model == nil && b.organization == n.fleet.tree[0] })
	centre := n.bicycleThat(func(b *bicycle) bool { return n.canBeGivenBack(b) && b.axa != nil })
	remote := n.bicycleThat(func(b *bicycle) bool { return b.state == available && b.noa != nil && b.axa == nil && !n.inZone(b) })
	stranger := n.bicycleThat(func(b *bicycle) bool { return b.organization == n.fleet.tree[2] })
	bike := n.bicycleThat(func(b *bicycle) bool { return b.name == "4711" })
	return append(out, "{bike}", bike, "{bike-uuid}", strings.Split(bike, "/")[3],
		"{bare}", bare, "{bare-uuid}", strings.Split(bare, "/")[3], "{centre}", centre, "{remote}", remote, "{stranger}", stranger)
}

func (n *noa) inZone(b *bicycle) bool {
	return slices.ContainsFunc(n.fleet.zones, func(z *zone) bool { return z.kind == "dropzone" && b.isIn(z) })
}

func (n *noa) canBeGivenBack(b *bicycle) bool {
	return b.state == available && b.name != "4711" && b.organization == n.fleet.tree[0] && n.inZone(b)
}

func (n *noa) deviceThings() []string {
	spares := n.fleet.spares
	return []string{
		"{lock}", "/api/locks/" + spares[0].uuid + "/", "{axa}", "/api/axa_locks/" + spares[1].uuid + "/",
		"{foreign-lock}", "/api/locks/" + spares[6].uuid + "/",
		"{used-lock}", "/api/locks/" + n.fleet.bicycles[slices.IndexFunc(n.fleet.bicycles, equipped)].noa.uuid + "/",
	}
}

func (n *noa) tripAndTicketThings() []string {
	gone := n.fleet.trips[slices.IndexFunc(n.fleet.trips, func(t *trip) bool { return t.hidden })]
	return []string{
		"{trip}", n.tripThat(func(t *trip) bool { return t.bicycle != nil && !t.end.IsZero() }),
		"{hidden-trip}", "/api/trips/" + gone.uuid + "/",
		"{ticket}", n.ticketThat(func(t *ticket) bool { return t.about() == "bicycle_damaged" && t.bicycle != "" }),
		"{placed-ticket}", n.ticketThat(func(t *ticket) bool { return t.about() == "location_needs_bicycles" }),
	}
}

// tokenThings are tokens with something wrong with each.
func (n *noa) tokenThings() []string {
	now := n.now()
	signed := func(name string, value any) string {
		claims := jwt.MapClaims{
			"iss": "sts", "user_id": "noadesk-practice", "organization": n.Organization().UUID,
			"scopes": []string{tripRead}, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		}
		claims[name] = value
		return hmacSigned(n.t, n.secret, claims)
	}
	return []string{
		"{token}", n.token("noadesk-practice"), "{expired}", signed("exp", now.Add(-11*time.Second).Unix()),
		"{leeway}", signed("exp", now.Add(-8*time.Second).Unix()), "{staging}", signed("iss", "sts-staging"),
		"{unknown-app}", signed("user_id", "nobody"), "{early}", signed("nbf", now.Add(time.Minute).Unix()),
		"{person-gone}", hmacSigned(n.t, n.secret, jwt.MapClaims{"iss": "local", "user_id": randomUUID(), "exp": now.Add(time.Minute).Unix()}),
		"{odd-scope}", signed("scopes", []string{"moon:read", tripRead}), "{no-scope}", signed("scopes", []string{}),
		"{other-secret}", hmacSigned(n.t, []byte("x"), jwt.MapClaims{"iss": "sts"}),
		"{assertion}", n.assertion("noadesk-practice", "ES384", n.claims("noadesk-practice")),
		"{email}", n.people[0].email, "{password}", n.people[0].password, "{refresh}", n.people[0].refresh,
	}
}

// The ways in which facts look at an answer.

func counts(want string) func(response) bool {
	return func(r response) bool { return r.count() == want }
}

func rowsAre(want int) func(response) bool {
	return func(r response) bool { return len(r.rows()) == want }
}

func everyRow(is func(row map[string]any) bool) func(response) bool {
	return func(r response) bool {
		return len(r.rows()) > 0 && !slices.ContainsFunc(r.rows(), func(row map[string]any) bool { return !is(row) })
	}
}

func member(name string, want any) func(response) bool {
	return func(r response) bool { return fmt.Sprint(r.object()[name]) == fmt.Sprint(want) }
}

func headerIs(name, want string) func(response) bool {
	return func(r response) bool { return r.header.Get(name) == want }
}

func text(want string) func(response) bool {
	return func(r response) bool { return strings.Contains(string(r.raw), want) }
}

func both(a, b func(response) bool) func(response) bool {
	return func(r response) bool { return a(r) && b(r) }
}

func asUTC(text any) bool {
	_, err := time.Parse("2006-01-02T15:04:05Z", fmt.Sprint(text))
	return text == nil || err == nil
}
