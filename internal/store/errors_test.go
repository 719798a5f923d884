package store

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"

	"github.com/mattn/go-sqlite3"
)

func TestErrorsOfStorageAreNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lite sqlite3.Error
		want error
	}{
		{sqlite3.Error{Code: sqlite3.ErrBusy}, ErrBusy},
		{sqlite3.Error{Code: sqlite3.ErrFull}, ErrFull},
		{sqlite3.Error{Code: sqlite3.ErrReadonly}, ErrReadOnly},
		{sqlite3.Error{Code: sqlite3.ErrCorrupt}, ErrDamaged},
		{sqlite3.Error{Code: sqlite3.ErrNotADB}, ErrNotOurs},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrWrite, SystemErrno: syscall.EIO}, ErrStorage},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrWrite, SystemErrno: syscall.EFBIG}, ErrFull},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrFsync, SystemErrno: syscall.EIO}, ErrStorage},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrFsync, SystemErrno: syscall.ENOSPC}, ErrStorage},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrDirFsync, SystemErrno: syscall.ENOSPC}, ErrStorage},
	} {
		if err := named(c.lite); !errors.Is(err, c.want) {
			t.Errorf("%+v: got %v, want %v", c.lite, err, c.want)
		}
	}
}

func TestNothingIsWrittenAfterTheStorageFailed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	s := mustOpen(t, dir)
	if err := s.Change(ctx, someone, put("x")); err != nil {
		t.Fatal(err)
	}
	err := s.Bookkeep(ctx, func(*Tx) error {
		return named(sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrFsync, SystemErrno: syscall.EIO})
	})
	if !errors.Is(err, ErrStorage) || !errors.Is(err, ErrReadOnly) {
		t.Errorf("the change that fails: %v", err)
	}
	for _, err := range []error{s.Change(ctx, someone, put("y")), s.Bookkeep(ctx, put("y")), s.Checkpoint(ctx), s.Compact(ctx), s.Writable()} {
		if !errors.Is(err, ErrStorage) || !errors.Is(err, ErrReadOnly) {
			t.Errorf("after it: %v", err)
		}
	}
	if n := count(t, s, `SELECT count(*) FROM meta WHERE name IN ('x', 'y')`); n != 1 {
		t.Errorf("%d rows can be read", n)
	}
	before := sum(t, dir)
	closeStore(t, s)
	if info, err := os.Stat(s.Path() + "-wal"); err != nil || info.Size() == 0 || sum(t, dir) != before {
		t.Errorf("the log was copied into the database: %v", err)
	}
	again := open(t, dir)
	if err := errors.Join(again.Writable(), again.Change(ctx, someone, put("y"))); err != nil {
		t.Errorf("the next start: %v", err)
	}
}
