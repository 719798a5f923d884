package keystore

import (
	"crypto/elliptic"
	"encoding/asn1"
	"slices"

	"github.com/golang-jwt/jwt/v5"
)

// A curve is one that Noa takes, with the algorithm that goes with it. Nobody
// chooses the algorithm: it follows from the key.
type curve struct {
	name   string
	oid    asn1.ObjectIdentifier
	curve  elliptic.Curve
	size   int // of a private scalar, in bytes
	method *jwt.SigningMethodECDSA
}

func curves() []curve {
	return []curve{
		{"P-256", asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}, elliptic.P256(), 32, jwt.SigningMethodES256},
		{"P-384", asn1.ObjectIdentifier{1, 3, 132, 0, 34}, elliptic.P384(), 48, jwt.SigningMethodES384},
		{"P-521", asn1.ObjectIdentifier{1, 3, 132, 0, 35}, elliptic.P521(), 66, jwt.SigningMethodES512},
	}
}

func curveByName(name string) (curve, bool) {
	return findCurve(func(c curve) bool { return c.name == name })
}

func curveByOID(oid asn1.ObjectIdentifier) (curve, bool) {
	return findCurve(func(c curve) bool { return c.oid.Equal(oid) })
}

func findCurve(match func(curve) bool) (curve, bool) {
	all := curves()
	i := slices.IndexFunc(all, match)
	if i < 0 {
		return curve{}, false
	}
	return all[i], true
}
