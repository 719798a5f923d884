package sandbox

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

func TestTokenServiceChecksTheAssertion(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	now := n.now()
	with := func(name string, value any) string {
		claims := n.claims("noadesk-practice")
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
		return n.assertion("noadesk-practice", "ES384", claims)
	}
	good := with("iss", "noadesk-practice")
	for name, row := range map[string]struct {
		assertion string
		status    int
		code      string
	}{
		"good":               {good, 200, ""},
		"clock a bit ahead":  {with("iat", now.Add(50*time.Second).Unix()), 200, ""},
		"unknown client":     {with("iss", "nobody"), 401, "unauthorized"},
		"other organization": {with("organization", n.fleet.tree[1].uuid), 401, "unauthorized"},
		"organization url":   {with("organization", "/api/organizations/"+n.Organization().UUID+"/"), 401, "unauthorized"},
		"no organization":    {with("organization", nil), 401, "unauthorized"},
		"key of another":     {n.assertion("noadesk-nothing", "ES384", n.claims("noadesk-practice")), 401, "unauthorized"},
		"other algorithm":    {n.assertion("noadesk-readonly", "ES256", n.claims("noadesk-practice")), 401, "unauthorized"},
		"label of another":   {mislabelled(t, n.clientApp("noadesk-practice"), n.claims("noadesk-practice"), 66), 401, "unauthorized"},
		"broken signature":   {good[:len(good)-8] + "AAAAAAAA", 401, "unauthorized"},
		"algorithm none":     {unsigned(t, n.claims("noadesk-practice")), 401, "unauthorized"},
		"shared secret":      {hmacSigned(t, []byte("guess"), n.claims("noadesk-practice")), 401, "unauthorized"},
		"not a token":        {"rubbish", 401, "unauthorized"},
		"expired":            {with("exp", now.Add(-time.Second).Unix()), 400, "invalid_grant"},
		"without end":        {with("exp", nil), 400, "invalid_grant"},
		"without begin":      {with("iat", nil), 400, "invalid_grant"},
		"from the future":    {with("iat", now.Add(90*time.Second).Unix()), 400, "invalid_grant"},
		"too long":           {with("exp", now.Add(61*time.Minute).Unix()), 400, "invalid_grant"},
		"missing":            {"", 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := n.exchange(`{"assertion":"` + row.assertion + `"}`)
			if status != row.status || answer["error"] != row.code {
				t.Errorf("got status %d, error %q; want %d, %q", status, answer["error"], row.status, row.code)
			}
			if (answer["jwt"] != "") != (row.status == 200) {
				t.Errorf("status %d and a token do not fit", status)
			}
		})
	}
}

