package keystore

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	ours "github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

// said is what the desk says in an assertion, as another library reads it.
type said struct {
	Organization string `json:"organization"`
	jwt.Claims
}

// TestAnotherLibraryVerifiesWhatTheDeskSigns holds the signatures against go-jose,
// which shares no code with the library that makes them.
func TestAnotherLibraryVerifiesWhatTheDeskSigns(t *testing.T) {
	t.Parallel()
	keys, _, _ := newKeys(t)
	for curve, algorithm := range map[string]jose.SignatureAlgorithm{"P-256": jose.ES256, "P-384": jose.ES384, "P-521": jose.ES512} {
		t.Run(curve, func(t *testing.T) {
			key, other := generate(t, keys, fleet, curve), generate(t, keys, fleet, curve)
			now := time.Now().Truncate(time.Second)
			token := parseWithJose(t, signAssertion(t, keys, key, now), algorithm)
			var got said
			if err := token.Claims(publicKey(t, key), &got); err != nil {
				t.Fatalf("go-jose refuses the signature: %v", err)
			}
			want := said{fleet, jwt.Claims{Issuer: "desk", IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Minute))}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("go-jose reads other claims: %s", diff)
			}
			if err := token.Claims(publicKey(t, other), &said{}); err == nil {
				t.Error("go-jose takes the signature for another key's")
			}
		})
	}
}

// TestAnotherLibraryAcceptsNoOtherAlgorithm holds that the curve alone says how the desk signs.
func TestAnotherLibraryAcceptsNoOtherAlgorithm(t *testing.T) {
	t.Parallel()
	keys, _, _ := newKeys(t)
	others := map[string][]jose.SignatureAlgorithm{
		"P-256": {jose.ES384, jose.ES512, jose.HS256, jose.RS256},
		"P-384": {jose.ES256, jose.ES512, jose.HS384, jose.RS384},
		"P-521": {jose.ES256, jose.ES384, jose.HS512, jose.PS512},
	}
	for curve, algorithms := range others {
		text := signAssertion(t, keys, generate(t, keys, fleet, curve), time.Now())
		if _, err := jwt.ParseSigned(text, algorithms); err == nil {
			t.Errorf("%s: signed with one of %v", curve, algorithms)
		}
	}
}

// TestAnotherLibraryRefusesAChangedAssertion holds that the check above can fail at every part of an assertion.
func TestAnotherLibraryRefusesAChangedAssertion(t *testing.T) {
	t.Parallel()
	keys, _, _ := newKeys(t)
	key := generate(t, keys, fleet, "")
	text := signAssertion(t, keys, key, time.Now())
	public := publicKey(t, key)
	for at := range text {
		if text[at] == '.' {
			continue
		}
		changed := []byte(text)
		changed[at] = map[bool]byte{true: 'B', false: 'A'}[text[at] == 'A']
		token, err := jwt.ParseSigned(string(changed), []jose.SignatureAlgorithm{jose.ES384})
		if err == nil {
			err = token.Claims(public, &said{})
		}
		if err == nil {
			t.Fatalf("character %d may be changed", at)
		}
	}
}

func signAssertion(t *testing.T, keys *Keys, key Key, now time.Time) string {
	t.Helper()
	text, err := keys.Sign(context.Background(), key.Fingerprint, ours.MapClaims{
		"iss": "desk", "organization": key.Organisation, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parseWithJose(t *testing.T, text string, algorithm jose.SignatureAlgorithm) *jwt.JSONWebToken {
	t.Helper()
	token, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{algorithm})
	if err != nil {
		t.Fatal(err)
	}
	if len(token.Headers) != 1 || token.Headers[0].Algorithm != string(algorithm) {
		t.Fatalf("signed with %+v, want %s", token.Headers, algorithm)
	}
	return token
}

// publicKey is the public half as a page shows it, read by the standard library.
func publicKey(t *testing.T, key Key) any {
	t.Helper()
	block, rest := pem.Decode([]byte(key.PublicPEM))
	if block == nil || block.Type != "PUBLIC KEY" || len(rest) > 0 {
		t.Fatalf("not one public key in PEM: %q", key.PublicPEM)
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return public
}
