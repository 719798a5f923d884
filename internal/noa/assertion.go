package noa

import (
	"context"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The life of an assertion. It begins a little in the past, for a service
// whose clock is behind, and is exactly as long as Noa's samples have it.
const (
	assertionPast = 10 * time.Second
	assertionLife = 10 * time.Minute
)

// assertion is what a client application says to get a token: four claims
// and no other. The registered ones that are not set are left out.
type assertion struct {
	Organization string `json:"organization"`
	jwt.RegisteredClaims
}

// sign makes an assertion as of the token service's now.
func (n *Noa) sign(ctx context.Context, c Credential, now time.Time) (string, error) {
	issued := now.Add(-assertionPast).Truncate(time.Second)
	return n.signer.Sign(ctx, c.Fingerprint, assertion{
		Organization: c.Organization,
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    c.Client,
			IssuedAt:  jwt.NewNumericDate(issued),
			ExpiresAt: jwt.NewNumericDate(issued.Add(assertionLife)),
		},
	})
}
