package noa

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	ourOrganization = "5d1c0a7e-3f42-4b8e-9c61-7a2f0e9d4b13"
	someBicycle     = "a3b0c6d2-9e17-4c58-8f24-60d5e1b7a901"
)

var allScopes = []Scope{BicycleRead, BicycleWrite, TripRead, OrganizationRead, TicketRead, TicketWrite}

// keyring signs with one key, whatever the fingerprint.
type keyring struct{ key *ecdsa.PrivateKey }

func (k keyring) Sign(_ context.Context, _ string, claims jwt.Claims) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodES384, claims).SignedString(k.key)
}

// A peer is a Noa of a test's own: its token service checks assertions as
// the contract has them, and its API answers as the test says.
type peer struct {
	t         *testing.T
	key       *ecdsa.PrivateKey
	server    *httptest.Server
	api       http.HandlerFunc
	sts       http.HandlerFunc // nil for the peer's own
	scopes    []Scope
	life      time.Duration
	ahead     time.Duration // of the peer's clock
	many      bool          // it knows every organization, not only ours
	exchanges atomic.Int64
	calls     atomic.Int64

	mu       sync.Mutex
	problems []string
}

// newPeer starts a peer over TLS that grants all scopes for half an hour.
func newPeer(t *testing.T, api http.HandlerFunc) *peer {
	t.Helper()
	p := newMutePeer(t, api)
	p.server = httptest.NewTLSServer(p)
	t.Cleanup(p.server.Close)
	return p
}

// newMutePeer is a peer that listens nowhere: see wire.
func newMutePeer(t *testing.T, api http.HandlerFunc) *peer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, key: key, api: api, scopes: allScopes, life: 30 * time.Minute}
	t.Cleanup(func() {
		for _, problem := range p.problems {
			t.Error(problem)
		}
	})
	return p
}

func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", time.Now().Add(p.ahead).UTC().Format(http.TimeFormat))
	if r.URL.Path != "/jwt" {
		p.calls.Add(1)
		p.inspect(r)
		p.api(w, r)
		return
	}
	p.exchanges.Add(1)
	if p.sts != nil {
		p.sts(w, r)
		return
	}
	p.exchange(w, r)
}

// inspect holds every call against what Noa asks for.
func (p *peer) inspect(r *http.Request) {
	for name, want := range map[string]string{"Accept": "application/json; version=1.0", "User-Agent": "noadesk/1.2.3"} {
		if got := r.Header.Get(name); got != want {
			p.problem("%s %s: %s is %q, want %q", r.Method, r.URL.Path, name, got, want)
		}
	}
	got := r.Header.Get("Authorization")
	if signIn := r.URL.Path == "/api/jwt/login/"; signIn && got != "" {
		p.problem("a sign-in came with a token")
	} else if !signIn && (len(got) < 40 || got[:4] != "JWT ") {
		p.problem("%s %s came without a token", r.Method, r.URL.Path)
	}
	if r.URL.Path[len(r.URL.Path)-1] != '/' {
		p.problem("%s %s has no slash at its end", r.Method, r.URL.Path)
	}
	if r.ContentLength > 0 && r.Header.Get("Content-Type") != "application/json" {
		p.problem("%s %s: a body without its type", r.Method, r.URL.Path)
	}
}

func (p *peer) problem(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = append(p.problems, fmt.Sprintf(format, args...))
}

// exchange takes assertions that are signed by the peer's key, have the
// four claims and no other, and are valid by the peer's clock.
func (p *peer) exchange(w http.ResponseWriter, r *http.Request) {
	var in struct{ Assertion string }
	if json.NewDecoder(r.Body).Decode(&in) != nil || r.Header.Get("Authorization") != "" {
		reply(w, http.StatusBadRequest, `{"error": "invalid_request"}`)
		return
	}
	said := jwt.MapClaims{}
	now := time.Now().Add(p.ahead)
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{"ES384"}), jwt.WithoutClaimsValidation()).
		ParseWithClaims(in.Assertion, said, func(*jwt.Token) (any, error) { return &p.key.PublicKey, nil })
	if err != nil || said["iss"] != "desk" || len(said) != 4 || said["organization"] != ourOrganization && !p.many {
		reply(w, http.StatusUnauthorized, `{"error": "unauthorized"}`)
		return
	}
	issued, ends := time.Unix(int64(said["iat"].(float64)), 0), time.Unix(int64(said["exp"].(float64)), 0)
	if ends.Before(now) || issued.After(now.Add(time.Minute)) || ends.Sub(issued) != 10*time.Minute {
		reply(w, http.StatusBadRequest, `{"error": "invalid_grant"}`)
		return
	}
	reply(w, http.StatusOK, `{"jwt": "`+accessToken(said["organization"].(string), now.Add(p.life), p.scopes)+`"}`)
}

func accessToken(organization string, ends time.Time, scopes []Scope) string {
	return tokenOf(map[string]any{
		"iss": "sts", "user_id": "desk", "organization": organization, "scopes": scopes, "exp": ends.Unix(),
	})
}

func tokenOf(claims map[string]any) string {
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"HS512","typ":"JWT"}`)) + "." + part(text) + "." + part([]byte("not for us to verify"))
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// says answers every call the same way.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, status, body) }
}

// fleet is the peer's fleet, by a Noa of its own.
func (p *peer) fleet() *Fleet {
	p.t.Helper()
	return p.noa(0).Fleet(Credential{Organization: ourOrganization, Client: "desk", Fingerprint: "f"})
}

func (p *peer) noa(rate float64) *Noa {
	p.t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(p.server.Certificate())
	n := New(Settings{
		API: parseURL(p.t, p.server.URL+"/api/"), STS: parseURL(p.t, p.server.URL+"/jwt"),
		CA: pool, Version: "1.2.3", Rate: rate,
	}, keyring{p.key})
	p.t.Cleanup(n.Close)
	return n
}

func parseURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// example is the body of testdata/examples/NAME.json.
func example(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "examples", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
