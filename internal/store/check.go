package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

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
// it: turning a foreign database to WAL would change it.
func (s *Store) checkFile(ctx context.Context) error {
	if info, err := os.Stat(s.Path()); err != nil || info.Size() == 0 {
		return err
	}
	db := sql.OpenDB(connector{address(s.Path(), "mode=ro&_query_only=on"), &sqlite3.SQLiteDriver{}})
	err := checkMarks(ctx, db)
	return errors.Join(err, db.Close())
}

func checkMarks(ctx context.Context, db *sql.DB) error {
	var application, version, tables int64
	row := db.QueryRowContext(ctx, `SELECT a.application_id, u.user_version, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_application_id AS a, pragma_user_version AS u`)
	if err := row.Scan(&application, &version, &tables); err != nil {
		return named(err)
	}
	fresh := application == 0 && version == 0 && tables == 0 // a start was cut short before the first step
	if application != migrations.ApplicationID && !fresh {
		return ErrNotOurs
	}
	if version > migrations.Version {
		return ErrNewer
	}
	return nil
}

// migrate brings the tables up to date. It asks for the version first, as
// goose itself writes even where there is nothing to do.
func (s *Store) migrate(ctx context.Context) error {
	var version int
	if err := s.write.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return named(err)
	}
	if version == migrations.Version {
		return nil
	}
	s.wrote.Store(true)
	steps, err := goose.NewProvider(goose.DialectSQLite3, s.write, migrations.Files)
	if err != nil {
		return fmt.Errorf("store: read migrations: %w", err)
	}
	if _, err := steps.Up(ctx); err != nil {
		return fmt.Errorf("store: migrate: %w", named(err))
	}
	_, err = s.write.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return named(err)
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
