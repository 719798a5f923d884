package keystore

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strconv"
)

// A sealed record, in one column:
//
//	0–1    "NK"
//	2      version of this form, 1
//	3      algorithm, 1: AES-256-GCM for both layers
//	4–11   id of the master key that the data key is wrapped under
//	12–71  data key, wrapped: nonce 12, key 32, tag 16
//	72–    payload: nonce 12, PKCS#8, tag 16
//
// Every record has a data key of its own, used once: random nonces never come
// near their limit, and another master key means wrapping 32 bytes anew.
const (
	recordMagic   = "NK"
	recordVersion = 1
	recordAES     = 1
	headLen       = 12
	wrappedLen    = 12 + 32 + 16
	payloadStart  = headLen + wrappedLen
)

var (
	errNewerRecord = errors.New("keystore: record was written by a newer Noadesk")
	errOtherMaster = errors.New("keystore: record is sealed under another master key")
	errBroken      = errors.New("keystore: record does not open")
)

// A binding is what a record belongs to. Whatever of it changes, the record no
// longer opens. What may change in a key's life is not in it: names, states.
type binding struct {
	table        string
	instance     string
	organisation string
	record       string
	version      int
	curve        string
	spki         [sha256.Size]byte
}

// bytes puts a length before each part, so that no two bindings read the same.
func (b binding) bytes() []byte {
	var out []byte
	for _, part := range []string{
		b.table, b.instance, b.organisation, b.record, strconv.Itoa(b.version), b.curve, string(b.spki[:]),
	} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
		out = append(out, part...)
	}
	return out
}

// A sealer seals under one master key. It wraps data keys with a key derived
// for that purpose and this instance; the master key itself encrypts nothing.
type sealer struct {
	id  [8]byte
	kek cipher.AEAD
}

func newSealer(mk MasterKey, instance string) sealer {
	return sealer{id: mk.id(), kek: newAEAD(mk.derive("noadesk/v1/kek/"+instance, 32))}
}

// id is public: it says which master key a record needs.
func (m MasterKey) id() [8]byte { return [8]byte(m.derive("noadesk/v1/key-id", 8)) }

// derive gives one key for one purpose; the label keeps purposes apart.
func (m MasterKey) derive(label string, n int) []byte {
	key, err := hkdf.Key(sha256.New, m.bytes(), nil, label, n)
	if err != nil {
		panic("keystore: derive " + label) // only a length that no caller asks for
	}
	return key
}

// newAEAD puts a random nonce in front of what it seals.
func newAEAD(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("keystore: aes takes 32 bytes")
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("keystore: gcm takes aes")
	}
	return aead
}

func (s sealer) head() []byte {
	return append([]byte{recordMagic[0], recordMagic[1], recordVersion, recordAES}, s.id[:]...)
}

func (s sealer) seal(b binding, payload []byte) []byte {
	dek := make([]byte, 32)
	defer clear(dek)
	_, _ = rand.Read(dek) // never fails: it would end the program
	return newAEAD(dek).Seal(s.wrap(b, dek), nil, payload, dataContext(s.head(), b))
}

// wrap gives a record without its payload.
func (s sealer) wrap(b binding, dek []byte) []byte {
	head := s.head()
	return s.kek.Seal(head, nil, dek, wrapContext(head, b))
}

func (s sealer) open(b binding, record []byte) ([]byte, error) {
	dek, err := s.unwrap(b, record)
	if err != nil {
		return nil, err
	}
	defer clear(dek)
	payload, err := newAEAD(dek).Open(nil, nil, record[payloadStart:], dataContext(record[:headLen], b))
	if err != nil {
		return nil, errBroken
	}
	return payload, nil
}

func (s sealer) unwrap(b binding, record []byte) ([]byte, error) {
	if err := s.checkHead(record); err != nil {
		return nil, err
	}
	dek, err := s.kek.Open(nil, nil, record[headLen:payloadStart], wrapContext(record[:headLen], b))
	if err != nil {
		return nil, errBroken
	}
	return dek, nil
}

// rewrap wraps the data key of a record that another master key wrapped. The
// payload stays as it is.
func (s sealer) rewrap(from sealer, b binding, record []byte) ([]byte, error) {
	dek, err := from.unwrap(b, record)
	if err != nil {
		return nil, err
	}
	defer clear(dek)
	return append(s.wrap(b, dek), record[payloadStart:]...), nil
}

func (s sealer) checkHead(record []byte) error {
	switch {
	case len(record) < payloadStart || string(record[:2]) != recordMagic:
		return errBroken
	case record[2] > recordVersion || record[3] > recordAES:
		return errNewerRecord
	case record[2] != recordVersion || record[3] != recordAES:
		return errBroken
	case !bytes.Equal(record[4:headLen], s.id[:]):
		return errOtherMaster
	}
	return nil
}

func wrapContext(head []byte, b binding) []byte {
	return append(append([]byte("wrap"), head...), b.bytes()...)
}

// dataContext leaves the master key's id out: rotating it wraps the data key
// anew and does not touch the payload.
func dataContext(head []byte, b binding) []byte {
	return append(append([]byte("data"), head[2], head[3]), b.bytes()...)
}
