package keystore

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"noadesk/internal/store"
)

const many = 10_000

// fillMany gives a database ten thousand keys, each another one.
func fillMany(t *testing.T, keys *Keys) []string {
	t.Helper()
	var fingerprints []string
	err := keys.db.Bookkeep(context.Background(), func(tx *store.Tx) error {
		for range many {
			_, private := newSketch(t, curves()[0])
			r, err := newRecord(fleet, "desk", Generated, private)
			if err != nil {
				return err
			}
			if err := keys.insert(tx, r, private); err != nil {
				return err
			}
			fingerprints = append(fingerprints, r.Fingerprint)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fingerprints
}

// timed says how long something took. No test fails by the clock: what the
// machine does beside it is not the keystore's.
func timed(t *testing.T, what string, f func()) {
	t.Helper()
	start := time.Now()
	f()
	t.Logf("%s: %s", what, time.Since(start).Round(time.Millisecond))
}

func TestTenThousandKeys(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	db := openStore(t, dir)
	old, _ := NewMasterKey()
	next, _ := NewMasterKey()
	fingerprints := fillMany(t, openKeys(t, db, old))

	var serving *Keys
	timed(t, "ready", func() {
		again, err := store.Open(ctx, dir, next.After(old).Fits(ctx))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeStore(t, again) })
		serving = openKeys(t, again, next, old)
	})
	traffic := startTraffic(t, serving, fingerprints)
	timed(t, "rewrapped", func() {
		if n := rewrap(t, openKeys(t, db, next, old)); n != many {
			t.Errorf("wrapped %d", n)
		}
	})
	timed(t, "backed up", func() {
		backUp(t, db, next.After(old))
	})
	if n := traffic(); n == 0 {
		t.Error("nothing was signed meanwhile")
	} else {
		t.Logf("%d signatures meanwhile", n)
	}
	timed(t, "checked", func() {
		if damages, err := openKeys(t, db, next).Check(ctx); err != nil || len(damages) != 0 {
			t.Errorf("%d damaged, %v", len(damages), err)
		}
	})
}

// backUp makes a backup as the command does, with its receipt and every key
// opened once.
func backUp(t *testing.T, db *store.Store, mk MasterKey) {
	t.Helper()
	ctx, file := context.Background(), filepath.Join(t.TempDir(), "backup.db")
	seal := func(backup *store.Store, text []byte) ([]byte, error) {
		keys, err := Open(ctx, backup, mk)
		if err != nil {
			return nil, err
		}
		return keys.SealReceipt(text), nil
	}
	err := db.BackupWithReceipt(ctx, file, seal, func(backup *store.Store) error {
		keys, err := Open(ctx, backup, mk)
		if err != nil {
			return err
		}
		if found, err := backup.VerifyReceipt(ctx, keys.VerifyReceipt); err != nil || !found.There || len(found.Wrong) > 0 {
			t.Errorf("receipt: %+v, %v", found, err)
		}
		damages, err := keys.Check(ctx)
		if len(damages) > 0 {
			t.Errorf("%d damaged", len(damages))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// startTraffic signs with one key after the other until it is ended; none may
// fail. It counts the signatures.
func startTraffic(t *testing.T, keys *Keys, fingerprints []string) (end func() int64) {
	t.Helper()
	var signed atomic.Int64
	var ended atomic.Bool
	var running sync.WaitGroup
	running.Go(func() {
		for i := 0; !ended.Load(); i++ {
			if _, err := sign(keys, Key{Fingerprint: fingerprints[i%len(fingerprints)]}); err != nil {
				t.Errorf("signature %d: %v", i, err)
				return
			}
			signed.Add(1)
		}
	})
	end = func() int64 {
		ended.Store(true)
		running.Wait()
		return signed.Load()
	}
	t.Cleanup(func() { end() })
	return end
}
