// Package keystore holds the clients' private keys, each sealed under the
// master key and bound to its row. It signs with them and never hands one out:
// no exported function returns a private key.
package keystore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"noadesk/internal/store"
)

// What callers act on.
var (
	ErrNotFound       = errors.New("keystore: no such key")
	ErrAmbiguous      = errors.New("keystore: several keys begin like this")
	ErrNoKey          = errors.New("keystore: organisation has no active key")
	ErrNoOrganisation = errors.New("keystore: no such organisation")
	ErrDamaged        = errors.New("keystore: key record is damaged")
	ErrRetired        = errors.New("keystore: key is retired")
)

// A Refusal says in one sentence why something was not taken, and what to do
// about it. It never repeats what was given.
type Refusal struct {
	Sentence   string
	Passphrase bool // the key is encrypted; its passphrase is missing or wrong
}

// Error is the sentence.
func (r Refusal) Error() string { return r.Sentence }

// Keys is the open keystore.
type Keys struct {
	db       *store.Store
	seal     sealer
	instance string
	now      func() time.Time

	mu      sync.Mutex
	damaged map[string]bool      // records that did not open, by edition
	noted   map[string]time.Time // when a key's use was last written down, by fingerprint

	decrypting sync.Mutex // one passphrase is tried at a time: each may take a second and 64 MiB
}

// String keeps what the keystore holds out of logs.
func (k *Keys) String() string { return redacted }

// GoString keeps what the keystore holds out of logs.
func (k *Keys) GoString() string { return redacted }

// Open opens the keystore with its master key. Another one than it is sealed
// under is a [store.ConfigError], and nothing is written then. Records that do
// not open are kept aside as damaged; all others work.
func Open(ctx context.Context, db *store.Store, mk MasterKey) (*Keys, error) {
	m, err := readMarks(ctx, db)
	if err != nil {
		return nil, err
	}
	if m.empty() {
		m, err = bind(ctx, db, mk, m)
		if err != nil {
			return nil, err
		}
	}
	if err := m.check(mk); err != nil {
		return nil, err
	}
	k := &Keys{
		db: db, seal: newSealer(mk, m.instance), instance: m.instance, now: time.Now,
		damaged: map[string]bool{}, noted: map[string]time.Time{},
	}
	return k, k.openAll(ctx)
}

// marks are what the database says about its master key.
type marks struct {
	instance string
	masterID string
	canary   []byte
	keys     int
}

func (m marks) empty() bool { return m.masterID == "" && m.canary == nil && m.keys == 0 }

type queryRow func(q string, args ...any) *sql.Row

func readMarks(ctx context.Context, db *store.Store) (marks, error) {
	return scanMarks(func(q string, args ...any) *sql.Row { return db.QueryRow(ctx, q, args...) })
}

func scanMarks(row queryRow) (marks, error) {
	var m marks
	var instance, masterID []byte
	err := row(`SELECT (SELECT value FROM meta WHERE name = 'instance_id'), (SELECT value FROM meta WHERE name = 'mk_id'),
		(SELECT value FROM meta WHERE name = 'canary'), (SELECT count(*) FROM signing_keys)`).
		Scan(&instance, &masterID, &m.canary, &m.keys)
	if err != nil {
		return marks{}, fmt.Errorf("keystore: read marks: %w", err)
	}
	m.instance, m.masterID = string(instance), hex.EncodeToString(masterID)
	return m, nil
}

// check says whether this is the master key that the keystore is sealed under.
// It never starts a keystore anew over one that is there.
func (m marks) check(mk MasterKey) error {
	switch {
	case len(m.instance) != 16 || m.masterID == "" || m.canary == nil:
		return damagedKeystore("The keystore is damaged: what marks its master key is missing. Restore a backup.")
	case m.masterID != mk.ID():
		return masterKeyError(fmt.Sprintf("The keystore is sealed with master key %.8s…; the one given is %.8s….", m.masterID, mk.ID()))
	}
	if _, err := newSealer(mk, m.instance).open(canaryBinding(m.instance), m.canary); err != nil {
		return damagedKeystore("The keystore is damaged: its probe record does not open. Restore a backup.")
	}
	return nil
}

func damagedKeystore(sentence string) error {
	return &store.ConfigError{Sentence: sentence, Cause: ErrDamaged}
}

func canaryBinding(instance string) binding {
	return binding{table: "canary", instance: instance}
}

var errBound = errors.New("keystore: bound meanwhile")

// bind seals an empty keystore under its first master key. Another process may
// have done so since the marks were read; then theirs hold.
func bind(ctx context.Context, db *store.Store, mk MasterKey, m marks) (marks, error) {
	id := mk.id()
	canary := newSealer(mk, m.instance).seal(canaryBinding(m.instance), []byte("noadesk"))
	e := store.Event{Actor: "the desk", Action: "master-key.bind", Object: mk.ID()}
	err := db.Change(ctx, e, func(tx *store.Tx) error {
		now, err := scanMarks(tx.QueryRow)
		if err != nil {
			return err
		}
		if !now.empty() {
			return errBound
		}
		_, err = tx.Exec(`INSERT INTO meta (name, value) VALUES ('mk_id', $1), ('canary', $2)`, id[:], canary)
		return err
	})
	if err != nil && !errors.Is(err, errBound) {
		return marks{}, err
	}
	return readMarks(ctx, db)
}
