package keystore

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidECKey       = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	tagParameters  = tags.Tag(0).ContextSpecific().Constructed()
	tagPublicKey   = tags.Tag(1).ContextSpecific().Constructed()
	errDER         = refuse("The PEM does not hold a private key in the form it says.")
	errNoCanonical = refuse("The key is not written in the one canonical way (DER); rewrite it with: openssl pkey -in key.pem -out new.pem")
)

// parsePKCS8 reads a PrivateKeyInfo (RFC 5208) that holds an elliptic curve key.
func parsePKCS8(der []byte) (*ecdsa.PrivateKey, error) {
	input, info := cryptobyte.String(der), cryptobyte.String(nil)
	var version int
	if !input.ReadASN1(&info, tags.SEQUENCE) || !info.ReadASN1Integer(&version) {
		return nil, errDER
	}
	if !input.Empty() {
		return nil, refuse("There is something behind the key within its PEM.")
	}
	var algorithm, inner cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !info.ReadASN1(&algorithm, tags.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&oid) {
		return nil, errDER
	}
	if !oid.Equal(oidECKey) {
		return nil, refuseAlgorithmOID(oid)
	}
	c, err := readCurve(algorithm)
	if err != nil {
		return nil, err
	}
	if !info.ReadASN1(&inner, tags.OCTET_STRING) {
		return nil, errDER
	}
	if version != 0 || !info.Empty() {
		return nil, refuse("The key carries further attributes; leave them off with: openssl ec -in key.pem -out plain.pem")
	}
	key, err := readECKey(inner, &c)
	if err != nil {
		return nil, err
	}
	return key.private(wrapPKCS8(c, key.encode()), der)
}

func wrapPKCS8(c curve, inner []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidECKey)
			b.AddASN1ObjectIdentifier(c.oid)
		})
		b.AddASN1OctetString(inner)
	})
	return b.BytesOrPanic()
}

// parseSEC1 reads an ECPrivateKey (RFC 5915) that names its curve.
func parseSEC1(der []byte) (*ecdsa.PrivateKey, error) {
	key, err := readECKey(der, nil)
	if err != nil {
		return nil, err
	}
	return key.private(key.encode(), der)
}

// readCurve reads the parameters of an algorithm: the name of one of our curves.
func readCurve(parameters cryptobyte.String) (curve, error) {
	var oid asn1.ObjectIdentifier
	switch {
	case parameters.Empty() || parameters.PeekASN1Tag(tags.NULL):
		return curve{}, refuse("The key does not name its curve.")
	case parameters.PeekASN1Tag(tags.SEQUENCE):
		return curve{}, refuseExplicit()
	case !parameters.ReadASN1ObjectIdentifier(&oid) || !parameters.Empty():
		return curve{}, errDER
	}
	c, ok := curveByOID(oid)
	if !ok {
		return curve{}, refuseCurve(oid)
	}
	return c, nil
}

// An ecKey is an ECPrivateKey as it was written, with what is optional in it.
type ecKey struct {
	curve  curve
	named  bool // it names its curve itself
	scalar []byte
	public []byte // nil if it has none
}

// readECKey reads an ECPrivateKey. Its curve may be known from outside; the one
// that it names itself has to be the same.
func readECKey(der []byte, outer *curve) (ecKey, error) {
	input, body := cryptobyte.String(der), cryptobyte.String(nil)
	var version int
	var scalar cryptobyte.String
	if !input.ReadASN1(&body, tags.SEQUENCE) || !body.ReadASN1Integer(&version) || version != 1 || !body.ReadASN1(&scalar, tags.OCTET_STRING) {
		return ecKey{}, errDER
	}
	if !input.Empty() {
		return ecKey{}, refuse("There is something behind the key within its PEM.")
	}
	key := ecKey{scalar: scalar}
	if err := key.readParameters(&body, outer); err != nil {
		return ecKey{}, err
	}
	if err := key.readPublic(&body); err != nil {
		return ecKey{}, err
	}
	if !body.Empty() {
		return ecKey{}, errDER
	}
	return key, nil
}

