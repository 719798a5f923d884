package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

const (
	loginPath   = "/api/jwt/login/"
	refreshPath = "/api/jwt/refresh_token/"
)

// signIn is the answer to a login.
func (n *noa) signIn(email, password string) response {
	n.t.Helper()
	return n.do(post, loginPath, string(mustJSON(n.t, map[string]string{"email": email, "password": password})), anonymous)
}

// asPerson is the header that asks as a person who signs in now.
func (n *noa) asPerson(email, password string) map[string]string {
	n.t.Helper()
	r := n.signIn(email, password)
	token, ok := r.object()["token"].(string)
	if r.status != http.StatusOK || !ok {
		n.t.Fatalf("login of %s: status %d", email, r.status)
	}
	return map[string]string{"Authorization": "JWT " + token}
}

func (n *noa) asOperator() map[string]string {
	n.t.Helper()
	return n.asPerson(n.Operator())
}

func TestLoginAnswersAsInTheExample(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	email, password := n.Operator()
	sameShape(t, "", example(t, "login-request"), map[string]any{"email": email, "password": password})
	r := n.signIn(email, password)
	sameShape(t, "", example(t, "login-response"), r.body)
	user, _ := r.object()["user"].(map[string]any)
	if r.status != 200 || user["email"] != email || user["last_login"] != stamp(n.now()) {
		t.Errorf("got status %d for user %v", r.status, user)
	}
	if r := n.signIn(strings.ToUpper(email), password); r.status != 200 {
		t.Errorf("the e-mail in capitals: got status %d, want 200", r.status)
	}
}

func TestUserTokensHaveTheClaimsOfTheContract(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	text := strings.TrimPrefix(n.asOperator()["Authorization"], "JWT ")
	var claims jwt.MapClaims
	token, _, err := jwt.NewParser().ParseUnverified(text, &claims)
	if err != nil {
		t.Fatal(err)
	}
	roles := []any{"fleet_operator"}
	affiliations := map[string]any{n.fleet.tree[0].uuid: roles, n.fleet.tree[1].uuid: roles}
	if diff := cmp.Diff(affiliations, claims["affs"]); diff != "" {
		t.Errorf("affs differ (-want +got):\n%s", diff)
	}
	if life := claims["exp"].(float64) - claims["orig_iat"].(float64); life != 1800 || token.Header["alg"] != "HS512" {
		t.Errorf("got a life of %v s and algorithm %v", life, token.Header["alg"])
	}
	want := example(t, "user-token-claims").(map[string]any)
	delete(want, "affs") // its members are uuids
	delete(claims, "affs")
	sameShape(t, "", want, asJSON(t, claims))
	if claims["iss"] != "local" || len(claims) != len(want) {
		t.Errorf("got iss %v and %d claims, want %d", claims["iss"], len(claims), len(want))
	}
}

func TestLoginsAreRefusedForTheirOwnReason(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Attempts: 100})
	email, password := n.Operator()
	known := `{"email":"` + email + `","password":"` + password + `"`
	for name, row := range map[string]struct {
		body   string
		status int
		codes  string
	}{
		"own organization":        {known + `,"organization_uuid":"` + n.fleet.tree[1].uuid + `"}`, 200, ""},
		"no organization":         {known + `,"organization_uuid":null,"code":null}`, 200, ""},
		"wrong password":          {`{"email":"` + email + `","password":"x"}`, 400, "non_field_errors invalid_credentials"},
		"wrong e-mail":            {`{"email":"x","password":"` + password + `"}`, 400, "non_field_errors invalid_credentials"},
		"other organization":      {known + `,"organization_uuid":"` + n.fleet.tree[2].uuid + `"}`, 400, "non_field_errors invalid_credentials"},
		"unknown organization":    {known + `,"organization_uuid":"` + randomUUID() + `"}`, 400, "organization_uuid organization_not_found"},
		"malformed organization":  {known + `,"organization_uuid":"kulan"}`, 400, "organization_uuid invalid"},
		"organization not a text": {known + `,"organization_uuid":[]}`, 400, "organization_uuid invalid"},
		"activation code":         {`{"code":"123456"}`, 400, "code invalid"},
		"no password":             {`{"email":"` + email + `"}`, 400, "password required"},
		"no e-mail":               {`{"password":"x"}`, 400, "email required"},
		"empty password":          {`{"email":"x","password":""}`, 400, "password blank"},
		"password null":           {`{"email":"x","password":null}`, 400, "password null"},
		"password a list":         {`{"email":"x","password":[]}`, 400, "password invalid"},
		"not JSON":                {`nonsense`, 400, "non_field_errors parse_error"},
	} {
		t.Run(name, func(t *testing.T) {
			r := n.do(post, loginPath, row.body, anonymous)
			if got := r.codes(); r.status != row.status || got != row.codes {
				t.Errorf("got status %d, %q; want %d, %q", r.status, got, row.status, row.codes)
			}
		})
	}
	r := n.signIn(email, "wrong")
	if diff := cmp.Diff(example(t, "login-error-invalid-credentials"), r.body); diff != "" {
		t.Errorf("differs from the example (-want +got):\n%s", diff)
	}
	form := map[string]string{"Authorization": "", "Content-Type": "application/x-www-form-urlencoded"}
	if r := n.do(post, loginPath, "email="+email+"&password="+password, form); r.status != 200 {
		t.Errorf("a form: got status %d, want 200", r.status)
	}
}

