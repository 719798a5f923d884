package keystore

import (
	"context"
	"crypto/ecdsa"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// Sign signs claims with the key of that fingerprint, with the algorithm that
// goes with its curve. The key is opened for this signature alone.
func (k *Keys) Sign(ctx context.Context, fingerprint string, claims jwt.Claims) (string, error) {
	r, err := k.record(ctx, fingerprint)
	if err != nil {
		return "", err
	}
	if r.State == Retired {
		return "", ErrRetired
	}
	var text string
	err = k.unseal(r, func(private *ecdsa.PrivateKey) error {
		text, err = signed(r.Curve, private, claims)
		return err
	})
	if err != nil {
		return "", err
	}
	k.Use(ctx, fingerprint)
	return text, nil
}

func signed(curve string, private *ecdsa.PrivateKey, claims jwt.Claims) (string, error) {
	c, ok := curveByName(curve)
	if !ok || private.Curve != c.curve {
		return "", fmt.Errorf("%w: not the curve of its row", ErrDamaged)
	}
	return jwt.NewWithClaims(c.method, claims).SignedString(private)
}

// wipe overwrites what it can reach of a private key. Copies that the library
// made stay until the collector gets to them; this shortens their number.
func wipe(private *ecdsa.PrivateKey) {
	//lint:ignore SA1019 the key is thrown away, so that it need not stay valid
	if d := private.D; d != nil {
		clear(d.Bits())
	}
}
