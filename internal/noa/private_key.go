package noa

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

var (
	errNoKey = errors.New("noa: the answer holds no private key")
	errGiven = errors.New("noa: the private key was handed over already")
)

// A PrivateKey is the key of a new client application on its way to where keys
// are kept. No way of printing shows it, and all its copies are one. It lies in
// a function because package fmt, given a verb that does not fit, follows a
// pointer in an unexported field and prints what is there.
type PrivateKey struct{ take func() []byte }

func newPrivateKey(pem []byte) PrivateKey {
	var mu sync.Mutex
	return PrivateKey{func() []byte {
		mu.Lock()
		defer mu.Unlock()
		taken := pem
		pem = nil
		return taken
	}}
}

// Give hands the key over as PEM, once, and wipes it when f returns, whatever
// that says. f must not keep the slice.
func (k PrivateKey) Give(f func(pem []byte) error) error {
	if k.take == nil {
		return errGiven
	}
	pem := k.take()
	if pem == nil {
		return errGiven
	}
	defer clear(pem)
	return f(pem)
}

// Format prints the same for every verb.
func (PrivateKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText keeps the key out of JSON and everything like it.
func (PrivateKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue keeps the key out of the log.
func (PrivateKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// A keyText is a PEM text on the wire, read into memory that can be wiped: a
// Go string cannot.
type keyText []byte

// UnmarshalJSON reads a text that is ASCII, as PEM is; anything else is no
// key. It never fails: an error of package json might repeat the text.
func (t *keyText) UnmarshalJSON(data []byte) error {
	clear(*t)
	*t = nil
	if len(data) < 2 || data[0] != '"' {
		return nil
	}
	text, ok := unquote(data[1 : len(data)-1])
	if !ok {
		clear(text)
		return nil
	}
	*t = text
	return nil
}

// unquote undoes the escapes of a JSON text that package json found sound.
func unquote(quoted []byte) ([]byte, bool) {
	text := make([]byte, 0, len(quoted)) // as long as it can get, so that it never moves and leaves a copy
	for i := 0; i < len(quoted); i++ {
		c := quoted[i]
		if c == '\\' {
			plain, length := unescape(quoted[i+1:])
			i += length
			c = plain
			if length == 0 {
				return text, false
			}
		}
		if c >= 0x80 {
			return text, false
		}
		text = append(text, c)
	}
	return text, true
}

// unescape gives the character that an escape stands for and the escape's
// length without the backslash, 0 where it is not ASCII.
func unescape(escape []byte) (plain byte, length int) {
	const short, long = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if len(escape) == 0 {
		return 0, 0
	}
	if i := strings.IndexByte(short, escape[0]); i >= 0 {
		return long[i], 1
	}
	var code [2]byte
	if len(escape) < 5 || escape[0] != 'u' {
		return 0, 0
	}
	if _, err := hex.Decode(code[:], escape[1:5]); err != nil || code[0] != 0 {
		return 0, 0
	}
	return code[1], 5
}
