package keystore

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"strings"
	"testing"

	"noadesk/internal/store"
)

const fleet, otherFleet = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"

var someone = store.Event{Actor: "test@example.org"}

// openStore gives a database with two organisations.
func openStore(t testing.TB, dir string) *store.Store {
	t.Helper()
	db, err := store.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, db) })
	alter(t, db, `INSERT INTO organisations (uuid, slug, name, created) VALUES ($1, 'fleet', 'Fleet', 1), ($2, 'other', 'Other', 1)
		ON CONFLICT DO NOTHING`, fleet, otherFleet)
	return db
}

func closeStore(t testing.TB, db *store.Store) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// alter changes the tables behind the keystore's back.
func alter(t testing.TB, db *store.Store, q string, args ...any) {
	t.Helper()
	err := db.Bookkeep(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(q, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func openKeys(t testing.TB, db *store.Store, mk MasterKey, previous ...MasterKey) *Keys {
	t.Helper()
	keys, err := Open(context.Background(), db, mk, previous...)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// newKeys gives an empty keystore.
func newKeys(t testing.TB) (*Keys, *store.Store, MasterKey) {
	t.Helper()
	db := openStore(t, t.TempDir())
	mk, _ := NewMasterKey()
	return openKeys(t, db, mk), db, mk
}

func generate(t testing.TB, keys *Keys, org, curve string) Key {
	t.Helper()
	key, err := keys.Generate(context.Background(), someone, org, "desk", curve)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sums are those of the database's files; one that is not there has none.
func sums(t *testing.T, path string) map[string][32]byte {
	t.Helper()
	sums := map[string][32]byte{}
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		sums[suffix] = sha256.Sum256(data)
	}
	return sums
}

// wantConfigError wants a sentence for the operator that holds some words.
func wantConfigError(t *testing.T, err error, words string) {
	t.Helper()
	var config *store.ConfigError
	if !errors.As(err, &config) || !strings.Contains(config.Sentence, words) {
		t.Errorf("got %v, want a configuration error with %q", err, words)
	}
}

func TestWrongMasterKeyLeavesTheFileAsItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mk, _ := NewMasterKey()
	other, _ := NewMasterKey()
	first := openStore(t, dir)
	generate(t, openKeys(t, first, mk), fleet, "P-256")
	path := first.Path()
	closeStore(t, first)
	before := sums(t, path)

	db, err := store.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), db, other)
	wantConfigError(t, err, other.ID()[:8])
	if !errors.Is(err, ErrMasterKey) {
		t.Errorf("got %v, want ErrMasterKey", err)
	}
	closeStore(t, db)
	if after := sums(t, path); len(after) != 1 || after[""] != before[""] {
		t.Error("the database file changed")
	}
}

func TestWrongMasterKeyLeavesTheLogOfACrashAsItIs(t *testing.T) {
	t.Parallel()
	mk, _ := NewMasterKey()
	other, _ := NewMasterKey()
	running := openStore(t, t.TempDir())
	generate(t, openKeys(t, running, mk), fleet, "P-256")
	crashed := t.TempDir()
	for _, name := range []string{"", "-wal"} {
		data, err := os.ReadFile(running.Path() + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(crashed+"/noadesk.db"+name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := sums(t, crashed+"/noadesk.db")

	db, err := store.Open(context.Background(), crashed)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), db, other)
	wantConfigError(t, err, "sealed with master key")
	closeStore(t, db)
	after := sums(t, crashed+"/noadesk.db")
	if len(before) != 2 || before[""] != after[""] || before["-wal"] != after["-wal"] {
		t.Error("the files changed")
	}
	generateAfter := openKeys(t, openStore(t, crashed), mk)
	if list, err := generateAfter.List(context.Background(), fleet); err != nil || len(list) != 1 || list[0].State != Unproved {
		t.Errorf("the right master key found %v, %v", list, err)
	}
}

func TestKeystoreIsNeverStartedAnewOverKeys(t *testing.T) {
	t.Parallel()
	for _, missing := range []string{"canary", "mk_id", "instance_id", "%"} {
		t.Run(missing, func(t *testing.T) {
			t.Parallel()
			keys, db, mk := newKeys(t)
			generate(t, keys, fleet, "P-256")
			alter(t, db, `DELETE FROM meta WHERE name LIKE $1`, missing)
			_, err := Open(context.Background(), db, mk)
			wantConfigError(t, err, "damaged")
		})
	}
}

func TestBrokenCanaryStopsTheStart(t *testing.T) {
	t.Parallel()
	_, db, mk := newKeys(t)
	alter(t, db, `UPDATE meta SET value = zeroblob(95) WHERE name = 'canary'`)
	_, err := Open(context.Background(), db, mk)
	wantConfigError(t, err, "probe record")
}

func TestTwoProcessesBindAnEmptyKeystoreOnce(t *testing.T) {
	t.Parallel()
	db := openStore(t, t.TempDir())
	mk, _ := NewMasterKey()
	other, _ := NewMasterKey()
	m, err := readMarks(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	openKeys(t, db, mk)
	late, err := bind(context.Background(), db, other, m)
	if err != nil || late.masterID != mk.ID() {
		t.Errorf("got master key %s, %v", late.masterID, err)
	}
}

func TestDamagedRecordIsKeptAsideAndTheOthersWork(t *testing.T) {
	t.Parallel()
	keys, db, mk := newKeys(t)
	bad, good := generate(t, keys, fleet, "P-256"), generate(t, keys, fleet, "P-384")
	alter(t, db, `UPDATE signing_keys SET sealed = zeroblob(238) WHERE fingerprint = $1`, bad.Fingerprint)
	keys = openKeys(t, db, mk)
	if key, err := keys.Key(context.Background(), fleet, bad.Fingerprint); err != nil || key.State != Damaged {
		t.Errorf("got %v, %v", key.State, err)
	}
	if _, err := sign(keys, bad); !errors.Is(err, ErrDamaged) {
		t.Errorf("signing with it: %v", err)
	}
	if _, err := sign(keys, good); err != nil {
		t.Errorf("signing with another: %v", err)
	}
}

func TestDamageWhileRunningIsNoticed(t *testing.T) {
	t.Parallel()
	keys, db, _ := newKeys(t)
	key := generate(t, keys, fleet, "P-256")
	alter(t, db, `UPDATE signing_keys SET sealed = zeroblob(238)`)
	if _, err := sign(keys, key); !errors.Is(err, ErrDamaged) {
		t.Errorf("signing: %v", err)
	}
	if list, err := keys.ListAll(context.Background()); err != nil || list[0].State != Damaged {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestKeysAreFoundByTheBeginningOfTheirFingerprint(t *testing.T) {
	t.Parallel()
	keys, db, _ := newKeys(t)
	key := generate(t, keys, fleet, "P-256")
	f := key.Fingerprint
	for _, text := range []string{f, f[:8], strings.ToUpper(f[:20]), " " + f[:4] + " " + f[4:8] + " ", f[:4] + ":" + f[4:12], f[:4] + "-" + f[4:]} {
		if got, err := keys.Find(context.Background(), text); err != nil || got.Fingerprint != f {
			t.Errorf("Find(%q): %v, %v", text, got.Fingerprint, err)
		}
	}
	for _, text := range []string{"", f[:7], f + "0", "not hex at all", strings.Repeat("0", 64), f[:8] + "%"} {
		if _, err := keys.Find(context.Background(), text); !errors.Is(err, ErrNotFound) {
			t.Errorf("Find(%q): %v", text, err)
		}
	}
	second := generate(t, keys, fleet, "P-256")
	alter(t, db, `UPDATE signing_keys SET fingerprint = $1 WHERE fingerprint = $2`, f[:16]+second.Fingerprint[16:], second.Fingerprint)
	if _, err := keys.Find(context.Background(), f[:16]); !errors.Is(err, ErrAmbiguous) {
		t.Errorf("two that begin alike: %v", err)
	}
}

func TestAnotherOrganisationsKeysAreNotThere(t *testing.T) {
	t.Parallel()
	keys, _, _ := newKeys(t)
	key := generate(t, keys, fleet, "P-256")
	if _, err := keys.Key(context.Background(), otherFleet, key.Fingerprint); !errors.Is(err, ErrNotFound) {
		t.Errorf("Key: %v", err)
	}
	for _, org := range []string{otherFleet, ""} {
		if list, err := keys.List(context.Background(), org); err != nil || len(list) != 0 {
			t.Errorf("List(%q): %v, %v", org, list, err)
		}
	}
}
