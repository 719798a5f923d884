package keystore

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

// A sketch is a PKCS#8 key that a test writes as it likes.
type sketch struct {
	version    int64
	outer      []byte // parameters of the algorithm, in DER
	scalar     []byte
	parameters []byte // of the key itself, in DER; nil for none
	public     []byte // nil for none
	attributes []byte
	tail       []byte // within the key's own sequence
	inner      int64  // version of the key itself
}

func oidDER(t testing.TB, oid asn1.ObjectIdentifier) []byte {
	t.Helper()
	der, err := asn1.Marshal(oid)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func newSketch(t testing.TB, c curve) (sketch, *ecdsa.PrivateKey) {
	t.Helper()
	private, err := ecdsa.GenerateKey(c.curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	scalar, err := private.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return sketch{outer: oidDER(t, c.oid), scalar: scalar, inner: 1}, private
}

func (s sketch) sec1() []byte {
	var b cryptobyte.Builder
	b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(s.inner)
		b.AddASN1OctetString(s.scalar)
		if s.parameters != nil {
			b.AddASN1(tagParameters, func(b *cryptobyte.Builder) { b.AddBytes(s.parameters) })
		}
		if s.public != nil {
			b.AddASN1(tagPublicKey, func(b *cryptobyte.Builder) { b.AddASN1BitString(s.public) })
		}
		b.AddBytes(s.tail)
	})
	return b.BytesOrPanic()
}

func (s sketch) pkcs8() []byte {
	var b cryptobyte.Builder
	b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(s.version)
		b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidECKey)
			b.AddBytes(s.outer)
		})
		b.AddASN1OctetString(s.sec1())
		b.AddBytes(s.attributes)
	})
	return b.BytesOrPanic()
}

func asPEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// What libraries leave out and put in differs: Java writes neither part, Go
// the public key, BouncyCastle both, OpenSSL's PKCS#8 the public key.
func TestOptionalPartsMayBeThereOrNot(t *testing.T) {
	t.Parallel()
	for _, c := range curves() {
		s, private := newSketch(t, c)
		point, err := private.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		for _, parameters := range [][]byte{nil, oidDER(t, c.oid)} {
			for _, public := range [][]byte{nil, point} {
				s.parameters, s.public = parameters, public
				got, err := parsePEM(asPEM("PRIVATE KEY", s.pkcs8()), nil)
				if err != nil || !got.Equal(private) {
					t.Errorf("%s, parameters %t, public key %t: %v", c.name, parameters != nil, public != nil, err)
				}
			}
		}
	}
}

func TestUnsoundKeysAreRefused(t *testing.T) {
	t.Parallel()
	p256, p384 := curves()[0], curves()[1]
	n := p256.curve.Params().N
	number := func(d int64) []byte { return new(big.Int).Add(n, big.NewInt(d)).FillBytes(make([]byte, 32)) }
	_, stranger := newSketch(t, p256)
	foreign, err := stranger.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	offCurve := bytes.Clone(foreign)
	offCurve[40] ^= 1
	for name, c := range map[string]struct {
		change func(*sketch)
		words  string
	}{
		"d = 0":                 {func(s *sketch) { s.scalar = make([]byte, 32) }, "out of the curve's range"},
		"d = 1":                 {func(s *sketch) { s.scalar = append(make([]byte, 31), 1) }, "out of the curve's range"},
		"d = n-1":               {func(s *sketch) { s.scalar = number(-1) }, "out of the curve's range"},
		"d = n":                 {func(s *sketch) { s.scalar = number(0) }, "out of the curve's range"},
		"d = n+1":               {func(s *sketch) { s.scalar = number(1) }, "out of the curve's range"},
		"short":                 {func(s *sketch) { s.scalar = s.scalar[:31] }, "length"},
		"long":                  {func(s *sketch) { s.scalar = append([]byte{0}, s.scalar...) }, "length"},
		"another public key":    {func(s *sketch) { s.public = foreign }, "does not belong"},
		"off the curve":         {func(s *sketch) { s.public = offCurve }, "does not belong"},
		"empty public key":      {func(s *sketch) { s.public = []byte{} }, "does not belong"},
		"no parameters":         {func(s *sketch) { s.outer = nil }, "does not name its curve"},
		"null parameters":       {func(s *sketch) { s.outer = []byte{5, 0} }, "does not name its curve"},
		"parameters and more":   {func(s *sketch) { s.outer = append(s.outer, 5, 0) }, "form it says"},
		"two curves":            {func(s *sketch) { s.parameters = oidDER(t, p384.oid) }, "two different curves"},
		"attributes":            {func(s *sketch) { s.attributes = []byte{0xa0, 0} }, "further attributes"},
		"newer form":            {func(s *sketch) { s.version = 1 }, "further attributes"},
		"something in the key":  {func(s *sketch) { s.tail = []byte{5, 0} }, "form it says"},
		"another inner version": {func(s *sketch) { s.inner = 2 }, "form it says"},
	} {
		s, _ := newSketch(t, p256)
		c.change(&s)
		wantRefusal(t, name, asPEM("PRIVATE KEY", s.pkcs8()), c.words)
	}
}