func unsigned(t *testing.T, claims jwt.MapClaims) string {
	t.Helper()
	text, err := jwt.NewWithClaims(jwt.SigningMethodNone, claims).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// mislabelled says ES512 and is signed with P-384, correctly otherwise. Half
// is how long each half of the signature is.
func mislabelled(t *testing.T, app ClientApp, claims jwt.MapClaims, half int) string {
	t.Helper()
	text, err := jwt.NewWithClaims(jwt.SigningMethodES512, claims).SigningString()
	if err != nil {
		t.Fatal(err)
	}
	digest := sha512.Sum512([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, app.key(t), digest[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, 2*half)
	r.FillBytes(signature[:half])
	s.FillBytes(signature[half:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func hmacSigned(t *testing.T, secret []byte, claims jwt.MapClaims) string {
	t.Helper()
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS512, claims).SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTokenServiceReadsTheBodyWhateverItsType(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	assertion := n.assertion("noadesk-practice", "ES384", n.claims("noadesk-practice"))
	for _, row := range []struct {
		kind, body string
		status     int
	}{
		{"", `{"assertion":"` + assertion + `"}`, 200},
		{"text/plain", `{"assertion":"` + assertion + `","more":1}`, 200},
		{jsonType, `not JSON`, 400},
		{jsonType, `["assertion"]`, 400},
		{jsonType, `{"assertion":7}`, 400},
		{jsonType, `{}`, 400},
	} {
		request, err := http.NewRequest(post, n.url+"/jwt", strings.NewReader(row.body))
		if err != nil {
			t.Fatal(err)
		}
		if row.kind != "" {
			request.Header.Set("Content-Type", row.kind)
		}
		if r := n.send(request); r.status != row.status {
			t.Errorf("%s %.12s: got status %d, want %d", row.kind, row.body, r.status, row.status)
		}
	}
}

func TestTokenServiceAnswersAsInTheExamples(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	claims := n.claims("noadesk-practice")
	claims["exp"] = claims["iat"]
	for name, body := range map[string]string{
		"sts-error-invalid-grant": `{"assertion":"` + n.assertion("noadesk-practice", "ES384", claims) + `"}`,
		"sts-error-unauthorized":  string(mustRead(t, "sts-request")),
	} {
		_, answer := n.exchange(body)
		got := map[string]any{}
		for member, text := range answer {
			got[member] = text
		}
		if diff := cmp.Diff(example(t, name), any(got)); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", name, diff)
		}
	}
	sameShape(t, "", example(t, "sts-response"), map[string]any{"jwt": n.token("noadesk-practice")})
}

func TestAccessTokenHasTheClaimsOfTheContract(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{TokenLife: 7 * time.Minute})
	sameShape(t, "", example(t, "assertion-claims"), asJSON(t, n.claims("noadesk-practice")))
	var claims jwt.MapClaims
	token, _, err := jwt.NewParser().ParseUnverified(n.token("noadesk-practice"), &claims)
	if err != nil {
		t.Fatal(err)
	}
	sameShape(t, "", example(t, "access-token-claims"), asJSON(t, claims))
	if token.Header["alg"] != "HS512" || claims["iss"] != "sts" || claims["user_id"] != "noadesk-practice" {
		t.Errorf("got algorithm %v, iss %v, user_id %v", token.Header["alg"], claims["iss"], claims["user_id"])
	}
	if life := claims["exp"].(float64) - claims["iat"].(float64); life != 420 {
		t.Errorf("got a life of %v s, want 420", life)
	}
	var scopes []string
	for _, scope := range claims["scopes"].([]any) {
		scopes = append(scopes, scope.(string))
	}
	if len(scopes) != 6 || !slices.IsSorted(scopes) {
		t.Errorf("got scopes %v, want six in order", scopes)
	}
}

// asJSON is a value as it would be read from the wire.
func asJSON(t *testing.T, value any) any {
	t.Helper()
	text, err := plainJSON(value)
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, text)
}

func TestTokensAreRefusedForTheirOwnReason(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	now := n.now()
	signed := func(change func(jwt.MapClaims)) string {
		claims := jwt.MapClaims{
			"iss": "sts", "user_id": "noadesk-practice", "organization": n.Organization().UUID,
			"scopes": []string{tripRead}, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		}
		change(claims)
		return hmacSigned(t, n.secret, claims)
	}
	set := func(name string, value any) string {
		return signed(func(c jwt.MapClaims) { c[name] = value })
	}
	for _, row := range []struct{ name, token, example string }{
		{"expired", set("exp", now.Add(-11*time.Second).Unix()), "error-401-expired"},
		{"ended within the leeway", set("exp", now.Add(-8*time.Second).Unix()), ""},
		{"fresh", set("iss", "sts"), ""},
		{"other environment", set("iss", "sts-staging"), "error-401-wrong-issuer"},
		{"unknown client", set("user_id", "nobody"), "error-401-unknown-client-app"},
		{"unknown organization", set("organization", n.fleet.tree[1].uuid), "error-401-unknown-client-app"},
		{"not yet valid", set("nbf", now.Add(time.Minute).Unix()), "error-401-other-invalid-token"},
		{"assertion", n.assertion("noadesk-practice", "ES384", n.claims("noadesk-practice")), "error-401-other-invalid-token"},
		{"algorithm none", unsigned(t, jwt.MapClaims{"iss": "sts"}), "error-401-other-invalid-token"},
		{"other secret", hmacSigned(t, []byte("x"), jwt.MapClaims{"iss": "sts"}), "error-401-undecodable"},
	} {
		r := n.do(get, "/api/trips/", "", map[string]string{"Authorization": "jwt " + row.token})
		if row.example == "" {
			if r.status != 200 {
				t.Errorf("%s: got status %d, want 200", row.name, r.status)
			}
			continue
		}
		if diff := cmp.Diff(example(t, row.example), r.body); r.status != 401 || diff != "" {
			t.Errorf("%s: got status %d (-want +got):\n%s", row.name, r.status, diff)
		}
	}
}

func TestTokensEndWithTheirLife(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{TokenLife: 5 * time.Second})
	n.get("/api/trips/?page_size=1")
	n.moved.Store(int64(16 * time.Second))
	if r := n.do(get, "/api/trips/", "", nil); r.status != 401 {
		t.Errorf("got status %d after the token's end, want 401", r.status)
	}
}

func TestAnUnknownScopeHidesThoseBehindIt(t *testing.T) {
	t.Parallel()
	c := caller{scopes: []string{bicycleRead, "moon:read", tripRead}}
	if !c.may(bicycleRead) || c.may(tripRead) {
		t.Errorf("got bicycles %v, trips %v; want true, false", c.may(bicycleRead), c.may(tripRead))
	}
}

func TestControlRegistersPublicHalves(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	key, public := freshPair(t)
	body := string(mustJSON(t, map[string]any{"name": "desk-2", "scopes": []string{tripRead, "zone:read"}, "public_key": public}))
	if r := n.do(post, "/_sandbox/client_apps", body, anonymous); r.status != 201 {
		t.Fatalf("got status %d: %s", r.status, r.raw)
	}
	assertion, err := jwt.NewWithClaims(jwt.SigningMethodES512, n.claims("desk-2")).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := n.exchange(`{"assertion":"` + assertion + `"}`); status != 200 {
		t.Errorf("exchange with the new pair: status %d", status)
	}
	for name, sent := range map[string]map[string]any{
		"taken":         {"name": "desk-2", "public_key": public},
		"no name":       {"public_key": public},
		"unknown scope": {"name": "desk-3", "scopes": []string{"moon:read"}, "public_key": public},
		"private half":  {"name": "desk-3", "public_key": string(n.clientApp("noadesk-practice").PrivateKey)},
		"two blocks":    {"name": "desk-3", "public_key": public + public},
		"no key":        {"name": "desk-3"},
	} {
		if r := n.do(post, "/_sandbox/client_apps", string(mustJSON(t, sent)), anonymous); r.status != 400 {
			t.Errorf("%s: got status %d, want 400", name, r.status)
		}
	}
}

func TestControlRefusesOtherSites(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	header := map[string]string{"Authorization": "", "Origin": "https://evil.example"}
	if r := n.do(post, "/_sandbox/reset", "", header); r.status != 403 {
		t.Errorf("got status %d, want 403", r.status)
	}
}

func TestResetKeepsClientsAndDropsTickets(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	before := n.get("/api/support_tickets/").count()
	if r := n.do(post, "/api/support_tickets/", n.plainTicket(), nil); r.status != 201 {
		t.Fatalf("filing: status %d: %s", r.status, r.raw)
	}
	if r := n.do(post, "/_sandbox/reset", "", anonymous); r.status != 204 {
		t.Fatalf("reset: status %d", r.status)
	}
	if after := n.get("/api/support_tickets/").count(); after != before {
		t.Errorf("got %s tickets after the reset, want %s", after, before)
	}
}

func TestOverviewNamesBothAddresses(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	got := n.get("/_sandbox/").object()
	if got["api"] != n.url+"/api/" || got["sts"] != n.url+"/jwt" {
		t.Errorf("got api %v, sts %v", got["api"], got["sts"])
	}
}
