package keystore

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/ecdsa"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"hash"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/scrypt"
)

// What opening a key may cost at most: about a second, and 64 MiB.
const (
	maxIterations = 2_000_000
	maxScryptN    = 1 << 20
	maxScrypt     = 64 << 20 // bytes: 128·N·r
	maxScryptWork = 256 << 20
)

// A blockCipher is one that keys are encrypted with, in CBC.
type blockCipher struct {
	keyLen, blockLen int
	new              func([]byte) (cipher.Block, error)
}

var (
	aes128 = blockCipher{16, aes.BlockSize, aes.NewCipher}
	aes192 = blockCipher{24, aes.BlockSize, aes.NewCipher}
	aes256 = blockCipher{32, aes.BlockSize, aes.NewCipher}
	des3   = blockCipher{24, des.BlockSize, des.NewTripleDESCipher}
)

var pkcs8Ciphers = map[string]blockCipher{
	"2.16.840.1.101.3.4.1.2":  aes128,
	"2.16.840.1.101.3.4.1.22": aes192,
	"2.16.840.1.101.3.4.1.42": aes256,
	"1.2.840.113549.3.7":      des3,
}

var legacyCiphers = map[string]blockCipher{
	"AES-128-CBC": aes128, "AES-192-CBC": aes192, "AES-256-CBC": aes256, "DES-EDE3-CBC": des3,
}

var prfs = map[string]func() hash.Hash{
	"1.2.840.113549.2.7":  sha1.New,
	"1.2.840.113549.2.8":  sha256.New224,
	"1.2.840.113549.2.9":  sha256.New,
	"1.2.840.113549.2.10": sha512.New384,
	"1.2.840.113549.2.11": sha512.New,
	"1.2.840.113549.2.12": sha512.New512_224,
	"1.2.840.113549.2.13": sha512.New512_256,
}

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
)

