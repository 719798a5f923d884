package handlers

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"noadesk/internal/sandbox"
)

// A front stands before the sandbox: it notes what the desk asks, holds it to
// the contract, and can be told to fail.
type front struct {
	t       testing.TB
	sandbox *sandbox.Sandbox
	behind  http.Handler
	at      *httptest.Server
	signIn  sync.Once
	jwt     string // the tests' own, see token

	mu     sync.Mutex
	calls  []call
	faults []fault
}

// A call is a question that the desk asked of Noa.
type call struct{ method, path, query string }

// A fault answers in the sandbox's place, or does not answer.
type fault struct {
	on     func(*http.Request) bool
	answer http.HandlerFunc
}

func newFront(t testing.TB) *front {
	t.Helper()
	fake, err := sandbox.New(sandbox.Options{Seed: 7, Bicycles: 70, Trips: 60})
	if err != nil {
		t.Fatal(err)
	}
	f := &front{t: t, sandbox: fake, behind: fake.Handler()}
	f.at = httptest.NewServer(f)
	t.Cleanup(f.at.Close)
	return f
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.check(r)
	f.mu.Lock()
	f.calls = append(f.calls, call{r.Method, r.URL.Path, r.URL.RawQuery})
	i := slices.IndexFunc(f.faults, func(f fault) bool { return f.on(r) })
	answer := f.behind.ServeHTTP
	if i >= 0 {
		answer = f.faults[i].answer
	}
	f.mu.Unlock()
	answer(w, r)
}

// fails makes calls of paths that begin so get another answer.
func (f *front) fails(prefix string, answer http.HandlerFunc) {
	f.failsOn(func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, prefix) }, answer)
}

func (f *front) failsOn(on func(*http.Request) bool, answer http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append([]fault{{on, answer}}, f.faults...)
}

// heals ends all faults and forgets the calls so far.
func (f *front) heals() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults, f.calls = nil, nil
}

// asked are the calls since the last time.
func (f *front) asked() []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := f.calls
	f.calls = nil
	return calls
}

// of counts calls of a method to paths that begin so.
func of(calls []call, method, prefix string) (n int) {
	for _, c := range calls {
		if c.method == method && strings.HasPrefix(c.path, prefix) {
			n++
		}
	}
	return n
}

// answers is a fault that answers so.
func answers(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// htmlMarker must never reach a reader of the desk.
const htmlMarker = "upstream-html-marker"

var (
	badGateway = answers(http.StatusBadGateway, "text/html", "<h1>"+htmlMarker+"</h1>")
	html200    = answers(http.StatusOK, "text/html", "<h1>"+htmlMarker+"</h1>")
	notAllowed = answers(http.StatusForbidden, "application/json", `{"detail":{"non_field_errors":[{"message":"no","code":"permission_denied"}]}}`)
)

// hangsUp is a fault that breaks the line off.
func hangsUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// holds is a fault that lets calls wait until the channel is closed.
func (f *front) holds(until <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-until:
			f.behind.ServeHTTP(w, r)
		case <-r.Context().Done():
		case <-time.After(20 * time.Second):
			f.t.Error("a held call was never let go")
		}
	}
}