// codes are the members that an answer complains about with their first
// codes. A list and the flat shape have codes only.
func (r response) codes() string {
	if list, ok := r.object()["detail"].([]any); ok {
		return fmt.Sprint("[", list[0].(map[string]any)["code"], "]")
	}
	detail, _ := r.object()["detail"].(map[string]any)
	if flat, ok := detail["code"].(string); ok {
		return flat
	}
	var out []string
	for member, list := range detail {
		if complaints, ok := list.([]any); ok {
			out = append(out, fmt.Sprint(member, " ", complaints[0].(map[string]any)["code"]))
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func TestLoginIsForPostAndNeedsAVersion(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	for _, path := range []string{loginPath, refreshPath} {
		if r := n.do(get, path, "", anonymous); r.status != 405 || r.header.Get("Allow") != "POST, OPTIONS" {
			t.Errorf("GET %s: got status %d, Allow %q", path, r.status, r.header.Get("Allow"))
		}
		header := map[string]string{"Authorization": "", "Accept": jsonType}
		if r := n.do(post, path, "{}", header); r.status != 406 {
			t.Errorf("%s without a version: got status %d, want 406", path, r.status)
		}
	}
}

func TestRefreshTokensGiveFreshTokens(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	held, _ := n.signIn(n.Operator()).object()["refresh_token"].(string)
	body := example(t, "login-refresh-request").(map[string]any)
	n.moved.Store(int64(24 * time.Hour))
	r := n.do(post, refreshPath, string(mustJSON(t, body)), anonymous)
	if r.status != 401 || r.codes() != "non_field_errors authentication_failed" {
		t.Errorf("the example's refresh token: got status %d, %q", r.status, r.codes())
	}
	body["refresh_token"] = held
	r = n.do(post, refreshPath, string(mustJSON(t, body)), anonymous)
	sameShape(t, "", example(t, "login-response"), r.body)
	token := map[string]string{"Authorization": "JWT " + r.object()["token"].(string)}
	if r := n.do(get, "/api/client_apps/", "", token); r.status != 200 {
		t.Errorf("with the fresh token: got status %d, want 200", r.status)
	}
	if r := n.do(post, refreshPath, "{}", anonymous); r.status != 400 {
		t.Errorf("an empty body: got status %d, want 400", r.status)
	}
}

func TestDisabledPeopleAreNobody(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	header := n.asOperator()
	held, _ := n.signIn(n.Operator()).object()["refresh_token"].(string)
	n.mu.Lock()
	n.people[0].disabled = true
	n.mu.Unlock()
	for name, row := range map[string]struct {
		answer response
		status int
		codes  string
	}{
		"login":   {n.signIn(n.Operator()), 400, "non_field_errors invalid_credentials"},
		"refresh": {n.do(post, refreshPath, `{"client_id":"local","refresh_token":"`+held+`"}`, anonymous), 401, "non_field_errors authentication_failed"},
		"token":   {n.do(get, "/api/client_apps/", "", header), 401, "non_field_errors authentication_failed"},
	} {
		if got := row.answer.codes(); row.answer.status != row.status || got != row.codes {
			t.Errorf("%s: got status %d, %q", name, row.answer.status, got)
		}
	}
	if r := n.do(get, "/api/client_apps/", "", header); !strings.Contains(string(r.raw), `"Invalid user account."`) {
		t.Errorf("got %s", r.raw)
	}
}

func TestUserTokensEndAfterHalfAnHour(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{TokenLife: 24 * time.Hour})
	header := n.asOperator()
	n.moved.Store(int64(30*time.Minute + 9*time.Second))
	if r := n.do(get, "/api/me/", "", header); r.status != 200 {
		t.Errorf("within the leeway: got status %d, want 200", r.status)
	}
	n.moved.Store(int64(30*time.Minute + 11*time.Second))
	r := n.do(get, "/api/me/", "", header)
	if diff := cmp.Diff(example(t, "error-401-expired"), r.body); r.status != 401 || diff != "" {
		t.Errorf("got status %d (-want +got):\n%s", r.status, diff)
	}
}

// TestPeopleSeeTheFleetWithoutScopes holds what a user token opens: all that
// a client application with every scope sees, and its own user.
func TestPeopleSeeTheFleetWithoutScopes(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	operator := n.asOperator()
	for _, list := range []string{"bicycles", "trips", "organizations", "support_tickets"} {
		path := "/api/" + list + "/?page_size=100"
		want, got := n.get(path), n.do(get, path, "", operator)
		if diff := cmp.Diff(want.body, got.body); got.status != 200 || got.count() == "0" || diff != "" {
			t.Errorf("%s: got status %d, %s rows, not those of a client application", list, got.status, got.count())
		}
	}
	me := n.do(get, "/api/me/", "", operator)
	want := example(t, "login-response").(map[string]any)["user"]
	sameShape(t, "", want, me.body)
	ticket := n.do(post, "/api/support_tickets/", n.plainTicket(), operator)
	if ticket.status != 201 || ticket.object()["owner"] != me.object()["url"] {
		t.Errorf("a ticket: got status %d, owner %v, want %v", ticket.status, ticket.object()["owner"], me.object()["url"])
	}
	owner := `{"owner":"` + me.object()["url"].(string) + `"}`
	if r := n.do(patch, n.path(ticket.object()), owner, nil); r.status != 200 {
		t.Errorf("naming the owner as a client application: got status %d, want 200", r.status)
	}
}
