package sandbox

import (
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

const clientApps = "/api/client_apps/"

// newApp is the body of a new client application of an organization.
func (n *noa) newApp(organization int, name string, scopes ...string) string {
	n.t.Helper()
	return string(mustJSON(n.t, map[string]any{
		"name": name, "organization": "/api/organizations/" + n.fleet.tree[organization].uuid + "/",
		"scopes": append([]string{}, scopes...),
	}))
}

// create makes a client application and wants it.
func (n *noa) create(operator map[string]string, body string) map[string]any {
	n.t.Helper()
	r := n.do(post, clientApps, body, operator)
	if r.status != http.StatusCreated {
		n.t.Fatalf("create: status %d, %s", r.status, r.codes())
	}
	return r.object()
}

// path is where a resource is.
func (n *noa) path(resource map[string]any) string {
	return strings.TrimPrefix(resource["url"].(string), n.url)
}

// trade is what the token service answers to an assertion signed with the
// private key of a fresh client application.
func (n *noa) trade(app map[string]any) (status int, header map[string]string) {
	n.t.Helper()
	given := ClientApp{PrivateKey: []byte(app["private_key"].(string))}
	key := given.key(n.t)
	claims := n.claims(app["name"].(string))
	link := strings.Split(app["organization"].(string), "/")
	claims["organization"] = link[len(link)-2]
	text, err := jwt.NewWithClaims(jwt.GetSigningMethod(algorithm(key.Curve)), claims).SignedString(key)
	if err != nil {
		n.t.Fatal(err)
	}
	status, answer := n.exchange(`{"assertion":"` + text + `"}`)
	return status, map[string]string{"Authorization": "JWT " + answer["jwt"]}
}

func TestClientAppsAnswerAsInTheExamples(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	operator := n.asOperator()
	request := example(t, "client-app-create-request").(map[string]any)
	request["organization"] = n.url + "/api/organizations/" + n.Organization().UUID + "/"
	created := n.do(post, clientApps, string(mustJSON(t, request)), operator)
	if created.status != 201 || created.header.Get("Location") != created.object()["url"] {
		t.Fatalf("got status %d, Location %q", created.status, created.header.Get("Location"))
	}
	sameShape(t, "", example(t, "client-app-create-response"), created.body)
	for member, want := range request {
		if diff := cmp.Diff(want, created.object()[member]); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", member, diff)
		}
	}
	path := n.path(created.object())
	sameShape(t, "", example(t, "client-app-detail"), n.do(get, path, "", operator).body)
	sameShape(t, "", example(t, "client-app-list"), n.do(get, clientApps, "", operator).body)
	for _, row := range []struct {
		example string
		answer  response
		status  int
	}{
		{"client-app-error-duplicate-name", n.do(post, clientApps, string(mustJSON(t, request)), operator), 400},
		{"client-app-error-unknown-scope", n.do(patch, path, `{"scopes":["trip:read","alert:read"]}`, operator), 400},
		{"error-403-link-organization", n.do(post, clientApps, n.newApp(2, "x"), operator), 403},
		{"error-403-missing-scope", n.do(get, path, "", nil), 403},
		{"error-401-missing-token", n.do(get, path, "", anonymous), 401},
	} {
		if diff := cmp.Diff(example(t, row.example), row.answer.body); row.answer.status != row.status || diff != "" {
			t.Errorf("%s: got status %d (-want +got):\n%s", row.example, row.answer.status, diff)
		}
	}
	patched := n.do(patch, path, string(mustRead(t, "client-app-patch-request")), operator)
	sameShape(t, "", example(t, "client-app-patch-response"), patched.body)
}

func TestPrivateKeysAreGivenOnceAndSign(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		option, want elliptic.Curve
		organization int
	}{
		{nil, elliptic.P384(), 0},
		{elliptic.P256(), elliptic.P256(), 1},
		{elliptic.P521(), elliptic.P521(), 0},
	} {
		n := newNoa(t, Options{Bicycles: 1, Trips: 1, Curve: row.option})
		operator := n.asOperator()
		app := n.create(operator, n.newApp(row.organization, "fresh", organizationRead))
		block, rest := pem.Decode([]byte(app["private_key"].(string)))
		if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err != nil || block.Type != "PRIVATE KEY" || len(rest) > 0 {
			t.Errorf("not one PKCS#8 block of PEM: %v", err)
		}
		if n.clients[clientName{n.fleet.tree[row.organization].uuid, "fresh"}].key.Curve != row.want {
			t.Errorf("the curve is not %v", row.want.Params().Name)
		}
		status, header := n.trade(app)
		if status != 200 {
			t.Fatalf("%s: token service answered %d", row.want.Params().Name, status)
		}
		list := n.do(get, "/api/organizations/", "", header)
		if want := fmt.Sprint(2 - row.organization); list.count() != want {
			t.Errorf("got %s organizations, want %s", list.count(), want)
		}
		for _, path := range []string{clientApps, n.path(app), n.path(app) + "?fields=private_key"} {
			if r := n.do(get, path, "", operator); r.status != 200 || strings.Contains(string(r.raw), "BEGIN") {
				t.Errorf("%s shows a key again", path)
			}
		}
	}
	if _, err := New(Options{Curve: elliptic.P224()}); err == nil {
		t.Error("P-224 was taken")
	}
}