// doesAndHangsUp is a fault that does what is asked and breaks the line off before it says so.
func (f *front) doesAndHangsUp(_ http.ResponseWriter, r *http.Request) {
	f.behind.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// known are the query parameters that each list of Noa takes, beside those of every list.
var known = map[string][]string{
	"bicycles": {
		"state", "state__exclude", "organization", "organizations", "name", "query", "serial_number", "short_id", "bleid",
		"device_type", "has_lock", "model", "tag", "with_alerts", "alert_type", "bbox", "zone", "min_state_of_charge",
		"max_state_of_charge", "assignee", "assigned_to", "needs_attention", "recoverable",
	},
	"trips":           {"organization", "bicycle", "started_after", "ended_before", "type", "asset_state", "rental_session"},
	"organizations":   {},
	"client_apps":     {"organization"},
	"support_tickets": {"organization", "owner", "bicycle", "category", "state"},
}

var (
	everyList  = []string{"page", "page_size", "ordering", "fields", "created_after", "modified_since", "created", "modified", "uuid"}
	repeatable = []string{"state", "state__exclude", "device_type", "model", "alert_type", "type", "asset_state", "bicycle"}
)

// check holds a call to the rules for clients.
func (f *front) check(r *http.Request) {
	if r.URL.Path == "/jwt" {
		if r.Method != http.MethodPost || r.Header.Get("Authorization") != "" {
			f.t.Errorf("%s /jwt with authorization %t", r.Method, r.Header.Get("Authorization") != "")
		}
		return
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/"), "/")
	switch {
	case !strings.HasPrefix(r.URL.Path, "/api/") || !strings.HasSuffix(r.URL.Path, "/"):
		f.t.Errorf("%s %s: not below the API, or without its slash", r.Method, r.URL.Path)
	case r.Header.Get("Accept") != "application/json; version=1.0":
		f.t.Errorf("%s %s: Accept %q", r.Method, r.URL.Path, r.Header.Get("Accept"))
	case r.URL.Path == "/api/jwt/login/":
		if r.Header.Get("Authorization") != "" {
			f.t.Errorf("%s %s with authorization", r.Method, r.URL.Path)
		}
	case strings.Count(r.Header.Get("Authorization"), ".") != 2 || !strings.HasPrefix(r.Header.Get("Authorization"), "JWT "):
		f.t.Errorf("%s %s: no token", r.Method, r.URL.Path)
	}
	f.checkQuery(r, parts)
}

func (f *front) checkQuery(r *http.Request, parts []string) {
	for name, values := range r.URL.Query() {
		allowed := len(parts) == 2 && (slices.Contains(known[parts[0]], name) || slices.Contains(everyList, name))
		if !allowed || len(values) > 1 && !slices.Contains(repeatable, name) {
			f.t.Errorf("%s %s: parameter %q, %d times", r.Method, r.URL.Path, name, len(values))
		}
	}
	if size, err := strconv.Atoi(r.URL.Query().Get("page_size")); r.URL.Query().Has("page_size") && (err != nil || size < 1 || size > 100) {
		f.t.Errorf("%s %s: page_size %q", r.Method, r.URL.Path, r.URL.Query().Get("page_size"))
	}
}

// results asks the sandbox for a list, as Noa's own application would.
func (f *front) results(collection, query string) []map[string]any {
	f.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/api/"+collection+"/?"+query, nil)
	r.Header.Set("Accept", "application/json; version=1.0")
	r.Header.Set("Authorization", "JWT "+f.token())
	w := httptest.NewRecorder()
	f.behind.ServeHTTP(w, r)
	var page struct {
		Results []map[string]any `json:"results"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
		f.t.Fatalf("list %s: %d %v", collection, w.Code, err)
	}
	return page.Results
}

// token is one that the tests ask with themselves.
func (f *front) token() string {
	f.t.Helper()
	f.signIn.Do(func() { f.jwt = f.newToken() })
	return f.jwt
}

func (f *front) newToken() string {
	f.t.Helper()
	block, _ := pem.Decode(f.pem("noadesk-practice"))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		f.t.Fatal(err)
	}
	now := time.Now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodES384, jwt.MapClaims{
		"iss": "noadesk-practice", "organization": f.sandbox.Organization().UUID, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}).SignedString(key)
	if err != nil {
		f.t.Fatal(err)
	}
	w := httptest.NewRecorder()
	f.behind.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/jwt", strings.NewReader(`{"assertion":"`+signed+`"}`)))
	var got struct{ JWT string }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.JWT == "" {
		f.t.Fatalf("no token: %d", w.Code)
	}
	return got.JWT
}

// first is the uuid of a list's first row.
func (f *front) first(collection string) string {
	f.t.Helper()
	rows := f.results(collection, "page_size=1")
	if len(rows) == 0 {
		f.t.Fatalf("the sandbox has no %s", collection)
	}
	return rows[0]["uuid"].(string)
}

// bicycle is the uuid of the bicycle with that number.
func (f *front) bicycle(number string) string {
	f.t.Helper()
	for _, b := range f.results("bicycles", "page_size=100") {
		if b["name"] == number {
			return b["uuid"].(string)
		}
	}
	f.t.Fatalf("the sandbox has no bicycle %s", number)
	return ""
}
