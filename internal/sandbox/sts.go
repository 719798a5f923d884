package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	maxAssertionBody = 64 << 10
	clockAhead       = 60 * time.Second // how far iat may lie ahead
	maxAssertionLife = time.Hour
)

// A grantError is the token service's own error shape.
type grantError struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// Error is the code; the description is for the answer.
func (e *grantError) Error() string { return "sandbox: token service: " + e.Code }

func invalidRequest(why string) error {
	return &grantError{http.StatusBadRequest, "invalid_request", why}
}

func invalidGrant(why string) error {
	return &grantError{http.StatusBadRequest, "invalid_grant", why}
}

// unauthorized has no description: it does not tell an unknown client
// application from a wrong signature.
func unauthorized() error { return &grantError{http.StatusUnauthorized, "unauthorized", ""} }

type assertionClaims struct {
	jwt.RegisteredClaims
	Organization string `json:"organization"`
}

// token answers POST /jwt: an access token for an assertion. The body is
// read as JSON whatever its content type.
func (s *Sandbox) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Date", s.date())
	access, err := s.exchange(r)
	var refused *grantError
	if errors.As(err, &refused) {
		s.log().Debug("token refused", "status", refused.status, "code", refused.Code)
		w.WriteHeader(refused.status)
		_ = json.NewEncoder(w).Encode(refused)
		return
	}
	s.log().Debug("token issued")
	_ = json.NewEncoder(w).Encode(map[string]string{"jwt": access})
}

func (s *Sandbox) exchange(r *http.Request) (string, error) {
	if r.Method != http.MethodPost {
		return "", &grantError{http.StatusMethodNotAllowed, "invalid_request", "Only POST is answered here."}
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxAssertionBody))
	if err != nil {
		return "", invalidRequest("The body could not be read.")
	}
	assertion, err := readAssertion(body)
	if err != nil {
		return "", err
	}
	known, err := s.verifyAssertion(assertion)
	if err != nil {
		return "", err
	}
	return s.issue(known)
}

func readAssertion(body []byte) (string, error) {
	var request struct {
		Assertion *string `json:"assertion"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return "", invalidRequest("The body is not a JSON object.")
	}
	if request.Assertion == nil || *request.Assertion == "" {
		return "", invalidRequest("The assertion is missing.")
	}
	return *request.Assertion, nil
}

// verifyAssertion finds the client application that signed.
func (s *Sandbox) verifyAssertion(assertion string) (*client, error) {
	var claims assertionClaims
	token, parts, err := jwt.NewParser().ParseUnverified(assertion, &claims)
	if err != nil {
		return nil, unauthorized()
	}
	s.mu.RLock()
	known := s.clients[clientName{claims.Organization, claims.Issuer}]
	s.mu.RUnlock()
	if known == nil {
		return nil, unauthorized()
	}
	signature, err := jwt.NewParser().DecodeSegment(parts[2])
	if err != nil || !s.signed(token.Method.Alg(), parts[0]+"."+parts[1], signature, known.key) {
		return nil, unauthorized()
	}
	return known, s.checkTimes(claims)
}

// signed wants the algorithm of the key's curve. Behind a switch the label
// ES512 will do for P-384 as well.
func (s *Sandbox) signed(label, text string, signature []byte, key *ecdsa.PublicKey) bool {
	if label == algorithm(key.Curve) {
		return jwt.GetSigningMethod(label).Verify(text, signature, key) == nil
	}
	half := len(signature) / 2 // 48 bytes, or 66 where the signer went by the label
	if label != "ES512" || key.Curve != elliptic.P384() || !s.settings().LooseES512 || half != 48 && half != 66 {
		return false
	}
	sum := sha512.Sum512([]byte(text))
	return ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]))
}

func (s *Sandbox) checkTimes(claims assertionClaims) error {
	now := s.now()
	switch {
	case claims.IssuedAt == nil || claims.ExpiresAt == nil:
		return invalidGrant("The assertion needs iat and exp.")
	case !claims.ExpiresAt.After(now):
		return invalidGrant("The assertion has expired.")
	case claims.IssuedAt.After(now.Add(clockAhead)):
		return invalidGrant("The assertion was issued in the future.")
	case claims.ExpiresAt.Sub(claims.IssuedAt.Time) > maxAssertionLife:
		return invalidGrant("The assertion is valid for too long.")
	}
	return nil
}

func (s *Sandbox) issue(known *client) (string, error) {
	now := s.now()
	return jwt.NewWithClaims(jwt.SigningMethodHS512, jwt.MapClaims{
		"iss":          "sts",
		"user_id":      known.name,
		"organization": known.organization,
		"scopes":       append([]string{}, known.scopes...), // [] rather than null
		"iat":          now.Unix(),
		"exp":          now.Add(s.settings().TokenLife).Unix(),
	}).SignedString(s.secret)
}
