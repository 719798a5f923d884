package sandbox

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// leeway is how long an access token is still taken after its end.
const leeway = 10 * time.Second

// A caller is a client application with the scopes of its token, or a
// person. A nil caller is anonymous.
type caller struct {
	user         string   // uuid; a client application has an internal one
	organization string   // the caller sees it and its descendants
	scopes       []string // of a client application
	person       *person  // nil for a client application
}

// accessClaims are what the token service tells the API. Of a person's
// token the API reads only whose it is.
type accessClaims struct {
	jwt.RegisteredClaims
	User         string   `json:"user_id"`
	Organization string   `json:"organization"`
	Scopes       []string `json:"scopes"`
}

// authenticate reads the Authorization header. A scheme other than JWT
// counts as none at all.
func (s *Sandbox) authenticate(r *http.Request) (*caller, error) {
	words := strings.Fields(r.Header.Get("Authorization"))
	if len(words) == 0 || !strings.EqualFold(words[0], "JWT") {
		return nil, nil
	}
	switch len(words) {
	case 1:
		return nil, authenticationFailed("Invalid Authorization header. No credentials provided.")
	case 2:
		return s.callerOf(words[1])
	}
	return nil, authenticationFailed("Invalid Authorization header. Credentials string should not contain spaces.")
}

func (s *Sandbox) callerOf(token string) (*caller, error) {
	var claims accessClaims
	if _, err := s.tokenParser().ParseWithClaims(token, &claims, s.tokenSecret); err != nil {
		return nil, tokenProblem(err)
	}
	switch {
	case !strings.HasPrefix(claims.Issuer, "sts"):
		return s.personCalling(claims.User)
	case claims.Issuer != "sts":
		return nil, authenticationFailed("Unexpected JWT iss for STS (expected sts)")
	}
	known := s.clients[clientName{claims.Organization, claims.User}]
	if known == nil {
		return nil, authenticationFailed("Invalid client application account.")
	}
	return &caller{user: known.user, organization: known.organization, scopes: claims.Scopes}, nil
}

func (s *Sandbox) personCalling(uuid string) (*caller, error) {
	p := s.person(func(p *person) bool { return p.uuid == uuid })
	if p == nil {
		return nil, authenticationFailed("Invalid user account.")
	}
	return &caller{user: p.uuid, organization: p.organization, person: p}, nil
}

func (s *Sandbox) tokenParser() *jwt.Parser {
	return jwt.NewParser(jwt.WithTimeFunc(s.now), jwt.WithLeeway(leeway), jwt.WithIssuedAt())
}

// tokenSecret gives the secret to HS512 only, so that an assertion sent as
// a token is another failure than a wrong signature.
func (s *Sandbox) tokenSecret(t *jwt.Token) (any, error) {
	if t.Method != jwt.SigningMethodHS512 {
		return nil, errors.New("sandbox: not HS512")
	}
	return s.secret, nil
}

func tokenProblem(err error) error {
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed), errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return authenticationFailed("Error decoding signature.")
	case errors.Is(err, jwt.ErrTokenExpired):
		return authenticationFailed("Signature has expired.")
	}
	return authenticationFailed("Incorrect authentication credentials.")
}

// may says whether the token holds the scope. Noa goes through the scopes
// in order and stops at the first one that it does not know. No scope limits
// a person, whose role counts instead.
func (c *caller) may(scope string) bool {
	if c.person != nil {
		return scope != managingClients || c.person.operates()
	}
	for _, have := range c.scopes {
		switch {
		case !slices.Contains(knownScopes, have):
			return false
		case have == scope:
			return true
		}
	}
	return false
}

// mayAnything is the right that OPTIONS asks for: any known scope.
func (c *caller) mayAnything() bool {
	return c.person != nil || len(c.scopes) > 0 && slices.Contains(knownScopes, c.scopes[0])
}
