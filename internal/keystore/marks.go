package keystore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"noadesk/internal/store"
)

// marks are what the database says about its master key.
type marks struct {
	instance string
	masterID string
	canary   []byte
	keys     int
}

func (m marks) empty() bool { return m.masterID == "" && m.canary == nil && m.keys == 0 }

type queryRow func(q string, args ...any) *sql.Row

// countKeys counts the keys in a database of today's version.
const countKeys = `SELECT count(*) FROM signing_keys`

func readMarks(ctx context.Context, db *store.Store) (marks, error) {
	return readMarksOf(ctx, db, countKeys)
}

func readMarksOf(ctx context.Context, db *store.Store, countKeys string) (marks, error) {
	return scanMarks(func(q string, args ...any) *sql.Row { return db.QueryRow(ctx, q, args...) }, countKeys)
}

func scanMarks(row queryRow, countKeys string) (marks, error) {
	var m marks
	var instance, masterID []byte
	err := row(`SELECT (SELECT value FROM meta WHERE name = 'instance_id'), (SELECT value FROM meta WHERE name = 'mk_id'),
		(SELECT value FROM meta WHERE name = 'canary'), (`+countKeys+`)`).
		Scan(&instance, &masterID, &m.canary, &m.keys)
	if err != nil {
		return marks{}, fmt.Errorf("keystore: read marks: %w", err)
	}
	m.instance, m.masterID = string(instance), hex.EncodeToString(masterID)
	return m, nil
}

// check says whether the master key that the keystore is sealed under is given.
// It never starts a keystore anew over one that is there.
func (m marks) check(mk MasterKey) error {
	switch {
	case len(m.instance) != 16 || m.masterID == "" || m.canary == nil:
		return damagedKeystore("The keystore is damaged: what marks its master key is missing. Restore a backup.")
	}
	for _, given := range mk.all() {
		if given.ID() == m.masterID {
			return m.checkCanary(given)
		}
	}
	return masterKeyError(fmt.Sprintf("The keystore is sealed with master key %.8s…; %s.", m.masterID, named(mk.all())))
}

func (m marks) checkCanary(mk MasterKey) error {
	if _, err := newSealer(mk, m.instance).open(canaryBinding(m.instance), m.canary); err != nil {
		return damagedKeystore("The keystore is damaged: its probe record does not open. Restore a backup.")
	}
	return nil
}

// named says which master keys were given.
func named(given []MasterKey) string {
	var ids []string
	for _, mk := range given {
		ids = append(ids, mk.ID()[:8]+"…")
	}
	if len(ids) == 1 {
		return "the one given is " + ids[0]
	}
	return "those given are " + strings.Join(ids, " and ")
}

func damagedKeystore(sentence string) error {
	return &store.ConfigError{Sentence: sentence, Cause: ErrDamaged}
}

func canaryBinding(instance string) binding {
	return binding{table: "canary", instance: instance}
}

var errBound = errors.New("keystore: bound meanwhile")

// bind seals an empty keystore under its first master key, the current one. Another process may
// have done so since the marks were read; then theirs hold.
func bind(ctx context.Context, db *store.Store, mk MasterKey, m marks) (marks, error) {
	id := mk.id()
	canary := newSealer(mk, m.instance).seal(canaryBinding(m.instance), []byte("noadesk"))
	e := store.Event{Actor: "the desk", Action: "master-key.bind", Object: mk.ID()}
	err := db.Change(ctx, e, func(tx *store.Tx) error {
		now, err := scanMarks(tx.QueryRow, countKeys)
		if err != nil {
			return err
		}
		if !now.empty() {
			return errBound
		}
		if _, err := tx.Exec(`INSERT INTO meta (name, value) VALUES ('mk_id', $1), ('canary', $2)`, id[:], canary); err != nil {
			return err
		}
		return register(tx, id, time.Now())
	})
	if err != nil && !errors.Is(err, errBound) {
		return marks{}, err
	}
	return readMarks(ctx, db)
}
