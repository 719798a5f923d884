package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"

	"noadesk/migrations"
)

// oldestLibrary is the first SQLite without the race in which two connections
// to a write-ahead log could lose a committed transaction.
const oldestLibrary = 3_051_003

func checkLibrary() error {
	if text, number, _ := sqlite3.Version(); number < oldestLibrary {
		return &ConfigError{fmt.Sprintf("This program holds SQLite %s, which can lose data; it needs 3.51.3 or later.", text), nil}
	}
	return nil
}

// checkFile looks at a file that is there already before anything is set on
// it: turning a foreign database to WAL would change it, and so would migrating
// one that the master key does not open.
func (s *Store) checkFile(ctx context.Context, checks []func(*Store) error) error {
	if info, err := os.Stat(s.Path()); err != nil || info.Size() == 0 {
		return err
	}
	asItIs := &Store{dir: s.dir, name: s.name, read: openRaw(s.Path(), "mode=ro&_query_only=on"+s.unchanging())}
	version, err := checkMarks(ctx, asItIs.read)
	if err == nil && version > 0 {
		err = each(checks, asItIs)
	}
	return errors.Join(err, asItIs.Close())
}

// unchanging lets a file that has no write-ahead log be read without one being
// made beside it. The folder is held meanwhile, so that nobody else makes one.
func (s *Store) unchanging() string {
	if _, err := os.Lstat(s.Path() + "-wal"); errors.Is(err, os.ErrNotExist) {
		return "&immutable=1"
	}
	return ""
}

// each runs checks until one fails.
func each(checks []func(*Store) error, s *Store) error {
	for _, check := range checks {
		if err := check(s); err != nil {
			return err
		}
	}
	return nil
}

// checkMarks says which version wrote the file, 0 if it has no tables yet.
func checkMarks(ctx context.Context, db *sql.DB) (version int, err error) {
	var application, tables int
	row := db.QueryRowContext(ctx, `SELECT a.application_id, u.user_version, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_application_id AS a, pragma_user_version AS u`)
	if err := row.Scan(&application, &version, &tables); err != nil {
		return 0, named(err)
	}
	fresh := application == 0 && version == 0 && tables == 0 // a start was cut short before the first step
	if application != migrations.ApplicationID && !fresh {
		return 0, ErrNotOurs
	}
	if version > migrations.Version {
		return 0, ErrNewer
	}
	return version, nil
}

// migrate brings the tables up to date. It asks for the version first, as
// goose itself writes even where there is nothing to do.
func (s *Store) migrate(ctx context.Context) error {
	var version int
	if err := s.write.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return named(err)
	}
	if version == migrations.Version {
		return s.plant(ctx)
	}
	if version > 0 {
		release, err := Lock(s.dir) // an older desk that runs would go on writing as it knows
		if err != nil {
			return err
		}
		defer release()
		if err := s.keepOld(ctx, version); err != nil {
			return err
		}
	}
	return s.step(ctx)
}

func (s *Store) step(ctx context.Context) error {
	s.wrote.Store(true)
	steps, err := goose.NewProvider(goose.DialectSQLite3, s.write, migrations.Files)
	if err != nil {
		return fmt.Errorf("store: read migrations: %w", err)
	}
	if _, err := steps.Up(ctx); err != nil {
		return fmt.Errorf("store: migrate: %w", named(err))
	}
	if err := s.plant(ctx); err != nil {
		return err
	}
	if err := s.Checkpoint(ctx); !errors.Is(err, ErrBusy) {
		return err
	}
	return nil // somebody still reads, and the log goes on as it is
}

// keepOld makes a backup beside the database before it is migrated. One that is
// there already was made by a start that was cut short.
func (s *Store) keepOld(ctx context.Context, version int) error {
	file := filepath.Join(s.dir, fmt.Sprintf("noadesk-version-%d.db", version))
	if err := absent(file); errors.Is(err, ErrExists) {
		return nil
	}
	if err := s.copyFile(ctx, file, func(part string) error { return whole(ctx, part) }); err != nil {
		return fmt.Errorf("store: back up before migrating: %w", err)
	}
	s.kept = file
	return nil
}

// Kept is the backup that was made before the database was brought up to date
// when it was opened, "" if it was not.
func (s *Store) Kept() string { return s.kept }

// whole reads every page of a copy that nobody else knows of yet.
func whole(ctx context.Context, part string) error {
	db := openRaw(part, "mode=ro&immutable=1")
	return errors.Join(integrity(ctx, db), db.Close())
}

// plant builds the audit log's tree where the log is older than it.
func (s *Store) plant(ctx context.Context) error {
	var bare bool
	err := s.write.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM audit) AND NOT EXISTS (SELECT 1 FROM audit_hashes)
		AND NOT EXISTS (SELECT 1 FROM audit_heads)`).Scan(&bare)
	if err != nil || !bare {
		return named(err)
	}
	s.wrote.Store(true)
	sqlTx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return named(err)
	}
	defer func() { _ = sqlTx.Rollback() }() // after a commit there is nothing to roll back
	if err := (&Tx{ctx, sqlTx}).plant(); err != nil {
		return fmt.Errorf("store: build audit tree: %w", err)
	}
	return named(sqlTx.Commit())
}

// quickCheck reads the whole file once. It finds broken pages; a flipped bit
// within a key is found by its seal.
func (s *Store) quickCheck(ctx context.Context) error {
	var answer string
	if err := s.read.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&answer); err != nil {
		return named(err)
	}
	if answer != "ok" {
		return ErrDamaged
	}
	return nil
}

// explained gives what an operator can mend a sentence.
func explained(path string, err error) error {
	sentences := []struct {
		err      error
		sentence string
	}{
		{ErrNotOurs, "The file %s is not a Noadesk database."},
		{ErrNewer, "The database %s was written by a newer Noadesk; start that one."},
		{ErrDamaged, "The database %s is damaged; restore a backup."},
		{ErrReadOnly, "The storage of %s is read-only."},
		{ErrStorage, "The storage of %s has failed; look after the disk before the desk is started again."},
		{ErrFull, "There is no room left where %s lies."},
	}
	var config *ConfigError
	if errors.As(err, &config) {
		return err
	}
	for _, s := range sentences {
		if errors.Is(err, s.err) {
			return &ConfigError{fmt.Sprintf(s.sentence, path), err}
		}
	}
	return err
}
