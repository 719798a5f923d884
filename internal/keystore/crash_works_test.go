package keystore

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"noadesk/internal/store"
)

// A crashing is a piece of work that may be cut short: how it begins, what is
// done, and what has to hold afterwards whether it was done or not.
type crashing struct {
	prepare func(t *testing.T, f crashFolder)
	do      func(ctx context.Context, keys *Keys, f crashFolder) error
	check   func(ctx context.Context, keys *Keys, done bool) error
}

var crashWorks = map[string]crashing{
	"import":        {prepareKeys, importFile, checkImport},
	"rewrap":        {prepareKeys, rewrapAll, checkRewrap},
	"switch":        {prepareKeys, switchToSecond, checkSwitch},
	"destroy":       {prepareKeys, destroyThird, checkDestroy},
	"migrate":       {prepareReleased, nothingMore, checkMigrated},
	"import many":   {do: importMany},
	"import weakly": {do: importWeakly},
}

func newCrashTemplate(t *testing.T, prepare func(*testing.T, crashFolder)) crashTemplate {
	t.Helper()
	f := crashFolder(memoryDir(t))
	for _, name := range []string{"old.key", "next.key"} {
		_, text := NewMasterKey()
		write(t, string(f), name, []byte(text))
	}
	write(t, string(f), "key.pem", newPEM(t))
	prepare(t, f)
	return takeTemplate(t, f)
}

