package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

func BenchmarkChange(b *testing.B) {
	s := open(b, b.TempDir())
	for b.Loop() {
		if err := s.Change(context.Background(), someone, func(*Tx) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// longLog gives a log of so many records.
func longLog(b *testing.B, records int) *Store {
	b.Helper()
	s := open(b, b.TempDir())
	err := s.Bookkeep(context.Background(), func(tx *Tx) error {
		for range records {
			if err := tx.record(someone, time.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func BenchmarkVerifyAuditOf10000(b *testing.B) {
	s := longLog(b, 10_000)
	for b.Loop() {
		if v := verify(b, s); len(v.Wrong) != 0 {
			b.Fatal(v.Wrong)
		}
	}
}

func BenchmarkBackupOf10000(b *testing.B) {
	s := longLog(b, 10_000)
	dir := b.TempDir()
	for i := 0; b.Loop(); i++ {
		if err := s.Backup(context.Background(), filepath.Join(dir, fmt.Sprint(i))); err != nil {
			b.Fatal(err)
		}
	}
}
