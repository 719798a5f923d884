package keystore

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"syscall"

	"noadesk/internal/store"
)

// ErrMasterKey is the cause of every [store.ConfigError] about a master key.
var ErrMasterKey = errors.New("keystore: master key cannot be used")

const masterKeyForm = "noadesk-mk-1"

// A MasterKey opens the keystore. It prints as [redacted] in every way. Its bytes
// stand behind a function, as fmt looks into unexported fields, and with some
// verbs through pointers too.
type MasterKey struct {
	bytes    func() []byte
	previous []MasterKey // that it takes over from
}

func newMasterKey(raw []byte) MasterKey { return MasterKey{bytes: func() []byte { return raw }} }

// After gives the key together with those that it takes over from: what is
// sealed under them opens beside it.
func (m MasterKey) After(previous ...MasterKey) MasterKey {
	m.previous = slices.Concat(m.previous, previous)
	return m
}

// all are the key and those before it, each once.
func (m MasterKey) all() []MasterKey {
	all := []MasterKey{m}
	for _, p := range m.previous {
		if !slices.ContainsFunc(all, func(mk MasterKey) bool { return mk.id() == p.id() }) {
			all = append(all, p)
		}
	}
	return all
}

// NewMasterKey makes a fresh master key and its text form, one line.
func NewMasterKey() (mk MasterKey, text string) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: it would end the program
	mk = newMasterKey(raw)
	return mk, mk.text()
}

func (m MasterKey) text() string {
	return masterKeyForm + "." + base64.RawURLEncoding.EncodeToString(m.bytes()) + "." + m.checksum()
}

// checksum turns a paste that was cut short into a sentence about a damaged key.
func (m MasterKey) checksum() string {
	sum := sha256.Sum256(m.bytes())
	return hex.EncodeToString(sum[:4])
}

// ParseMasterKey reads the text form; white space round it does not matter.
func ParseMasterKey(text string) (MasterKey, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return MasterKey{}, masterKeyError("The master key is empty.")
	}
	parts := strings.Split(text, ".")
	if parts[0] != masterKeyForm {
		return MasterKey{}, masterKeyError("This is not a master key as noadesk master-key new prints it.")
	}
	if len(parts) != 3 || len(parts[1]) != 43 {
		return MasterKey{}, masterKeyError("The master key is damaged: a part of it is missing or too much.")
	}
	return decodeMasterKey(parts[1], parts[2])
}

func decodeMasterKey(body, checksum string) (MasterKey, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil || len(raw) != 32 {
		return MasterKey{}, masterKeyError("The master key is damaged: it holds characters that do not belong there.")
	}
	mk := newMasterKey(raw)
	if mk.checksum() != checksum {
		return MasterKey{}, masterKeyError("The master key is damaged: its checksum does not fit.")
	}
	return mk, nil
}

func masterKeyError(sentence string) error {
	return &store.ConfigError{Sentence: sentence, Cause: ErrMasterKey}
}

// ReadMasterKeyFile reads a master key from a file that belongs to this
// process's user and that nobody else may read.
func ReadMasterKeyFile(path string) (MasterKey, error) {
	return readMasterKey(path, func(info os.FileInfo) error {
		if perm := info.Mode().Perm(); perm != 0o400 && perm != 0o600 {
			return masterKeyError(fmt.Sprintf("The master key file %s has mode %04o; only its owner may read it: make it 0400 or 0600.", path, perm))
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
			return masterKeyError(fmt.Sprintf("The master key file %s belongs to another user than the one who runs Noadesk.", path))
		}
		return nil
	})
}

// ReadMasterKeyCredential reads a master key from a file that systemd handed
// over. systemd lets the service read it through an access list, so that the
// owner may be root and the mode 0440.
func ReadMasterKeyCredential(path string) (MasterKey, error) {
	return readMasterKey(path, func(info os.FileInfo) error {
		if perm := info.Mode().Perm(); perm&0o037 != 0 {
			return masterKeyError(fmt.Sprintf("The master key credential %s has mode %04o; others may read it.", path, perm))
		}
		return nil
	})
}

// readMasterKey checks the open file, not its name, which could be given to
// another one in between. It does not wait for a pipe's other end.
func readMasterKey(path string, check func(os.FileInfo) error) (MasterKey, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return MasterKey{}, masterKeyError(fmt.Sprintf("The master key file %s cannot be read: %v.", path, errors.Unwrap(err)))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return MasterKey{}, err
	}
	if !info.Mode().IsRegular() {
		return MasterKey{}, masterKeyError(fmt.Sprintf("The master key file %s is not a regular file.", path))
	}
	if err := check(info); err != nil {
		return MasterKey{}, err
	}
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return MasterKey{}, masterKeyError(fmt.Sprintf("The master key file %s cannot be read.", path))
	}
	defer clear(text)
	return ParseMasterKey(string(bytes.TrimSpace(text)))
}

const redacted = "[redacted]"

// ID names the key without revealing it: 16 hex characters.
func (m MasterKey) ID() string {
	id := m.id()
	return hex.EncodeToString(id[:])
}

// String hides the key.
func (m MasterKey) String() string { return redacted }

// GoString hides the key.
func (m MasterKey) GoString() string { return redacted }

// Format hides the key, whatever the verb.
func (m MasterKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText hides the key, in JSON too.
func (m MasterKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue hides the key.
func (m MasterKey) LogValue() slog.Value { return slog.StringValue(redacted) }
