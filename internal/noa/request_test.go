package noa

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestQuestionsAreAskedInNoasWords(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 5, 14, 0, 0, 0, 0, time.FixedZone("", 2*60*60))
	for _, row := range []struct {
		ask  func(*Fleet) error
		want string
	}{
		{func(f *Fleet) error { _, err := f.Bicycles(t.Context(), BicycleQuery{}); return err }, "/api/bicycles/"},
		{func(f *Fleet) error { _, err := f.Bicycles(t.Context(), BicycleQuery{Page: 1}); return err }, "/api/bicycles/"},
		{func(f *Fleet) error {
			_, err := f.Bicycles(t.Context(), BicycleQuery{
				States: []State{Lost, Available}, Without: []State{Retired}, Search: "a&b=c", Name: "47", ShortID: "x", Page: 3, PageSize: 500,
			})
			return err
		}, "/api/bicycles/?name=47&page=3&page_size=100&query=a%26b%3Dc&short_id=x&state=lost&state=available&state__exclude=retired"},
		{func(f *Fleet) error {
			_, err := f.Bicycles(t.Context(), BicycleQuery{Brief: true, PageSize: -1})
			return err
		}, "/api/bicycles/?fields=" + url.QueryEscape(briefly)},
		{func(f *Fleet) error { _, err := f.Bicycle(t.Context(), strings.ToUpper(someBicycle)); return err }, "/api/bicycles/" + someBicycle + "/"},
		{func(f *Fleet) error { _, err := f.Transitions(t.Context(), someBicycle); return err }, "/api/bicycles/" + someBicycle + "/transitions/"},
		{func(f *Fleet) error {
			_, err := f.Trips(t.Context(), TripQuery{Bicycle: someBicycle, StartedAfter: at, EndedBefore: at.Add(time.Hour), Type: Regular, AssetState: InService, Page: 2, PageSize: 50})
			return err
		}, "/api/trips/?asset_state=in_service&bicycle=" + someBicycle + "&ended_before=1715641200&page=2&page_size=50&started_after=1715637600&type=regular"},
		{func(f *Fleet) error { _, err := f.Organizations(t.Context()); return err }, "/api/organizations/?page_size=100"},
		{func(f *Fleet) error {
			_, err := f.Tickets(t.Context(), TicketQuery{Bicycle: someBicycle, Category: Damaged, States: []string{TicketNew}, CreatedAfter: at})
			return err
		}, "/api/support_tickets/?bicycle=" + someBicycle + "&category=bicycle_damaged&created_after=1715637600&state=new"},
	} {
		var got string
		p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
			got = r.RequestURI
			reply(w, http.StatusOK, `{"uuid": "`+someBicycle+`", "results": []}`)
		})
		if err := row.ask(p.fleet()); err != nil || got != row.want {
			t.Errorf("asked %s, %v\nwant  %s", got, err, row.want)
		}
	}
}

func TestNoAddressIsMadeOfWhatIsNotAUUID(t *testing.T) {
	t.Parallel()
	p := newPeer(t, says(http.StatusOK, `{"results": []}`))
	f := p.fleet()
	for _, id := range []string{
		"", ".", "..", "../organizations", "%2e%2e", "a/b", "x?y=1", "x#y", "last", "transitions", " " + someBicycle, someBicycle + "/",
		someBicycle + "\n", someBicycle[:35], strings.ReplaceAll(someBicycle, "-", ""), strings.Repeat("a", 36), "a3b0c6d2-9e17-4c58-8f24-60d5e1b7a90\u00e4",
	} {
		_, one := f.Bicycle(t.Context(), id)
		_, many := f.Transitions(t.Context(), id)
		var filtered error
		if id != "" {
			_, filtered = f.Trips(t.Context(), TripQuery{Bicycle: id})
		}
		for _, err := range []error{one, many, filtered} {
			if !errors.Is(err, ErrNotFound) && (err != nil || id != "") {
				t.Errorf("%q: got %v", id, err)
			}
		}
	}
	if p.calls.Load() != 0 || p.exchanges.Load() != 0 {
		t.Errorf("%d calls, %d exchanges, want none", p.calls.Load(), p.exchanges.Load())
	}
}

