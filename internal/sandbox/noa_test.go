package sandbox

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// A noa is a sandbox under test behind a real server.
type noa struct {
	*Sandbox
	t      *testing.T
	url    string
	moved  atomic.Int64 // how far its clock was moved, in nanoseconds
	tokens map[string]string
}

func newNoa(t *testing.T, o Options) *noa {
	t.Helper()
	n := &noa{t: t, tokens: map[string]string{}}
	start := time.Now()
	o.Now = func() time.Time { return start.Add(time.Duration(n.moved.Load())) }
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	n.Sandbox, n.url = s, server.URL
	return n
}

func (n *noa) clientApp(name string) ClientApp {
	n.t.Helper()
	for _, app := range n.ClientApps() {
		if app.Name == name {
			return app
		}
	}
	n.t.Fatalf("no practice client application %s", name)
	return ClientApp{}
}

// assertion is signed with the key of a practice client application.
func (n *noa) assertion(name, algorithm string, claims jwt.MapClaims) string {
	n.t.Helper()
	text, err := jwt.NewWithClaims(jwt.GetSigningMethod(algorithm), claims).SignedString(n.clientApp(name).key(n.t))
	if err != nil {
		n.t.Fatal(err)
	}
	return text
}

func (c ClientApp) key(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	block, _ := pem.Decode(c.PrivateKey)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*ecdsa.PrivateKey)
}

func (n *noa) claims(name string) jwt.MapClaims {
	now := n.now()
	return jwt.MapClaims{
		"iss": name, "organization": n.Organization().UUID,
		"iat": now.Unix(), "exp": now.Add(10 * time.Minute).Unix(),
	}
}

var practiceAlgorithms = map[string]string{
	"noadesk-practice": "ES384", "noadesk-readonly": "ES256", "noadesk-tickets-only": "ES512", "noadesk-nothing": "ES384",
}

// token is an access token got with a real assertion.
func (n *noa) token(name string) string {
	n.t.Helper()
	if n.tokens[name] == "" {
		assertion := n.assertion(name, practiceAlgorithms[name], n.claims(name))
		status, answer := n.exchange(`{"assertion":"` + assertion + `"}`)
		if status != http.StatusOK || answer["jwt"] == "" {
			n.t.Fatalf("token for %s: status %d", name, status)
		}
		n.tokens[name] = answer["jwt"]
	}
	return n.tokens[name]
}

func (n *noa) exchange(body string) (int, map[string]string) {
	n.t.Helper()
	r, err := http.Post(n.url+"/jwt", jsonType, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	defer r.Body.Close()
	var answer map[string]string
	if err := json.NewDecoder(r.Body).Decode(&answer); err != nil {
		n.t.Fatal(err)
	}
	return r.StatusCode, answer
}

// A response is an answer with its body read.
type response struct {
	status int
	header http.Header
	raw    []byte
	body   any // decoded, nil if it is not JSON
}

const version = "application/json; version=1.0"

// do asks as the practice client application, unless a header says
// otherwise. A header "" is left out.
func (n *noa) do(method, path, body string, header map[string]string) response {
	n.t.Helper()
	request, err := http.NewRequest(method, n.url+path, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	request.Header.Set("Accept", version)
	if body != "" {
		request.Header.Set("Content-Type", jsonType)
	}
	if _, given := header["Authorization"]; !given {
		request.Header.Set("Authorization", "JWT "+n.token("noadesk-practice"))
	}
	for name, value := range header {
		request.Header.Set(name, value)
		if value == "" {
			request.Header.Del(name)
		}
	}
	return n.send(request)
}

func (n *noa) send(request *http.Request) response {
	n.t.Helper()
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		n.t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	out := response{status: answer.StatusCode, header: answer.Header, raw: raw}
	if answer.Header.Get("Content-Type") == jsonType && len(raw) > 0 {
		out.body = decoded(n.t, raw)
	}
	return out
}

// get asks for a list or a resource and wants it.
func (n *noa) get(path string) response {
	n.t.Helper()
	r := n.do(get, path, "", nil)
	if r.status != http.StatusOK {
		n.t.Fatalf("GET %s: status %d: %s", path, r.status, r.raw)
	}
	return r
}

// as is the header that asks as another practice client application.
func (n *noa) as(name string) map[string]string {
	n.t.Helper()
	return map[string]string{"Authorization": "JWT " + n.token(name)}
}

var anonymous = map[string]string{"Authorization": ""}

func decoded(t *testing.T, raw []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("decode %.80s: %v", raw, err)
	}
	return value
}

// example is one of the contract's example bodies.
func example(t *testing.T, name string) any {
	t.Helper()
	raw, err := os.ReadFile("testdata/examples/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, raw)
}

// rows are the results of a list.
func (r response) rows() []map[string]any {
	list, ok := r.body.([]any)
	if !ok {
		list, _ = r.object()["results"].([]any)
	}
	out := make([]map[string]any, len(list))
	for i, row := range list {
		out[i], _ = row.(map[string]any)
	}
	return out
}

func (r response) object() map[string]any {
	object, _ := r.body.(map[string]any)
	return object
}

func (r response) count() string {
	number, _ := r.object()["count"].(json.Number)
	return number.String()
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/examples/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func mustJSON(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// freshPair is a pair made elsewhere, with its public half as PEM.
func freshPair(t *testing.T) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// plainTicket is the body of a ticket that needs nothing more.
func (n *noa) plainTicket() string {
	return `{"organization":"` + n.url + `/api/organizations/` + n.Organization().UUID + `/"}`
}
