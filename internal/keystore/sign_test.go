package keystore

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func sign(keys *Keys, key Key) (string, error) {
	return keys.Sign(context.Background(), key.Fingerprint, jwt.MapClaims{"iss": "desk", "organization": key.Organisation})
}

var curveNamesOfNoa = []string{"P-256", "P-384", "P-521"}

func TestSignaturesVerify(t *testing.T) {
	t.Parallel()
	keys, _, _ := newKeys(t)
	algorithms := map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
	for _, name := range curveNamesOfNoa {
		key := generate(t, keys, fleet, name)
		text, err := sign(keys, key)
		if err != nil {
			t.Fatal(err)
		}
		token, err := jwt.Parse(text, func(*jwt.Token) (any, error) {
			block, _ := pem.Decode([]byte(key.PublicPEM))
			return x509.ParsePKIXPublicKey(block.Bytes)
		}, jwt.WithValidMethods([]string{algorithms[name]}))
		if err != nil || !token.Valid || key.Algorithm != algorithms[name] {
			t.Errorf("%s: %v, algorithm %s", name, err, key.Algorithm)
		}
		verifyWithOpenSSL(t, key, text)
	}
}

// verifyWithOpenSSL writes the signature in openssl's form, which is DER.
func verifyWithOpenSSL(t *testing.T, key Key, text string) {
	t.Helper()
	i := strings.LastIndexByte(text, '.')
	raw, err := base64.RawURLEncoding.DecodeString(text[i+1:])
	if err != nil {
		t.Fatal(err)
	}
	half := len(raw) / 2
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:half]), new(big.Int).SetBytes(raw[half:])})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "public.pem", []byte(key.PublicPEM))
	write(t, dir, "signature", der)
	write(t, dir, "text", []byte(text[:i]))
	digest := map[string]string{"P-256": "-sha256", "P-384": "-sha384", "P-521": "-sha512"}[key.Curve]
	openssl(t, dir, "dgst", digest, "-verify", "public.pem", "-signature", "signature", "text")
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// openssl runs in a folder and gives what it printed.
func openssl(t testing.TB, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Dir = dir
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		t.Fatalf("openssl %s: %v: %s", strings.Join(args, " "), err, problem.String())
	}
	return out.Bytes()
}

func TestFingerprintIsWhatOpenSSLComputes(t *testing.T) {
	t.Parallel()
	keys, _, _ := newKeys(t)
	key := generate(t, keys, fleet, "")
	dir := t.TempDir()
	write(t, dir, "public.pem", []byte(key.PublicPEM))
	write(t, dir, "public.der", openssl(t, dir, "pkey", "-pubin", "-in", "public.pem", "-outform", "DER"))
	sum := openssl(t, dir, "dgst", "-sha256", "-r", "public.der")
	if got, _, _ := strings.Cut(string(sum), " "); got != key.Fingerprint {
		t.Errorf("openssl says %s, we say %s", got, key.Fingerprint)
	}
	if key.Curve != "P-384" {
		t.Errorf("a pair is made on %s if no curve is named", key.Curve)
	}
}

func TestRetiredKeysDoNotSign(t *testing.T) {
	t.Parallel()
	keys, _, _ := newKeys(t)
	key := generate(t, keys, fleet, "P-256")
	if err := keys.Retire(context.Background(), someone, key.Fingerprint); err != nil {
		t.Fatal(err)
	}
	if _, err := sign(keys, key); !errors.Is(err, ErrRetired) {
		t.Errorf("got %v", err)
	}
	key.Fingerprint = strings.Repeat("0", 64)
	if _, err := sign(keys, key); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown key: %v", err)
	}
}

func TestUseIsNotedOnceAMinute(t *testing.T) {
	t.Parallel()
	keys, _, _ := newKeys(t)
	key := generate(t, keys, fleet, "P-256")
	start := time.UnixMilli(1_800_000_000_000).UTC()
	for _, step := range []struct{ at, want time.Duration }{{0, 0}, {30 * time.Second, 0}, {time.Minute, time.Minute}} {
		keys.now = func() time.Time { return start.Add(step.at) }
		if _, err := sign(keys, key); err != nil {
			t.Fatal(err)
		}
		got, err := keys.Key(context.Background(), fleet, key.Fingerprint)
		if err != nil || !got.LastUsed.Equal(start.Add(step.want)) {
			t.Errorf("after %s: last used %s, %v", step.at, got.LastUsed, err)
		}
	}
}

func TestFilesHoldNothingOfAPrivateKey(t *testing.T) {
	t.Parallel()
	keys, db, mk := newKeys(t)
	s, _ := newSketch(t, curves()[1])
	text := asPEM("PRIVATE KEY", s.pkcs8())
	key, _, err := keys.Import(context.Background(), someone, fleet, "desk", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	assertion, err := sign(keys, key)
	if err != nil {
		t.Fatal(err)
	}
	half := len(s.scalar) / 2
	markers := [][]byte{
		s.scalar[:half], s.scalar[half:], []byte(hex.EncodeToString(s.scalar)), text[40:70], mk.bytes(),
		[]byte(mk.text()[13:40]), []byte(assertion[len(assertion)-20:]),
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(db.Path()), "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, marker := range markers {
			if bytes.Contains(data, marker) {
				t.Errorf("%s holds marker %d", filepath.Base(name), i)
			}
		}
	}
}
