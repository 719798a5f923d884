package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"html"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// beginning is how many bytes of a marker are looked up at once; none is shorter.
const beginning = 8

var curvesOfNoa = []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()}

// A marker is a secret, or a piece of one, as it could be written down.
type marker struct {
	secret, how string
	text        []byte
	but         []string // places whose names begin so may hold it
}

// The markers of a run are all its secrets in every form. They are found by their beginnings,
// so that thousands are looked for in one pass. Nothing here prints a secret.
type markers struct {
	*testing.T
	mu     sync.Mutex
	begins map[[beginning]byte][]marker
	counts map[string]int // how many secrets there are of a kind
}

func newMarkers(t *testing.T) *markers {
	return &markers{T: t, begins: map[[beginning]byte][]marker{}, counts: map[string]int{}}
}

// add looks for a value from now on, in every form.
func (m *markers) add(secret string, value []byte, but ...string) {
	m.Helper()
	for how, text := range forms(value) {
		m.addForm(marker{secret, how, text, but})
	}
}

func (m *markers) addForm(f marker) {
	m.Helper()
	if len(f.text) < beginning {
		m.Fatalf("%s as %s is too short to be looked for", f.secret, f.how)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	begin := [beginning]byte(f.text)
	m.begins[begin] = append(m.begins[begin], f)
}

// text looks for a text and for each piece of a long one: an error may quote only a part.
func (m *markers) text(secret, value string, but ...string) {
	m.Helper()
	const piece = 12
	m.count(secret)
	for ; len(value) > 2*piece; value = value[piece:] {
		m.add(secret, []byte(value[:piece]), but...)
	}
	m.add(secret, []byte(value[:min(len(value), piece)]), but...)
	m.add(secret, []byte(value[max(0, len(value)-piece):]), but...)
}

// jwt looks for a token. What all tokens begin with is no secret.
func (m *markers) jwt(secret, token string) {
	m.Helper()
	_, body, _ := strings.Cut(token, ".")
	m.text(secret, body)
}

// key looks for the scalar of a private key, and for the lines of PEM that hold it in either container.
func (m *markers) key(secret, text string) {
	m.Helper()
	private := parseKey(m.T, text)
	scalar, err := private.Bytes()
	if err != nil {
		m.Fatal(err)
	}
	m.count(secret)
	m.add(secret, scalar[:len(scalar)/2])
	m.add(secret, scalar[len(scalar)/2:])
	m.addForm(marker{secret, "decimal", []byte(new(big.Int).SetBytes(scalar).String()), nil})
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		m.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		m.Fatal(err)
	}
	for _, der := range [][]byte{pkcs8, sec1} {
		for _, line := range linesOf(der, scalar) {
			m.add("PEM of "+secret, line)
		}
	}
}

// sealed looks for the lines of an encrypted key but for the first, which says how it is encrypted.
func (m *markers) sealed(secret, text string) {
	m.Helper()
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if line = strings.TrimSpace(line); i > 1 && len(line) == 64 && !strings.Contains(line, " ") {
			m.text(secret, line)
		}
	}
}