func TestNewScopesComeWithTheNextToken(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 1, Trips: 1})
	operator := n.asOperator()
	app := n.create(operator, n.newApp(0, "fresh", tripRead))
	_, old := n.trade(app)
	n.do(patch, n.path(app), `{"scopes":["organization:read"]}`, operator)
	_, fresh := n.trade(app)
	for name, row := range map[string]struct {
		header               map[string]string
		trips, organizations int
	}{"old": {old, 200, 403}, "fresh": {fresh, 403, 200}} {
		trips, organizations := n.do(get, "/api/trips/", "", row.header), n.do(get, "/api/organizations/", "", row.header)
		if trips.status != row.trips || organizations.status != row.organizations {
			t.Errorf("%s token: got %d for trips, %d for organizations", name, trips.status, organizations.status)
		}
	}
}

func TestDeletedClientAppsEndAtOnceAndForGood(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 1, Trips: 1})
	operator := n.asOperator()
	app := n.create(operator, n.newApp(0, "fresh", tripRead))
	_, token := n.trade(app)
	if r := n.do(erase, n.path(app), "", operator); r.status != 204 || len(r.raw) > 0 {
		t.Fatalf("delete: got status %d", r.status)
	}
	r := n.do(get, "/api/trips/", "", token)
	if diff := cmp.Diff(example(t, "error-401-unknown-client-app"), r.body); r.status != 401 || diff != "" {
		t.Errorf("its token: got status %d (-want +got):\n%s", r.status, diff)
	}
	if status, _ := n.trade(app); status != 401 {
		t.Errorf("its key: token service answered %d, want 401", status)
	}
	for _, method := range []string{get, patch, erase} {
		if r := n.do(method, n.path(app), "", operator); r.status != 404 {
			t.Errorf("%s: got status %d, want 404", method, r.status)
		}
	}
	again := n.do(post, clientApps, n.newApp(0, "fresh"), operator)
	if again.status != 500 || !strings.HasPrefix(again.header.Get("Content-Type"), htmlType) {
		t.Errorf("the name again: got status %d, %s; want 500 HTML", again.status, again.header.Get("Content-Type"))
	}
	n.create(operator, n.newApp(1, "fresh"))
	_, public := freshPair(t)
	if err := n.Register("fresh", nil, []byte(public)); err == nil {
		t.Error("the name was registered again")
	}
}

func TestClientAppsAreListed(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 1, Trips: 1})
	operator := n.asOperator()
	start := n.now()
	n.moved.Store(int64(time.Minute))
	part := n.create(operator, n.newApp(1, "part"))
	n.moved.Store(int64(2 * time.Minute))
	n.create(operator, n.newApp(0, "last"))
	foreign := &client{record: freshRecord(start), clientName: clientName{n.fleet.tree[2].uuid, "foreign"}}
	n.mu.Lock()
	n.clients[foreign.clientName] = foreign
	n.mu.Unlock()
	after := start.Unix() + 30
	for query, want := range map[string]string{
		"":                                                     "6 last part",
		"page_size=1&page=2":                                   "6 part",
		"ordering=created&page_size=1&page=6":                  "6 last",
		"ordering=-modified&page_size=1":                       "6 last",
		"uuid=" + part["uuid"].(string):                        "1 part",
		"organization=" + n.fleet.tree[1].uuid:                 "1 part",
		"organization=" + n.fleet.tree[2].uuid:                 "0",
		fmt.Sprint("created_after=", after):                    "2 last part",
		fmt.Sprint("modified_since=", after+60):                "1 last",
		fmt.Sprint("created_after=", after, "&fields=name&x="): "2 last part",
	} {
		r := n.do(get, clientApps+"?"+query, "", operator)
		got := r.count()
		for _, row := range r.rows() {
			if name := row["name"].(string); !strings.HasPrefix(name, "noadesk-") {
				got += " " + name
			}
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	for query, status := range map[string]int{"ordering=name": 400, "organization=x": 400, "fields=key": 400, "page=9": 404} {
		if r := n.do(get, clientApps+"?"+query, "", operator); r.status != status {
			t.Errorf("%s: got status %d, want %d", query, r.status, status)
		}
	}
	if r := n.do(get, clientApps+foreign.uuid+"/", "", operator); r.status != 404 {
		t.Errorf("a foreign one: got status %d, want 404", r.status)
	}
}