// oldKeys opens the folder with the old master key only.
func oldKeys(t *testing.T, f crashFolder) (*store.Store, *Keys) {
	t.Helper()
	mk, err := ReadMasterKeyFile(f.file("old.key"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(context.Background(), f.file("data"))
	if err != nil {
		t.Fatal(err)
	}
	alter(t, db, `INSERT INTO organisations (uuid, slug, name, created) VALUES ($1, 'fleet', 'Fleet', 1)`, fleet)
	return db, openKeys(t, db, mk)
}

// prepareKeys makes an active key, a proved one and a retired one.
func prepareKeys(t *testing.T, f crashFolder) {
	db, keys := oldKeys(t, f)
	long := time.UnixMilli(1_600_000_000_000) // long ago: what comes later is listed last
	keys.now = func() time.Time { long = long.Add(time.Second); return long }
	importKey(t, keys, fleet)
	prove(t, keys, generate(t, keys, fleet, "P-256"))
	third := generate(t, keys, fleet, "P-384")
	if err := keys.Retire(context.Background(), someone, third.Fingerprint); err != nil {
		t.Fatal(err)
	}
	closeStore(t, db)
}

// nth is the n-th of the fleet's keys in the order they came.
func nth(ctx context.Context, keys *Keys, n int) (Key, error) {
	list, err := keys.List(ctx, fleet)
	if err != nil || len(list) <= n {
		return Key{}, fmt.Errorf("%d keys: %w", len(list), err)
	}
	return list[n], nil
}

func wantKeys(ctx context.Context, keys *Keys, want ...[]State) error {
	list, err := keys.List(ctx, fleet)
	if err != nil {
		return err
	}
	var got []State
	for _, key := range list {
		got = append(got, key.State)
	}
	for _, states := range want {
		if slices.Equal(got, states) {
			return nil
		}
	}
	return fmt.Errorf("states %v, want one of %v", got, want)
}

var before = []State{Active, Ready, Retired}

// either is what has to be there: after, and if that was not reported, before.
func either(done bool, after []State) [][]State {
	if done {
		return [][]State{after}
	}
	return [][]State{before, after}
}

func importFile(ctx context.Context, keys *Keys, f crashFolder) error {
	text, err := os.ReadFile(f.file("key.pem"))
	if err != nil {
		return err
	}
	_, _, err = keys.Import(ctx, someone, fleet, "desk", text, nil)
	return err
}

func checkImport(ctx context.Context, keys *Keys, done bool) error {
	return wantKeys(ctx, keys, either(done, []State{Active, Ready, Retired, Ready})...)
}

func rewrapAll(ctx context.Context, keys *Keys, _ crashFolder) error {
	_, err := keys.Rewrap(ctx, someone, nil)
	return err
}

func checkRewrap(ctx context.Context, keys *Keys, done bool) error {
	m := keys.masters.Load()
	alone := *m
	alone.all = map[masterID]sealer{m.current.id: m.current}
	err := alone.checkRecords(ctx, keys.db)
	if done && err != nil {
		return err
	}
	records, err := keys.records(ctx, "")
	for _, r := range records {
		if done && masterID(r.sealed[4:headLen]) != m.current.id {
			err = errors.Join(err, errOtherMaster)
		}
	}
	return errors.Join(err, wantKeys(ctx, keys, before))
}

func switchToSecond(ctx context.Context, keys *Keys, _ crashFolder) error {
	key, err := nth(ctx, keys, 1)
	if err != nil {
		return err
	}
	return keys.Switch(ctx, someone, key.Fingerprint)
}

func checkSwitch(ctx context.Context, keys *Keys, done bool) error {
	return wantKeys(ctx, keys, either(done, []State{Retiring, Active, Retired})...)
}

func destroyThird(ctx context.Context, keys *Keys, _ crashFolder) error {
	key, err := nth(ctx, keys, 2)
	if err != nil {
		return checkDestroy(ctx, keys, true) // it was destroyed when it was not reported
	}
	return keys.Destroy(ctx, someone, key.Fingerprint)
}

func checkDestroy(ctx context.Context, keys *Keys, done bool) error {
	stones, err := keys.Destroyed(ctx, fleet)
	if err != nil {
		return err
	}
	if err := wantKeys(ctx, keys, either(done, []State{Active, Ready})...); err != nil {
		return err
	}
	if _, err := nth(ctx, keys, 2); (err == nil) == (len(stones) == 1) {
		return fmt.Errorf("%d tombstones beside the keys", len(stones))
	}
	return nil
}

// prepareReleased makes a database as the first release left it.
func prepareReleased(t *testing.T, f crashFolder) {
	mk, err := ReadMasterKeyFile(f.file("old.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(f.file("data"), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(string(f), "data/noadesk.db")+"?_journal_mode=WAL")
	if err != nil {
		t.Fatal(err)
	}
	steps, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("../../migrations"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := steps.UpTo(context.Background(), 4); err != nil {
		t.Fatal(err)
	}
	fillReleased(t, db, mk)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// fillReleased puts keys and their records into it.
func fillReleased(t *testing.T, db *sql.DB, mk MasterKey) {
	t.Helper()
	exec := func(q string, args ...any) {
		if _, err := db.Exec(q, args...); err != nil {
			t.Fatal(err)
		}
	}
	var instance []byte
	if err := db.QueryRow(`SELECT value FROM meta WHERE name = 'instance_id'`).Scan(&instance); err != nil {
		t.Fatal(err)
	}
	s, id := newSealer(mk, string(instance)), mk.id()
	exec(`INSERT INTO meta (name, value) VALUES ('mk_id', $1), ('canary', $2)`, id[:], s.seal(canaryBinding(string(instance)), []byte("noadesk")))
	exec(`INSERT INTO organisations (uuid, slug, name, created) VALUES ($1, 'fleet', 'Fleet', 1)`, fleet)
	k := &Keys{instance: string(instance)}
	for i, state := range before {
		r, der := releasedRecord(t)
		exec(`INSERT INTO signing_keys (id, organisation, version, curve, fingerprint, public_key, sealed, client, label, origin, state, created)
			VALUES ($1, $2, 1, $3, $4, $5, $6, 'desk', 'desk', 'imported', $7, $8)`,
			r.id, fleet, r.Curve, r.Fingerprint, r.spki, s.seal(k.binding(r), der), state, i+1)
		exec(`INSERT INTO audit (seq, at, organisation, actor, action, object, record) VALUES ($1, $1, $2, 'a', 'key.import', $3, $4)`,
			i+1, fleet, r.Fingerprint, fmt.Sprintf(`{"seq":%d,"at":%d,"actor":"a","organisation":"%s","action":"key.import","object":"%s","detail":{}}`,
				i+1, i+1, fleet, r.Fingerprint))
	}
}

func nothingMore(context.Context, *Keys, crashFolder) error { return nil }

func checkMigrated(ctx context.Context, keys *Keys, _ bool) error { return wantKeys(ctx, keys, before) }

func releasedRecord(t *testing.T) (r record, der []byte) {
	t.Helper()
	_, private := newSketch(t, curves()[0])
	r, err := newRecord(fleet, "desk", Imported, private)
	if err != nil {
		t.Fatal(err)
	}
	der, err = x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return r, der
}
