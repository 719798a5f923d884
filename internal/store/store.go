// Package store is the one database file: it opens it, keeps its settings
// strict, migrates it, and holds the one door through which the desk's data
// changes. No change passes that door without its audit record.
package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
)

const fileName = "noadesk.db"

// A Store is the open database file.
type Store struct {
	dir   string
	name  string  // of the file in dir
	fixed string  // parameters for a file that nobody changes meanwhile
	write *sql.DB // one connection: SQLite has one writer anyway, and waiting in Go is fair; nil in a store to look at
	read  *sql.DB // cannot write

	wrote  atomic.Bool
	failed atomic.Bool  // a write or a sync went wrong: nothing is written any more
	after  func() error // what is left to do when the file is closed, may be nil

	kept    string   // file that the database was kept in before it was migrated, "" if it was not
	receipt *receipt // of the file that this one is a copy of, brought up to date; else nil
}

// Open opens the database in dir and makes both where they are missing. A file
// that is there and current is not written to. The checks look at a file that is
// there before anything is: it may be of an older version then, and where one of
// them fails it stays as it is.
func Open(ctx context.Context, dir string, checks ...func(*Store) error) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, name: fileName}
	if err := s.open(ctx, checks); err != nil {
		return nil, errors.Join(explained(s.Path(), err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, checks []func(*Store) error) error {
	if err := prepareFolder(s.dir); err != nil {
		return err
	}
	unlock, err := lockFolder(s.dir)
	if err != nil {
		return err
	}
	defer unlock()
	sweep(s.dir)
	if err := checkRestored(s.dir); err != nil {
		return err
	}
	if err := prepareFile(s.Path()); err != nil {
		return err
	}
	if err := checkLibrary(); err != nil {
		return err
	}
	if err := s.checkFile(ctx, checks); err != nil {
		return err
	}
	return s.openPools(ctx)
}

// openPools opens the writer first: it turns a new file to WAL, which readers cannot.
func (s *Store) openPools(ctx context.Context) error {
	s.write = openPool(s.Path(), writerSettings)
	s.write.SetMaxOpenConns(1)
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if err := s.dropLeftReceipt(ctx); err != nil {
		return err
	}
	s.read = openPool(s.Path(), readerSettings)
	s.read.SetMaxOpenConns(4)
	s.read.SetMaxIdleConns(4)
	return s.quickCheck(ctx)
}

// Path is where the database file lies.
func (s *Store) Path() string { return filepath.Join(s.dir, s.name) }

// Close closes the file. SQLite copies a log left by a crash into the file when
// the last connection closes that could write; a store that has changed nothing
// leaves both as they were, so its readers close last then. So does one whose
// storage has failed: copying what may not be there would make it worse.
func (s *Store) Close() error {
	pools := []*sql.DB{s.read, s.write}
	if s.failed.Load() || !s.wrote.Load() && s.hasLog() {
		pools = []*sql.DB{s.write, s.read}
	}
	var errs []error
	for _, p := range pools {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	if s.after != nil {
		errs = append(errs, s.after())
	}
	return errors.Join(errs...)
}

func (s *Store) hasLog() bool {
	info, err := os.Stat(s.Path() + "-wal")
	return err == nil && info.Size() > 0
}

// Query reads rows. The connection it reads from cannot write.
func (s *Store) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	rows, err := s.read.QueryContext(ctx, q, args...)
	return rows, named(err)
}

// QueryRow reads one row. The connection it reads from cannot write.
func (s *Store) QueryRow(ctx context.Context, q string, args ...any) *sql.Row {
	return s.read.QueryRowContext(ctx, q, args...)
}