func (k *ecKey) readParameters(body *cryptobyte.String, outer *curve) error {
	var parameters cryptobyte.String
	if !body.ReadOptionalASN1(&parameters, &k.named, tagParameters) {
		return errDER
	}
	if !k.named {
		if outer == nil {
			return refuse("The key does not name its curve.")
		}
		k.curve = *outer
		return nil
	}
	c, err := readCurve(parameters)
	if err != nil {
		return err
	}
	if outer != nil && outer.name != c.name {
		return refuse("The key names two different curves.")
	}
	k.curve = c
	return nil
}

func (k *ecKey) readPublic(body *cryptobyte.String) error {
	var wrapped cryptobyte.String
	var there bool
	if !body.ReadOptionalASN1(&wrapped, &there, tagPublicKey) {
		return errDER
	}
	if there && (!wrapped.ReadASN1BitStringAsBytes(&k.public) || !wrapped.Empty()) {
		return errDER
	}
	return nil
}

// encode writes the key in the canonical way, with what it had of the optional parts.
func (k *ecKey) encode() []byte {
	var b cryptobyte.Builder
	b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1OctetString(k.scalar)
		if k.named {
			b.AddASN1(tagParameters, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(k.curve.oid) })
		}
		if k.public != nil {
			b.AddASN1(tagPublicKey, func(b *cryptobyte.Builder) { b.AddASN1BitString(k.public) })
		}
	})
	return b.BytesOrPanic()
}

// private makes the key usable, if it was written as it should be and is sound.
func (k *ecKey) private(canonical, given []byte) (*ecdsa.PrivateKey, error) {
	defer clear(canonical)
	if len(k.scalar) != k.curve.size {
		return nil, refuse("The private number does not have the length that its curve asks for.")
	}
	if !bytes.Equal(canonical, given) {
		return nil, errNoCanonical
	}
	if !k.inRange() {
		return nil, refuseRange()
	}
	private, err := ecdsa.ParseRawPrivateKey(k.curve.curve, k.scalar)
	if err != nil {
		return nil, refuseRange() // the parser's words could repeat what it read
	}
	if k.public != nil && !isPublicOf(private, k.public) {
		return nil, refuse("The public key that the file carries does not belong to its private key.")
	}
	return private, tryOut(private)
}

// inRange leaves out 1 and n-1 too, which are in range but give the key away.
func (k *ecKey) inRange() bool {
	d := new(big.Int).SetBytes(k.scalar)
	defer clear(d.Bits())
	last := new(big.Int).Sub(k.curve.curve.Params().N, big.NewInt(1))
	return d.Cmp(big.NewInt(1)) > 0 && d.Cmp(last) < 0
}

// isPublicOf compares a point in any of its three forms: uncompressed,
// compressed or both at once.
func isPublicOf(private *ecdsa.PrivateKey, point []byte) bool {
	whole, err := private.PublicKey.Bytes()
	if err != nil || len(point) == 0 {
		return false
	}
	odd := whole[len(whole)-1] & 1
	switch point[0] {
	case 2, 3:
		x := whole[1 : 1+len(whole)/2]
		return bytes.Equal(point, append([]byte{2 + odd}, x...))
	case 6, 7:
		return bytes.Equal(point, append([]byte{6 + odd}, whole[1:]...))
	}
	return bytes.Equal(point, whole)
}

// tryOut signs and verifies once, before the key is believed.
func tryOut(private *ecdsa.PrivateKey) error {
	digest := sha256.Sum256([]byte("noadesk"))
	signature, err := ecdsa.SignASN1(rand.Reader, private, digest[:])
	if err != nil || !ecdsa.VerifyASN1(&private.PublicKey, digest[:], signature) {
		return refuse("The key does not make signatures that hold.")
	}
	return nil
}

// checkParameters holds an EC PARAMETERS block against the key that it precedes.
func checkParameters(parameters []byte, private *ecdsa.PrivateKey) error {
	if parameters == nil {
		return nil
	}
	c, err := readCurve(parameters)
	if err != nil {
		return err
	}
	if c.curve != private.Curve {
		return refuse("The key names two different curves.")
	}
	return nil
}
