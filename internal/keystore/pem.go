package keystore

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/pem"
	"strings"
	"unicode/utf8"
)

const maxPEM = 64 << 10

// parsePEM takes a private key in PEM, and nothing else. Go's own parsers take
// more: a key with another one's public half, an off-curve point, junk behind.
func parsePEM(data, passphrase []byte) (*ecdsa.PrivateKey, error) {
	data, err := cleanPEM(data)
	if err != nil {
		return nil, err
	}
	block, data, err := nextBlock(data)
	if err != nil {
		return nil, err
	}
	var parameters []byte
	if block.Type == "EC PARAMETERS" && len(data) > 0 {
		parameters = block.Bytes
		if block, data, err = nextBlock(data); err != nil {
			return nil, err
		}
	}
	if err := checkRest(block, data); err != nil {
		return nil, err
	}
	private, err := parseBlock(block, passphrase)
	if err != nil {
		return nil, err
	}
	return private, checkParameters(parameters, private)
}

// cleanPEM takes off a byte order mark and white space round the text, and
// tells what is not PEM at all.
func cleanPEM(data []byte) ([]byte, error) {
	if len(data) > maxPEM {
		return nil, refuse("The file is larger than 64 KiB, which no private key is.")
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) || alternatesZeros(data) {
		return nil, refuse("The text is in UTF-16; save it as plain text (UTF-8).")
	}
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if len(data) == 0 {
		return nil, refuse("The file is empty.")
	}
	if !bytes.HasPrefix(data, []byte("-----BEGIN ")) {
		return nil, notPEM(data)
	}
	if bytes.Contains(data, []byte(`\n`)) {
		return nil, refuse(`The line ends are written as \n, as in JSON; replace each by a real line end.`)
	}
	return data, nil
}

func alternatesZeros(data []byte) bool {
	return len(data) >= 4 && data[0] != data[1] && (data[0]|data[2] == 0 || data[1]|data[3] == 0)
}

// notPEM names what people take for a key in PEM.
func notPEM(data []byte) error {
	switch {
	case data[0] == 0x30 && !utf8.Valid(data) || data[0] == 0x30 && len(data) > 1 && data[1] < ' ':
		return refuse("The file is binary (DER); this makes PEM of it: openssl pkey -inform DER -in key.der -out key.pem")
	case data[0] == '{' || data[0] == '[' || data[0] == '"':
		return refuse("This is JSON, not PEM; the key begins with -----BEGIN PRIVATE KEY-----.")
	case bytes.HasPrefix(data, []byte("ssh-")) || bytes.HasPrefix(data, []byte("ecdsa-sha2-")):
		return refuse("This is a public key of SSH; Noadesk needs the private key that Noa handed out.")
	case bytes.Contains(data, []byte("-----BEGIN ")):
		return refuse("There is other text before the key; leave only the lines from BEGIN to END.")
	}
	return refuse("This is not a private key in PEM, which begins with -----BEGIN PRIVATE KEY-----.")
}

// nextBlock takes the block that data begins with. The decoder would skip a
// broken one and go on behind it.
func nextBlock(data []byte) (*pem.Block, []byte, error) {
	block, rest := pem.Decode(data)
	taken := data[:len(data)-len(rest)]
	if block == nil || !bytes.HasPrefix(data, []byte("-----BEGIN "+block.Type+"-----")) || bytes.Count(taken, []byte("-----BEGIN ")) != 1 {
		return nil, nil, refuse("The PEM is damaged: its lines from BEGIN to END are not whole.")
	}
	return block, bytes.TrimSpace(rest), nil
}

func checkRest(block *pem.Block, rest []byte) error {
	if len(rest) == 0 {
		return nil
	}
	second, _ := pem.Decode(rest)
	switch {
	case second == nil:
		return refuse("There is something else behind the key; leave only the lines from BEGIN to END.")
	case strings.HasSuffix(block.Type, "PRIVATE KEY") && strings.HasSuffix(second.Type, "PRIVATE KEY"):
		return refuse("There are two private keys in the file; give one at a time.")
	}
	return refuse("There is more than a private key in the file; leave only the lines of the key.")
}

func parseBlock(block *pem.Block, passphrase []byte) (*ecdsa.PrivateKey, error) {
	if isLegacyEncrypted(block) {
		return parseLegacy(block, passphrase)
	}
	if len(block.Headers) > 0 {
		return nil, refuse("The PEM has header lines that no private key has.")
	}
	switch block.Type {
	case "PRIVATE KEY":
		return parsePKCS8(block.Bytes)
	case "EC PRIVATE KEY":
		return parseSEC1(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return parseEncrypted(block.Bytes, passphrase)
	}
	return nil, refuseType(block.Type)
}