func TestKeysAreWrittenInOneWayOnly(t *testing.T) {
	t.Parallel()
	s, _ := newSketch(t, curves()[0])
	der := s.pkcs8()
	long := append([]byte{0x30, 0x81, der[1]}, der[2:]...) // a length that needs no second byte
	wantRefusal(t, "long length", asPEM("PRIVATE KEY", long), "form it says")
	wantRefusal(t, "indefinite length", asPEM("PRIVATE KEY", append(append([]byte{0x30, 0x80}, der[2:]...), 0, 0)), "form it says")
	wantRefusal(t, "trailing bytes", asPEM("PRIVATE KEY", append(bytes.Clone(der), 0)), "something behind")
	s.parameters = oidDER(t, curves()[0].oid)
	sec1 := s.sec1()
	wantRefusal(t, "trailing bytes of SEC1", asPEM("EC PRIVATE KEY", append(bytes.Clone(sec1), 5, 0)), "something behind")
	s.parameters = nil
	wantRefusal(t, "SEC1 without a curve", asPEM("EC PRIVATE KEY", s.sec1()), "does not name its curve")
}

// pbes2 writes an encrypted key whose costs a test chooses.
func pbes2(t testing.TB, kdf asn1.ObjectIdentifier, costs ...int64) []byte {
	t.Helper()
	var b cryptobyte.Builder
	sequence := func(b *cryptobyte.Builder, f cryptobyte.BuilderContinuation) { b.AddASN1(tags.SEQUENCE, f) }
	sequence(&b, func(b *cryptobyte.Builder) {
		sequence(b, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidPBES2)
			sequence(b, func(b *cryptobyte.Builder) {
				sequence(b, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(kdf)
					sequence(b, func(b *cryptobyte.Builder) {
						b.AddASN1OctetString([]byte("saltsalt"))
						for _, cost := range costs {
							b.AddASN1Int64(cost)
						}
					})
				})
				sequence(b, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42})
					b.AddASN1OctetString(make([]byte, 16))
				})
			})
		})
		b.AddASN1OctetString(make([]byte, 64))
	})
	return asPEM("ENCRYPTED PRIVATE KEY", b.BytesOrPanic())
}

func TestKeysThatCostTooMuchAreRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string][]byte{
		"rounds":          pbes2(t, oidPBKDF2, maxIterations+1),
		"no rounds":       pbes2(t, oidPBKDF2, 0),
		"fewer than none": pbes2(t, oidPBKDF2, -1),
		"memory":          pbes2(t, oidScrypt, 1<<20, 8, 1),
		"huge":            pbes2(t, oidScrypt, 1<<62, 1, 1),
		"blocks":          pbes2(t, oidScrypt, 2, 1<<62, 1),
		"work":            pbes2(t, oidScrypt, 1<<14, 8, 1000),
		"parallel":        pbes2(t, oidScrypt, 2, 1, 1<<62),
	} {
		_, err := parsePEM(text, []byte(passphrase))
		wantSentence(t, name, err, "cost too much")
	}
	_, err := parsePEM(pbes2(t, oidPBKDF2, 1000), []byte(passphrase))
	wantSentence(t, "affordable", err, "passphrase does not open")
	_, err = parsePEM(pbes2(t, oidScrypt, 3, 8, 1), []byte(passphrase))
	wantSentence(t, "odd", err, "-v2 aes-256-cbc")
}
