package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pair makes a key as a client application has it: PEM, and the fingerprint of its public half.
func pair(t *testing.T, curve elliptic.Curve) (text, fingerprint string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(spki)
	return private(t, key), hex.EncodeToString(sum[:])
}

func private(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func newOrg(t *testing.T) *shell {
	t.Helper()
	s := newShell(t)
	s.do("org", "add", "--uuid", berlin, "--name", "Berlin")
	return s
}

func TestTheFirstImportedKeyIsActive(t *testing.T) {
	t.Parallel()
	s := newOrg(t)
	for i, c := range []struct {
		curve elliptic.Curve
		name  string
		state string
	}{{elliptic.P384(), "P-384", "active"}, {elliptic.P256(), "P-256", "ready"}, {elliptic.P521(), "P-521", "ready"}} {
		text, fingerprint := pair(t, c.curve)
		s.run(text, "key", "import", "--org", "berlin", "--client", "desk", "-").exits(exitDone).
			says(c.name, grouped(fingerprint), c.state)
		row := parse[[]keyRow](s.do("key", "list", "--org", "berlin", "--json"))
		if len(row) != i+1 {
			t.Fatalf("got %+v", row)
		}
	}
	s.do("key", "list").says("berlin", "desk", "P-521", "never")
}

func TestAKeyThatIsThereAlready(t *testing.T) {
	t.Parallel()
	s := newOrg(t)
	text, _ := pair(t, elliptic.P384())
	file := s.write("key.pem", text)
	s.do("key", "import", "--org", "berlin", "--client", "desk", file)
	s.do("key", "import", "--org", berlin, "--client", "other", file).says("already", "client name desk")
	if keys := parse[[]keyRow](s.do("key", "list", "--json")); len(keys) != 1 || keys[0].Client != "desk" {
		t.Errorf("got %+v", keys)
	}
}

func TestWhatIsNoKeyIsRefused(t *testing.T) {
	t.Parallel()
	s := newOrg(t)
	good, _ := pair(t, elliptic.P384())
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p224, _ := pair(t, elliptic.P224())
	before := s.data()["noadesk.db"]
	for name, text := range map[string]string{
		"nothing": "", "noise": strings.Repeat("noise", 2<<20), "RSA": private(t, weak), "Ed25519": private(t, edwards),
		"P-224": p224, "two keys": good + good, "trailing junk": good + "junk", "half a key": good[:len(good)/2],
		"a public key": strings.ReplaceAll(good, "PRIVATE", "PUBLIC"), "a certificate": strings.ReplaceAll(good, "PRIVATE KEY", "CERTIFICATE"),
	} {
		got := s.run("", "key", "import", "--org", "berlin", "--client", "desk", s.write("wrong.pem", text)).exits(exitInput).sentence()
		if len(text) > 100 && strings.Contains(got.err, text[60:90]) {
			t.Errorf("%s: the sentence repeats the input", name)
		}
	}
	s.run("", "key", "import", "--org", "berlin", "--client", "desk", filepath.Join(s.dir, "missing")).exits(exitInput).sentence()
	s.run("", "key", "import", "--org", "berlin", "--client", "desk", s.dir).exits(exitInput).sentence()
	s.run(good, "key", "import", "--org", "nowhere", "--client", "desk", "-").exits(exitInput).sentence()
	s.run(good, "key", "import", "--org", "berlin", "--client", "", "-").exits(exitInput).sentence()
	if before != s.data()["noadesk.db"] || strings.TrimSpace(s.do("key", "list", "--json").out) != "[]" {
		t.Error("a refused key left something behind")
	}
}

func TestAnEncryptedKeyNeedsItsPassphrase(t *testing.T) {
	t.Parallel()
	s := newOrg(t)
	text, fingerprint := pair(t, elliptic.P384())
	plain, encrypted := s.write("plain.pem", text), filepath.Join(s.dir, "encrypted.pem")
	out, err := exec.Command("openssl", "pkcs8", "-topk8", "-in", plain, "-out", encrypted, "-passout", "pass:open sesame").CombinedOutput()
	if err != nil {
		t.Fatalf("openssl: %v\n%s", err, out)
	}
	line := []string{"key", "import", "--org", "berlin", "--client", "desk", encrypted}
	s.run("", line...).exits(exitInput).sentence()
	s.run("", append(line, "--passphrase-file", s.write("wrong", "open barley\n"))...).exits(exitInput).sentence()
	s.run("", append(line, "--passphrase-file", filepath.Join(s.dir, "missing"))...).exits(exitInput).sentence()
	s.run("", append(line, "--passphrase-file", s.write("right", "open sesame\n"))...).exits(exitDone).says(grouped(fingerprint))

	typed := newOrg(t)
	typed.ask = func(string) ([]byte, error) { return []byte("open sesame"), nil }
	typed.do(line...).says(grouped(fingerprint))
	piped, err := os.ReadFile(encrypted)
	if err != nil {
		t.Fatal(err)
	}
	typed.run(string(piped), "key", "import", "--org", "berlin", "--client", "desk", "-").exits(exitInput).sentence()
}

func TestAPairMadeHereShowsItsPublicHalf(t *testing.T) {
	t.Parallel()
	s := newOrg(t)
	for _, curve := range []string{"P-256", "P-384", "P-521"} {
		got := s.do("key", "generate", "--org", "berlin", "--client", "desk", "--curve", curve)
		block, rest := pem.Decode([]byte(got.out))
		if block == nil || len(rest) > 0 {
			t.Fatalf("standard output is not one PEM block: %q", got.out)
		}
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if public, ok := key.(*ecdsa.PublicKey); err != nil || !ok || public.Curve.Params().Name != curve {
			t.Errorf("%s: got %T, %v", curve, key, err)
		}
		got.says("key prove")
	}
	for _, key := range parse[[]keyRow](s.do("key", "list", "--json")) {
		if key.State != "unproved" {
			t.Errorf("got %+v", key)
		}
	}
	s.run("", "key", "generate", "--org", "berlin", "--client", "desk", "--curve", "P-224").exits(exitUsage).sentence()
}

func TestAKeyIsFoundByTheBeginningOfItsFingerprint(t *testing.T) {
	t.Parallel()
	s := newOrg(t)
	text, fingerprint := pair(t, elliptic.P384())
	s.run(text, "key", "import", "--org", "berlin", "--client", "desk", "-").exits(exitDone)
	for _, words := range [][]string{{fingerprint[:6]}, {strings.Repeat("0", 64)}, {"not hex"}} {
		s.run("", append([]string{"key", "retire"}, words...)...).exits(exitInput).sentence()
	}
	s.do("key", "switch", fingerprint[:16]).says("active")
	s.do("key", "rename", fingerprint[:16], "--client", "the desk").says("the desk")
	s.run("", "key", "retire", fingerprint).exits(exitInput).sentence().says("active")

	text, fingerprint = pair(t, elliptic.P384())
	s.run(text, "key", "import", "--org", "berlin", "--client", "desk", "-").exits(exitDone).says("ready")
	s.run("", "key", "switch", fingerprint[:8]).exits(exitInput).sentence().says("proved")
	s.do(append([]string{"key", "retire"}, strings.Fields(grouped(fingerprint[:12]))...)...).says("retired")
	states := map[string]int{}
	for _, key := range parse[[]keyRow](s.do("key", "list", "--json")) {
		states[key.State]++
	}
	if diff := cmp.Diff(map[string]int{"active": 1, "retired": 1}, states); diff != "" {
		t.Error(diff)
	}
}
