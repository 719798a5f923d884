package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"

	"noadesk/migrations"
)

// OpenFile opens a database file to look at it: a backup, or the live one with
// its write-ahead log. It reads the whole file, refuses it if a page is damaged,
// and never writes to it. One of an older version is brought up to date in a
// copy for the time, as today's program could not read it otherwise.
func OpenFile(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: filepath.Dir(path), name: filepath.Base(path)}
	version, err := s.look(ctx)
	if err == nil && version != migrations.Version {
		var updated *Store
		if updated, err = s.updated(ctx); err == nil {
			return updated, s.Close()
		}
	}
	if err != nil {
		return nil, errors.Join(explained(path, err), s.Close())
	}
	return s, nil
}

func (s *Store) look(ctx context.Context) (version int, err error) {
	if err := checkRegular(s.Path()); err != nil {
		return 0, err
	}
	if err := checkLibrary(); err != nil {
		return 0, err
	}
	if err := s.still(); err != nil {
		return 0, err
	}
	s.read = openPool(s.Path(), poolSettings{lookerSettings.address + s.fixed, lookerSettings.wanted})
	s.read.SetMaxOpenConns(4)
	if version, err = checkMarks(ctx, s.read); err != nil {
		return 0, err
	}
	if version == 0 {
		return 0, ErrNotOurs
	}
	return version, integrity(ctx, s.read)
}

// still sees to it that nothing is left beside the file. One that has no
// write-ahead log is complete in itself and nobody of ours has it open; SQLite
// takes it as it is then, and nobody opens it while the folder is held.
func (s *Store) still() error {
	unlock, err := lockFolder(s.dir)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(s.Path() + "-wal"); !errors.Is(err, os.ErrNotExist) {
		unlock()
		return err
	}
	s.fixed = "&immutable=1"
	s.after = func() error {
		unlock()
		return nil
	}
	return nil
}

// updated gives the file as it will be after the steps that it lacks.
func (s *Store) updated(ctx context.Context) (*Store, error) {
	r, err := s.readReceipt(ctx) // which is about the tables as they are
	if err != nil {
		return nil, err
	}
	dir, done, err := Scratch(os.TempDir())
	if err != nil {
		return nil, err
	}
	if err := s.copyInto(ctx, filepath.Join(dir, fileName)); err != nil {
		done()
		return nil, err
	}
	updated, err := Open(ctx, dir)
	if err != nil {
		done()
		return nil, err
	}
	updated.receipt = &r
	updated.after = func() error { done(); return nil }
	return updated, nil
}

func checkRegular(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return &ConfigError{fmt.Sprintf("The file %s cannot be read: %v.", path, errors.Unwrap(err)), err}
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return ErrNotOurs
	}
	return nil
}

// integrity reads every page and every index.
func integrity(ctx context.Context, db *sql.DB) error {
	var answer string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&answer); err != nil {
		return named(err)
	}
	if answer != "ok" {
		return ErrDamaged
	}
	return nil
}

// copyInto writes what the file holds now into another one, compactly and without
// what was deleted. Others may read and write the while.
func (s *Store) copyInto(ctx context.Context, path string) error {
	if err := touch(path); err != nil {
		return err
	}
	db := openPool(s.Path(), poolSettings{copierSettings.address + s.fixed, copierSettings.wanted})
	_, err := db.ExecContext(ctx, `VACUUM INTO $1`, path)
	return errors.Join(named(err), db.Close())
}

// touch makes an empty file that only its owner may read, before SQLite makes one
// that everybody may. One that is there is refused.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// openRaw opens a file as it is, with the driver's own settings.
func openRaw(path, parameters string) *sql.DB {
	return sql.OpenDB(connector{address(path, parameters), &sqlite3.SQLiteDriver{}})
}
