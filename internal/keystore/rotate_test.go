package keystore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"noadesk/internal/store"
)

// twoMasters gives a keystore whose master key is to be followed by another one.
func twoMasters(t testing.TB) (keys *Keys, db *store.Store, old, next MasterKey) {
	t.Helper()
	keys, db, old = newKeys(t)
	next, _ = NewMasterKey()
	return keys, db, old, next
}

func rewrap(t testing.TB, keys *Keys) int {
	t.Helper()
	n, err := keys.Rewrap(context.Background(), someone, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// sealedUnder counts the records of a master key.
func sealedUnder(t testing.TB, db *store.Store, mk MasterKey) (n int) {
	t.Helper()
	id := mk.id()
	if err := db.QueryRow(context.Background(), `SELECT count(*) FROM signing_keys WHERE substr(sealed, 5, 8) = $1`, id[:]).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBothMasterKeysOpenAndNewRecordsGoUnderTheCurrentOne(t *testing.T) {
	t.Parallel()
	keys, db, old, next := twoMasters(t)
	before := generate(t, keys, fleet, "P-256")
	keys = openKeys(t, db, next.After(old))
	after := generate(t, keys, fleet, "P-256")
	for _, key := range []Key{before, after} {
		if _, err := sign(keys, key); err != nil {
			t.Error(err)
		}
	}
	if sealedUnder(t, db, old) != 1 || sealedUnder(t, db, next) != 1 {
		t.Errorf("%d under the old, %d under the new", sealedUnder(t, db, old), sealedUnder(t, db, next))
	}
	_, err := Open(context.Background(), db, next)
	wantConfigError(t, err, old.ID()[:8])
	_, err = Open(context.Background(), db, old)
	wantConfigError(t, err, "Keys of Fleet are sealed with master key "+next.ID()[:8])
	if _, err := Open(context.Background(), db, next, old); err != nil {
		t.Errorf("named one by one: %v", err)
	}
}

func TestRewrapLeavesNothingUnderTheOldMasterKey(t *testing.T) {
	t.Parallel()
	keys, db, old, next := twoMasters(t)
	key, other := generate(t, keys, fleet, "P-256"), generate(t, keys, otherFleet, "P-384")
	before, err := keys.record(context.Background(), key.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	keys = openKeys(t, db, next.After(old))
	var told []int
	n, err := keys.Rewrap(context.Background(), someone, func(done, total int) { told = append(told, done, total) })
	if err != nil || n != 2 || len(told) != 2 || told[0] != 2 || told[1] != 2 {
		t.Errorf("wrapped %d, told %v, %v", n, told, err)
	}
	alone := openKeys(t, db, next)
	for _, key := range []Key{key, other} {
		if _, err := sign(alone, key); err != nil {
			t.Error(err)
		}
	}
	after, err := alone.record(context.Background(), key.Fingerprint)
	if err != nil || !bytes.Equal(before.sealed[payloadStart:], after.sealed[payloadStart:]) || bytes.Equal(before.sealed, after.sealed) {
		t.Errorf("only the wrapped data key changes: %v", err)
	}
	_, err = Open(context.Background(), db, old)
	wantConfigError(t, err, "sealed with master key "+next.ID()[:8])
	wantNowhere(t, db, before.sealed[headLen:payloadStart])
}

// wantNowhere wants the files of the database to hold some bytes no more.
func wantNowhere(t *testing.T, db *store.Store, text []byte) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(db.Path() + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(data, text) {
			t.Errorf("noadesk.db%s still holds it", suffix)
		}
	}
}

func TestRewrapAgainDoesNothing(t *testing.T) {
	t.Parallel()
	keys, db, old, next := twoMasters(t)
	generate(t, keys, fleet, "P-256")
	keys = openKeys(t, db, next.After(old))
	for i, want := range []int{1, 0, 0} {
		if n := rewrap(t, keys); n != want {
			t.Errorf("time %d: wrapped %d, want %d", i, n, want)
		}
	}
	if n := rewrap(t, openKeys(t, db, next)); n != 0 {
		t.Errorf("without the old master key: wrapped %d", n)
	}
	records, err := db.Records(context.Background(), store.RecordQuery{Action: "master-key.rotate"})
	if err != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if r := records[0]; r.Object != next.ID() || r.Detail["from"] != old.ID() || r.Detail["keys"] != "1" || r.Actor != someone.Actor {
		t.Errorf("record %+v", r)
	}
}

func TestRewrapGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	keys, db, old, next := twoMasters(t)
	for range 3 {
		generate(t, keys, fleet, "P-256")
	}
	keys = openKeys(t, db, next.After(old))
	m := keys.masters.Load()
	w := &resealing{masters: m, seal: func(r record) ([]byte, error) { return m.current.rewrap(m.of(r.sealed), keys.binding(r), r.sealed) }}
	some, err := keys.stale(context.Background(), w, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.resealBatch(context.Background(), w, some[:2]); err != nil {
		t.Fatal(err)
	}
	if finished, err := keys.handOver(context.Background(), someone, w); finished || err != nil {
		t.Errorf("handed over with a record left: %t, %v", finished, err)
	}
	if n := rewrap(t, openKeys(t, db, next, old)); n != 1 {
		t.Errorf("wrapped %d, want the one that was left", n)
	}
	if _, err := Open(context.Background(), db, next); err != nil {
		t.Error(err)
	}
}

func TestRewrapLeavesWhatAnotherOneChanged(t *testing.T) {
	t.Parallel()
	keys, db, old, next := twoMasters(t)
	generate(t, keys, fleet, "P-256")
	keys = openKeys(t, db, next.After(old))
	w := &resealing{masters: keys.masters.Load()}
	stale, err := keys.stale(context.Background(), w, "")
	if err != nil {
		t.Fatal(err)
	}
	w.seal = func(r record) ([]byte, error) {
		alter(t, db, `UPDATE signing_keys SET sealed = zeroblob(238)`)
		return r.sealed, nil
	}
	if err := keys.resealBatch(context.Background(), w, stale); err != nil || w.done != 0 {
		t.Errorf("overwrote %d, %v", w.done, err)
	}
}

func TestDamagedRecordDoesNotHinderTheRotation(t *testing.T) {
	t.Parallel()
	keys, db, old, next := twoMasters(t)
	bad, good := generate(t, keys, fleet, "P-256"), generate(t, keys, fleet, "P-256")
	alter(t, db, `UPDATE signing_keys SET sealed = CAST(substr(sealed, 1, 20) || zeroblob(218) AS BLOB) WHERE fingerprint = $1`, bad.Fingerprint)
	if n := rewrap(t, openKeys(t, db, next, old)); n != 1 {
		t.Errorf("wrapped %d", n)
	}
	keys = openKeys(t, db, next)
	if _, err := sign(keys, good); err != nil {
		t.Error(err)
	}
	if key, err := keys.Key(context.Background(), fleet, bad.Fingerprint); err != nil || key.State != Damaged {
		t.Errorf("the damaged one is %s, %v", key.State, err)
	}
}

func TestFlippedMasterKeyIDStopsOneKeyOnly(t *testing.T) {
	t.Parallel()
	keys, db, mk := newKeys(t)
	key := generate(t, keys, fleet, "P-256")
	alter(t, db, `UPDATE signing_keys SET sealed = CAST(substr(sealed, 1, 4) || zeroblob(8) || substr(sealed, 13) AS BLOB)`)
	if got, err := openKeys(t, db, mk).Key(context.Background(), fleet, key.Fingerprint); err != nil || got.State != Damaged {
		t.Errorf("got %s, %v", got.State, err)
	}
}

func TestRunningKeystoreTakesOverNewMasterKeys(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	serving, db, old, next := twoMasters(t)
	key := generate(t, serving, fleet, "P-256")
	other, _ := NewMasterKey()
	wantConfigError(t, serving.Reload(ctx, other), "sealed with master key")
	if _, err := sign(serving, key); err != nil {
		t.Errorf("after a refused reload: %v", err)
	}
	if err := serving.Reload(ctx, next, old); err != nil {
		t.Fatal(err)
	}
	rewrap(t, openKeys(t, db, next, old))
	if _, err := sign(serving, key); err != nil {
		t.Errorf("after the rotation: %v", err)
	}
	if err := serving.Reload(ctx, next); err != nil {
		t.Error(err)
	}
	if _, err := sign(serving, generate(t, serving, fleet, "P-256")); err != nil {
		t.Error(err)
	}
}

func TestProcessWithoutTheNewMasterKeyStoresNothing(t *testing.T) {
	t.Parallel()
	left, db, old, next := twoMasters(t)
	key := generate(t, left, fleet, "P-256")
	rewrap(t, openKeys(t, db, next, old))
	_, err := left.Generate(context.Background(), someone, fleet, "desk", "P-256")
	wantConfigError(t, err, next.ID()[:8])
	if _, err := sign(left, key); !errors.Is(err, ErrDamaged) {
		t.Errorf("signing: %v", err)
	}
	if err := left.Reload(context.Background(), next); err != nil {
		t.Fatal(err)
	}
	if _, err := sign(left, key); err != nil {
		t.Errorf("with the new master key: %v", err)
	}
}

func TestRenewMakesFreshSealsAndMarksEveryKey(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, db, old, next := twoMasters(t)
	_, err := keys.Renew(ctx, someone, nil)
	wantConfigError(t, err, "make a new one")
	key := generate(t, keys, fleet, "P-256")
	before, err := keys.record(ctx, key.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	keys = openKeys(t, db, next.After(old))
	rewrap(t, keys) // even if it was rotated already, as one does without haste
	if n, err := keys.Renew(ctx, someone, nil); err != nil || n != 1 {
		t.Fatalf("renewed %d, %v", n, err)
	}
	keys = openKeys(t, db, next)
	after, err := keys.record(ctx, key.Fingerprint)
	if err != nil || bytes.Equal(before.sealed[payloadStart:], after.sealed[payloadStart:]) {
		t.Errorf("the payload is the same: %v", err)
	}
	if after.Exposed.IsZero() {
		t.Error("the key is not marked")
	}
	if _, err := sign(keys, key); err != nil {
		t.Error(err)
	}
	if fresh := generate(t, keys, fleet, "P-256"); !fresh.Exposed.IsZero() {
		t.Error("a key made after it is marked")
	}
	wantNowhere(t, db, before.sealed[payloadStart:])
}

func TestSignaturesGoOnWhileTheMasterKeyChanges(t *testing.T) {
	t.Parallel()
	keys, db, old, next := twoMasters(t)
	var all []Key
	for range 20 {
		all = append(all, generate(t, keys, fleet, "P-256"))
	}
	serving, rotating := openKeys(t, db, next.After(old)), openKeys(t, db, next.After(old))
	stop := make(chan struct{})
	var traffic sync.WaitGroup
	traffic.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := sign(serving, all[i%len(all)]); err != nil {
				t.Error(err)
				return
			}
		}
	})
	rewrap(t, rotating)
	generate(t, serving, fleet, "P-256")
	close(stop)
	traffic.Wait()
}

func TestHeadsOfFormerMasterKeysVerify(t *testing.T) {
	t.Parallel()
	keys, db, old, next := twoMasters(t)
	third, _ := NewMasterKey()
	head := []byte("head of the audit log")
	macs := [][]byte{keys.SealHead(head)}
	for _, step := range [][2]MasterKey{{next, old}, {third, next}} {
		keys = openKeys(t, db, step[0], step[1])
		macs = append(macs, keys.SealHead(head))
		rewrap(t, keys)
		macs = append(macs, keys.SealHead(head))
	}
	keys = openKeys(t, db, third)
	for i, mac := range macs {
		if !keys.VerifyHead(head, mac) {
			t.Errorf("mac %d does not verify", i)
		}
		if keys.VerifyHead([]byte("another"), mac) || keys.VerifyHead(head, mac[:20]) || keys.VerifyHead(head, nil) {
			t.Errorf("mac %d verifies what it was not made for", i)
		}
		mac[len(mac)-1] ^= 1
		if keys.VerifyHead(head, mac) {
			t.Errorf("mac %d verifies when it is changed", i)
		}
	}
	foreign, _, _ := newKeys(t)
	if foreign.VerifyHead(head, keys.SealHead(head)) {
		t.Error("another keystore's head verifies")
	}
}
