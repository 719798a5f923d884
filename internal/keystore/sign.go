package keystore

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"noadesk/internal/store"
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
	k.noteUse(ctx, fingerprint)
	return text, nil
}

func signed(curve string, private *ecdsa.PrivateKey, claims jwt.Claims) (string, error) {
	c, ok := curveByName(curve)
	if !ok || private.Curve != c.curve {
		return "", fmt.Errorf("%w: not the curve of its row", ErrDamaged)
	}
	return jwt.NewWithClaims(c.method, claims).SignedString(private)
}

// noteUse writes down, once a minute, that a key is in use. A signature is not
// refused because that cannot be written: storage may be read-only or busy.
func (k *Keys) noteUse(ctx context.Context, fingerprint string) {
	now := k.now()
	if !k.noteDue(fingerprint, now) {
		return
	}
	_ = k.db.Bookkeep(ctx, func(tx *store.Tx) error {
		return tx.ExpectOne(`UPDATE signing_keys SET last_used = $1 WHERE fingerprint = $2`, now.UnixMilli(), fingerprint)
	})
}

func (k *Keys) noteDue(fingerprint string, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if last, ok := k.noted[fingerprint]; ok && now.Sub(last) < time.Minute {
		return false
	}
	k.noted[fingerprint] = now
	return true
}

// wipe overwrites what it can reach of a private key. Copies that the library
// made stay until the collector gets to them; this shortens their number.
func wipe(private *ecdsa.PrivateKey) {
	//lint:ignore SA1019 the key is thrown away, so that it need not stay valid
	if d := private.D; d != nil {
		clear(d.Bits())
	}
}
