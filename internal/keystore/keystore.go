// Package keystore holds the clients' private keys, each sealed under the
// master key and bound to its row. It signs with them and never hands one out:
// no exported function returns a private key.
package keystore

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
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
	masters  atomic.Pointer[masters]
	instance string
	now      func() time.Time

	mu      sync.Mutex
	damaged map[string]bool // records that did not open, by edition
	uses    uses

	decrypting sync.Mutex // one passphrase is tried at a time: each may take a second and 64 MiB
}

// String keeps what the keystore holds out of logs.
func (k *Keys) String() string { return redacted }

// GoString keeps what the keystore holds out of logs.
func (k *Keys) GoString() string { return redacted }

// Open opens the keystore with its master key and, while one takes over from
// another, with those before it: new records are sealed under the current one,
// what is sealed under any of them opens. Where a master key is missing the
// error is a [store.ConfigError], and nothing is written then. Records that do
// not open are kept aside as damaged; all others work.
func Open(ctx context.Context, db *store.Store, current MasterKey, previous ...MasterKey) (*Keys, error) {
	k := &Keys{db: db, now: time.Now, damaged: map[string]bool{}, uses: newUses()}
	return k, k.open(ctx, current.After(previous...))
}

// Reload goes on with other master keys, as [Open] takes them. Where they do
// not fit, the keystore keeps those that it has.
func (k *Keys) Reload(ctx context.Context, current MasterKey, previous ...MasterKey) error {
	return k.open(ctx, current.After(previous...))
}

func (k *Keys) open(ctx context.Context, mk MasterKey) error {
	m, err := readMarks(ctx, k.db)
	if err != nil {
		return err
	}
	if m.empty() {
		if m, err = bind(ctx, k.db, mk, m); err != nil {
			return err
		}
	}
	if err := m.check(mk); err != nil {
		return err
	}
	given := newMasters(mk, m)
	if err := given.checkRecords(ctx, k.db); err != nil {
		return err
	}
	if err := given.leaveEnded(ctx, k.db); err != nil {
		return err
	}
	if err := given.readHeadKeys(ctx, k.db); err != nil {
		return err
	}
	if k.instance == "" { // it never changes
		k.instance = m.instance
	}
	k.masters.Store(given)
	return k.openAll(ctx)
}

// Close writes down what is still to be counted. It leaves the database open.
func (k *Keys) Close(ctx context.Context) error { return k.flush(ctx) }
