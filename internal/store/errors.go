package store

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// What can be wrong with the file or with the moment.
var (
	ErrNotOurs  = errors.New("store: not a Noadesk database")
	ErrNewer    = errors.New("store: written by a newer Noadesk")
	ErrDamaged  = errors.New("store: database file is damaged")
	ErrBusy     = errors.New("store: database is busy")
	ErrFull     = errors.New("store: disk is full")
	ErrReadOnly = errors.New("store: storage is read-only")
	ErrStorage  = errors.New("store: storage failed, nothing is written until the desk is started anew")
	ErrNoRow    = errors.New("store: not exactly one row changed")
)

// A ConfigError says that the desk cannot start as it is set up. Its sentence
// is for the operator; the program ends with exit code 78.
type ConfigError struct {
	Sentence string
	Cause    error
}

// Error is the sentence.
func (e *ConfigError) Error() string { return e.Sentence }

// Unwrap gives the cause, which may be nil.
func (e *ConfigError) Unwrap() error { return e.Cause }

// ErrLocked says that another process works on the folder.
type ErrLocked struct{ PID int }

// Error names the process, where it is known.
func (e ErrLocked) Error() string {
	if e.PID == 0 {
		return "store: locked by another process"
	}
	return fmt.Sprintf("store: locked by process %d", e.PID)
}

// named gives SQLite's errors the names that callers act on.
func named(err error) error {
	var lite sqlite3.Error
	if !errors.As(err, &lite) {
		return err
	}
	switch lite.Code {
	case sqlite3.ErrIoErr:
		return fmt.Errorf("%w: %w", namedIO(lite), err)
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case sqlite3.ErrFull:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case sqlite3.ErrReadonly:
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case sqlite3.ErrNotADB:
		return fmt.Errorf("%w: %w", ErrNotOurs, err)
	case sqlite3.ErrCorrupt:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// namedIO tells storage that has no room from storage that has failed. A sync
// that fails is never taken for want of room: what it should have kept may be
// gone, and a second try would say that all is well.
func namedIO(lite sqlite3.Error) error {
	synced := lite.ExtendedCode != sqlite3.ErrIoErrFsync && lite.ExtendedCode != sqlite3.ErrIoErrDirFsync
	full := lite.SystemErrno == syscall.ENOSPC || lite.SystemErrno == syscall.EDQUOT || lite.SystemErrno == syscall.EFBIG
	if synced && full {
		return ErrFull
	}
	return ErrStorage
}

// namedFile gives the system's word that there is no room the name that callers
// act on.
func namedFile(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