func parseKey(t *testing.T, text string) *ecdsa.PrivateKey {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("this is no key in PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*ecdsa.PrivateKey)
}

// linesOf are the parts of a PEM's lines that are made of the scalar alone: the rest is the same for all keys, or public.
func linesOf(der, scalar []byte) (lines [][]byte) {
	const width = 64
	at := bytes.Index(der, scalar)
	from, to := (at*8+5)/6, (at+len(scalar))*8/6
	text := base64.StdEncoding.EncodeToString(der)
	for start := 0; start < len(text); start += width {
		if a, b := max(start, from), min(start+width, to); b-a >= 2*beginning {
			lines = append(lines, []byte(text[a:b]))
		}
	}
	return lines
}

func (m *markers) count(secret string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[secret]++
}

// forms are the ways in which a program writes bytes down.
func forms(value []byte) map[string][]byte {
	lower := hex.EncodeToString(value)
	all := map[string]string{
		"raw": string(value), "hex": lower, "HEX": strings.ToUpper(lower), "numbers": strings.Trim(fmt.Sprint(value), "[]"),
		"quoted": strings.Trim(strconv.Quote(string(value)), `"`), "query": url.QueryEscape(string(value)),
	}
	if utf8.Valid(value) {
		quoted, _ := json.Marshal(string(value))
		all["JSON"], all["HTML"] = strings.Trim(string(quoted), `"`), html.EscapeString(string(value))
	}
	for shift := range 3 {
		all[fmt.Sprint("base64 at ", shift)] = shifted(base64.RawStdEncoding, shift, value)
		all[fmt.Sprint("base64url at ", shift)] = shifted(base64.RawURLEncoding, shift, value)
	}
	found := map[string][]byte{}
	for how, text := range all {
		found[how] = []byte(text)
	}
	return found
}

// shifted is how a value shows in the base64 of a longer text, in which so many bytes of a group stand before it.
func shifted(e *base64.Encoding, shift int, value []byte) string {
	text := e.EncodeToString(append(make([]byte, shift), value...))
	return text[(shift*8+5)/6 : (shift+len(value))*8/6]
}

// in says which secrets a place holds, each once, and how they are written there.
func (m *markers) in(place string, text []byte) (found []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	seen := map[string]bool{}
	for i := 0; i+beginning <= len(text); i++ {
		for _, f := range m.begins[[beginning]byte(text[i:])] {
			if !seen[f.secret] && bytes.HasPrefix(text[i:], f.text) && !f.allowed(place) {
				seen[f.secret] = true
				found = append(found, fmt.Sprintf("%s holds %s (%s)", place, f.secret, f.how))
			}
		}
	}
	return found
}

func (f marker) allowed(place string) bool {
	return slices.ContainsFunc(f.but, func(begin string) bool { return strings.HasPrefix(place, begin) })
}

func TestASecretIsFoundInWhateverFormItIsWritten(t *testing.T) {
	t.Parallel()
	const word = "Straße & <\"Söhne\"> 100%+1"
	m := newMarkers(t)
	m.text("password", word, "allowed", "elsewhere")
	long := strings.Repeat("0123456789abcdef", 9) + "tail"
	m.text("long text", long)
	quoted, _ := json.Marshal(map[string]string{"typed": word})
	for name, text := range map[string]string{
		"as typed": word, "hex": hex.EncodeToString([]byte(word)), "HEX": fmt.Sprintf("%X", word), "query": url.Values{"p": {word}}.Encode(),
		"HTML": "<p>" + html.EscapeString(word), "JSON": string(quoted), "Go": fmt.Sprintf("%q", word), "numbers": fmt.Sprint([]byte(word)),
		"base64": base64.StdEncoding.EncodeToString([]byte("ada:" + word + "\n")), "base64url": base64.URLEncoding.EncodeToString([]byte("ab" + word)),
		"base64 alone": base64.StdEncoding.EncodeToString([]byte(word)), "cut": "bad token " + long[32:64] + "…", "end": long[len(long)-32:],
	} {
		if len(m.in(name, []byte("before "+text+" behind"))) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
	if found := m.in("allowed place", []byte(word)); len(found) != 0 {
		t.Errorf("where it may stand: %v", found)
	}
	if found := m.in("innocent", []byte(strings.Repeat("0123 Strasse & Söhne abcdef", 100))); len(found) != 0 {
		t.Errorf("where it does not stand: %v", found)
	}
}

func TestAPrivateKeyIsFoundInWhateverFormItIsWritten(t *testing.T) {
	t.Parallel()
	for _, curve := range curvesOfNoa {
		text, _ := pair(t, curve)
		m := newMarkers(t)
		m.key("key", text)
		private := parseKey(t, text)
		scalar, _ := private.Bytes()
		sec1, _ := x509.MarshalECPrivateKey(private)
		for name, written := range map[string]string{
			"PKCS #8": text, "SEC 1": string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1})),
			"half of PKCS #8": text[:len(text)/2], "DER": string(sec1), "scalar": string(scalar), "number": new(big.Int).SetBytes(scalar).String(),
			"hex": hex.EncodeToString(scalar), "one line": base64.StdEncoding.EncodeToString(sec1), "bytes": fmt.Sprint(scalar), "half": string(scalar[:len(scalar)/2]),
		} {
			if len(m.in(name, []byte(written))) == 0 {
				t.Errorf("%s, %s: not found", curve.Params().Name, name)
			}
		}
		public, err := x509.MarshalPKIXPublicKey(private.Public())
		if found := m.in("public half", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})); err != nil || len(found) != 0 {
			t.Errorf("%s: %v, %v", curve.Params().Name, found, err)
		}
	}
}