// parseEncrypted opens an EncryptedPrivateKeyInfo (RFC 5958) with PBES2.
func parseEncrypted(der, passphrase []byte) (*ecdsa.PrivateKey, error) {
	input, info := cryptobyte.String(der), cryptobyte.String(nil)
	var scheme, data cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !input.ReadASN1(&info, tags.SEQUENCE) || !input.Empty() || !info.ReadASN1(&scheme, tags.SEQUENCE) ||
		!info.ReadASN1(&data, tags.OCTET_STRING) || !info.Empty() || !scheme.ReadASN1ObjectIdentifier(&oid) {
		return nil, errDER
	}
	if !oid.Equal(oidPBES2) {
		return nil, refuseCipher()
	}
	if len(passphrase) == 0 {
		return nil, refusePassphrase()
	}
	plain, err := decryptPBES2(scheme, data, passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return parsePKCS8(plain)
}

func decryptPBES2(scheme cryptobyte.String, data, passphrase []byte) ([]byte, error) {
	var parameters, kdf, encryption, iv cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !scheme.ReadASN1(&parameters, tags.SEQUENCE) || !parameters.ReadASN1(&kdf, tags.SEQUENCE) ||
		!parameters.ReadASN1(&encryption, tags.SEQUENCE) || !encryption.ReadASN1ObjectIdentifier(&oid) {
		return nil, errDER
	}
	c, ok := pkcs8Ciphers[oid.String()]
	if !ok || !encryption.ReadASN1(&iv, tags.OCTET_STRING) || len(iv) != c.blockLen {
		return nil, refuseCipher()
	}
	key, err := deriveKey(kdf, passphrase, c.keyLen)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	return c.decrypt(key, iv, data)
}

func deriveKey(kdf cryptobyte.String, passphrase []byte, keyLen int) ([]byte, error) {
	var oid asn1.ObjectIdentifier
	var parameters cryptobyte.String
	if !kdf.ReadASN1ObjectIdentifier(&oid) || !kdf.ReadASN1(&parameters, tags.SEQUENCE) {
		return nil, errDER
	}
	switch {
	case oid.Equal(oidPBKDF2):
		return derivePBKDF2(parameters, passphrase, keyLen)
	case oid.Equal(oidScrypt):
		return deriveScrypt(parameters, passphrase, keyLen)
	}
	return nil, refuseCipher()
}

func derivePBKDF2(parameters cryptobyte.String, passphrase []byte, keyLen int) ([]byte, error) {
	var salt cryptobyte.String
	var iterations int
	if !parameters.ReadASN1(&salt, tags.OCTET_STRING) || !parameters.ReadASN1Integer(&iterations) || !skipKeyLen(&parameters, keyLen) {
		return nil, errDER
	}
	if iterations < 1 || iterations > maxIterations {
		return nil, refuseCost()
	}
	prf, err := readPRF(parameters)
	if err != nil {
		return nil, err
	}
	return pbkdf2.Key(prf, string(passphrase), salt, iterations, keyLen)
}

// readPRF reads the hash function; SHA-1 stands for itself by being left out.
func readPRF(parameters cryptobyte.String) (func() hash.Hash, error) {
	if parameters.Empty() {
		return sha1.New, nil
	}
	var algorithm cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !parameters.ReadASN1(&algorithm, tags.SEQUENCE) || !parameters.Empty() || !algorithm.ReadASN1ObjectIdentifier(&oid) {
		return nil, errDER
	}
	prf, ok := prfs[oid.String()]
	if !ok {
		return nil, refuseCipher()
	}
	return prf, nil
}

func deriveScrypt(parameters cryptobyte.String, passphrase []byte, keyLen int) ([]byte, error) {
	var salt cryptobyte.String
	var n, r, p int64
	if !parameters.ReadASN1(&salt, tags.OCTET_STRING) || !parameters.ReadASN1Integer(&n) || !parameters.ReadASN1Integer(&r) ||
		!parameters.ReadASN1Integer(&p) || !skipKeyLen(&parameters, keyLen) || !parameters.Empty() {
		return nil, errDER
	}
	if n < 2 || n > maxScryptN || r < 1 || r > 1024 || p < 1 || p > 1024 || 128*n*r > maxScrypt || 128*n*r*p > maxScryptWork {
		return nil, refuseCost()
	}
	key, err := scrypt.Key(passphrase, salt, int(n), int(r), int(p), keyLen)
	if err != nil {
		return nil, refuseCipher() // such as an n that is no power of two
	}
	return key, nil
}

// skipKeyLen reads the optional length of the key, which the cipher settles.
func skipKeyLen(parameters *cryptobyte.String, keyLen int) bool {
	if !parameters.PeekASN1Tag(tags.INTEGER) {
		return true
	}
	var given int
	return parameters.ReadASN1Integer(&given) && given == keyLen
}

func (c blockCipher) decrypt(key, iv, data []byte) ([]byte, error) {
	if len(data) == 0 || len(data)%c.blockLen != 0 {
		return nil, errDER
	}
	block, err := c.new(key)
	if err != nil {
		return nil, refuseCipher()
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	return unpad(plain, c.blockLen)
}

// unpad takes the padding off, and knows a wrong passphrase by it, or by what
// stands before it not being one whole sequence.
func unpad(plain []byte, blockLen int) ([]byte, error) {
	n := int(plain[len(plain)-1])
	if n < 1 || n > blockLen || !bytes.Equal(plain[len(plain)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, refuseWrongPassphrase()
	}
	plain = plain[:len(plain)-n]
	input, body := cryptobyte.String(plain), cryptobyte.String(nil)
	if !input.ReadASN1(&body, tags.SEQUENCE) || !input.Empty() {
		return nil, refuseWrongPassphrase()
	}
	return plain, nil
}

func isLegacyEncrypted(block *pem.Block) bool {
	return len(block.Headers) == 2 && block.Headers["Proc-Type"] == "4,ENCRYPTED" && block.Headers["DEK-Info"] != ""
}

// parseLegacy opens a key that openssl encrypted the old way, with header lines.
func parseLegacy(block *pem.Block, passphrase []byte) (*ecdsa.PrivateKey, error) {
	switch block.Type {
	case "EC PRIVATE KEY":
	case "PRIVATE KEY":
		return nil, refuseCipher() // PKCS#8 has a way of its own to be encrypted
	default:
		return nil, refuseType(block.Type)
	}
	name, text, _ := strings.Cut(block.Headers["DEK-Info"], ",")
	c, ok := legacyCiphers[name]
	iv, err := hex.DecodeString(text)
	if !ok || err != nil || len(iv) != c.blockLen {
		return nil, refuseCipher()
	}
	if len(passphrase) == 0 {
		return nil, refusePassphrase()
	}
	key := legacyKey(passphrase, iv[:8], c.keyLen)
	defer clear(key)
	plain, err := c.decrypt(key, iv, block.Bytes)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return parseSEC1(plain)
}

// legacyKey is openssl's old way from a passphrase to a key.
func legacyKey(passphrase, salt []byte, keyLen int) []byte {
	var key, last []byte
	for len(key) < keyLen {
		h := md5.New()
		h.Write(last)
		h.Write(passphrase)
		h.Write(salt)
		last = h.Sum(nil)
		key = append(key, last...)
	}
	return key[:keyLen]
}
