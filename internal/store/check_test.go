package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestForeignAndDamagedFilesAreRefusedAsTheyAre(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		want error
	}{
		"text":      {func(t *testing.T, path string) { write(t, path, []byte(strings.Repeat("not a database\n", 100))) }, ErrNotOurs},
		"foreign":   {func(t *testing.T, path string) { run(t, path, `CREATE TABLE theirs (a)`) }, ErrNotOurs},
		"marked":    {func(t *testing.T, path string) { run(t, path, `PRAGMA application_id = 7`) }, ErrNotOurs},
		"newer":     {newer, ErrNewer},
		"cut short": {cutShort, ErrDamaged},
		"trashed":   {trashed, ErrDamaged},
		"link":      {link, ErrNotOurs},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c.make(t, filepath.Join(dir, fileName))
			before := sum(t, dir)
			_, err := Open(context.Background(), dir)
			var config *ConfigError
			if !errors.Is(err, c.want) || !errors.As(err, &config) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if sum(t, dir) != before {
				t.Error("the file changed")
			}
		})
	}
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run changes a database that is not open, as somebody else's program would.
func run(t testing.TB, path, q string) {
	t.Helper()
	db := sql.OpenDB(foreign(path))
	if _, err := db.Exec(q); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func newer(t *testing.T, path string) {
	closeStore(t, mustOpen(t, filepath.Dir(path)))
	run(t, path, `PRAGMA user_version = 1000`)
}

func cutShort(t *testing.T, path string) {
	closeStore(t, mustOpen(t, filepath.Dir(path)))
	if err := os.Truncate(path, 8192); err != nil {
		t.Fatal(err)
	}
}

func trashed(t *testing.T, path string) {
	closeStore(t, mustOpen(t, filepath.Dir(path)))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(data); i++ {
		data[i] = 0xa5
	}
	write(t, path, data)
}

func link(t *testing.T, path string) {
	other := t.TempDir()
	closeStore(t, mustOpen(t, other))
	if err := os.Symlink(filepath.Join(other, fileName), path); err != nil {
		t.Fatal(err)
	}
}

func TestMigrationsLeadToTheVersionOfTheProgram(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if n := count(t, s, `SELECT max(version_id) FROM goose_db_version`); n != count(t, s, `PRAGMA user_version`) {
		t.Errorf("goose is at %d", n)
	}
	if n := count(t, s, `SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT GLOB 'sqlite*' AND name NOT GLOB 'goose*'`); n != 0 {
		t.Errorf("%d tables are not strict", n)
	}
}