func TestATicketIsFiledAsTheContractHasIt(t *testing.T) {
	t.Parallel()
	for name, ticket := range map[string]NewTicket{
		"support-ticket-create-request-damaged":  {Category: Damaged, Message: "Front brake lever broken off", Bicycle: "7C42D9F8-b561-4e03-a8d7-f913c5206e4b"},
		"support-ticket-create-request-location": {Category: NeedsBicycles, Message: "Empty rack at Hermannplatz", Location: &Point{13.4247, 52.4868}},
	} {
		var got map[string]any
		p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
			if err := json.NewDecoder(r.Body).Decode(&got); err != nil || r.Method != http.MethodPost {
				t.Error(r.Method, err)
			}
			reply(w, http.StatusCreated, example(t, "support-ticket-create-response"))
		})
		filed, err := p.fleet().FileTicket(t.Context(), ticket)
		if err != nil || filed.UUID != "b70e3d58-2c94-4f1a-86db-5a09c7f3e124" || filed.State != "new" || filed.Fetched.IsZero() {
			t.Errorf("%s: got %+v, %v", name, filed, err)
		}
		want := map[string]any{}
		text := strings.ReplaceAll(example(t, name), "https://api.lock8.me", p.server.URL)
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		want["organization"] = p.server.URL + "/api/organizations/" + ourOrganization + "/"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestATicketThatNoaWouldRefuseIsNotSent(t *testing.T) {
	t.Parallel()
	p := newPeer(t, says(http.StatusCreated, `{}`))
	for path, ticket := range map[string]NewTicket{
		"bicycle":  {Category: Damaged, Message: "m"},
		"location": {Category: Missing, Bicycle: someBicycle},
	} {
		_, err := p.fleet().FileTicket(t.Context(), ticket)
		var e *Error
		if !errors.Is(err, ErrInvalid) || !errors.As(err, &e) || len(e.Problems) != 1 || e.Problems[0].Path != path {
			t.Errorf("%+v: got %v", ticket, err)
		}
	}
	for _, ticket := range []NewTicket{
		{Category: NeedsBicycles, Location: &Point{52.4, 113.4}}, {Bicycle: "../organizations"},
	} {
		if _, err := p.fleet().FileTicket(t.Context(), ticket); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: got %v", ticket, err)
		}
	}
	if p.calls.Load() != 0 {
		t.Errorf("%d calls, want none", p.calls.Load())
	}
}

func TestWithoutTLSNoaIsOnThisMachineOnly(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"https://api.lock8.me/api/": true, "http://127.0.0.1:8090/api/": true, "http://[::1]:8090/api/": true, "http://localhost:1/": true,
		"http://api.lock8.me/api/": false, "http://192.168.1.1/": false, "http://localhost.example/": false, "ftp://127.0.0.1/": false, "//host/": false,
		"https://user:password@api.lock8.me/": false, "https://api.lock8.me/api/?key=1": false, "https://api.lock8.me/api/#x": false,
		"https:///api/": false, "https://api.lock8.me/a%2Fb/": false,
	} {
		s := Settings{API: parseURL(t, text), STS: parseURL(t, "https://sts.lock8.me/jwt")}
		err := s.Check()
		if (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
		if err != nil && strings.Contains(err.Error(), "password") {
			t.Errorf("the error repeats the password: %v", err)
		}
		if err == nil {
			continue
		}
		f := New(s, keyring{}).Fleet(Credential{Organization: ourOrganization})
		if _, asked := f.Bicycle(t.Context(), someBicycle); asked == nil || !strings.Contains(asked.Error(), err.Error()) {
			t.Errorf("%s: a call gives %v", text, asked)
		}
		if _, asked := f.Scopes(t.Context()); !errors.Is(asked, err) && (asked == nil || !strings.Contains(asked.Error(), err.Error())) {
			t.Errorf("%s: an exchange gives %v", text, asked)
		}
	}
	if err := (Settings{}).Check(); err == nil {
		t.Error("no addresses at all are fine")
	}
}

func TestAddressesMayLackTheSlash(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"https://api.lock8.me/api", "https://api.lock8.me/api/"} {
		n := New(Settings{API: parseURL(t, base), STS: parseURL(t, "https://sts.lock8.me/jwt")}, keyring{})
		if got, want := n.address([]string{"trips", someBicycle}, nil), "https://api.lock8.me/api/trips/"+someBicycle+"/"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestOddAddressesAreNotDialled(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"192.0.2.1:443": true, "127.0.0.1:80": true, "[2001:db8::1]:443": true, "10.0.0.7:443": true,
		"169.254.169.254:80": false, "[fe80::1]:443": false, "[::ffff:169.254.169.254]:80": false, "0.0.0.0:80": false, "224.0.0.1:80": false, "nonsense": false,
	} {
		if err := refuseOddAddresses("tcp", address, nil); (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestOneCredentialHasOneFleet(t *testing.T) {
	t.Parallel()
	n := newPeer(t, says(http.StatusOK, `{}`)).noa(20)
	a := n.Fleet(Credential{ourOrganization, "desk", "1"})
	if b := n.Fleet(Credential{strings.ToUpper(ourOrganization), "desk", "1"}); a != b {
		t.Error("two fleets for one credential")
	}
	b := n.Fleet(Credential{ourOrganization, "desk", "2"})
	if a == b || a.share == nil || a.share != b.share || a.source == b.source {
		t.Error("two keys of an organization must share its pace and nothing else")
	}
	if c := n.Fleet(Credential{someBicycle, "desk", "1"}); c.share == a.share {
		t.Error("two organizations share a pace")
	}
	if got := a.Credential(); got.Organization != ourOrganization || got.Fingerprint != "1" {
		t.Errorf("got %+v", got)
	}
	n.Forget(Credential{Organization: "nobody's"})
}

func TestABodyIsReadToItsLimit(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]error{0: nil, 10: nil, 11: errTooLarge, 1000: errTooLarge} {
		if body, err := readUpTo(strings.NewReader(strings.Repeat("x", length)), 10); !errors.Is(err, want) || len(body) > 11 {
			t.Errorf("%d: %d read, %v", length, len(body), err)
		}
	}
	if _, err := readUpTo(io.MultiReader(strings.NewReader("x"), brokenReader{}), 10); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
