package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

var someone = Event{Actor: "test@example.org", Action: "test.write", Object: "row"}

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// put writes a row that tests look for.
func put(name string) func(*Tx) error {
	return func(tx *Tx) error {
		return tx.ExpectOne(`INSERT INTO meta (name, value) VALUES ($1, x'00')`, name)
	}
}

func count(t testing.TB, s *Store, q string, args ...any) (n int) {
	t.Helper()
	if err := s.QueryRow(context.Background(), q, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFolderAndFilesAreForTheirOwnerOnly(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "a b", "data?#%41")
	s := open(t, dir)
	if err := s.Change(context.Background(), someone, put("x")); err != nil {
		t.Fatal(err)
	}
	release, err := s.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for name, want := range map[string]os.FileMode{"": 0o700, "noadesk.db": 0o600, "noadesk.db-wal": 0o600, "noadesk.db-shm": 0o600, "noadesk.lock": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: %v, want %o, %v", name, info.Mode(), want, err)
		}
	}
}

func TestModesThatAreTooWideAreNarrowed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	closeStore(t, mustOpen(t, dir))
	for path, mode := range map[string]os.FileMode{dir: 0o777, dir + "/noadesk.db": 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir)
	for path, want := range map[string]os.FileMode{dir: 0o700, dir + "/noadesk.db": 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func mustOpen(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryConnectionHasAllSettings(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	ctx := context.Background()
	for pool, want := range map[*sql.DB]string{s.write: "0", s.read: "1"} {
		for range pool.Stats().MaxOpenConnections {
			c, err := pool.Conn(ctx) // kept, so that the next one is another
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for _, set := range append(settings, setting{"query_only", "", want}) {
				var got string
				if err := c.QueryRowContext(ctx, "PRAGMA "+set.pragma).Scan(&got); err != nil || got != set.want {
					t.Errorf("%s is %q, want %q, %v", set.pragma, got, set.want, err)
				}
			}
		}
	}
}

func TestConnectionWithAnotherSettingIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	lax := openPool(s.Path(), poolSettings{strings.ReplaceAll(writerSettings.address, "=FULL", "=NORMAL"), writerSettings.wanted})
	defer lax.Close()
	if err := lax.Ping(); err == nil || !strings.Contains(err.Error(), "synchronous") {
		t.Errorf("got %v", err)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	for _, q := range []string{`INSERT INTO meta (name, value) VALUES ('x', x'00')`, `CREATE TABLE x (a)`, `DELETE FROM meta RETURNING 1`} {
		rows, err := s.Query(context.Background(), q)
		if err == nil {
			for rows.Next() {
				t.Errorf("%s: wrote", q)
			}
			err = errors.Join(rows.Err(), rows.Close())
		}
		if err == nil {
			t.Errorf("%s: no error", q)
		}
	}
	if n := count(t, s, `SELECT count(*) FROM meta`); n != 1 {
		t.Errorf("%d rows, want the instance's alone", n)
	}
}

func TestCurrentFileIsOpenedWithoutWriting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	closeStore(t, mustOpen(t, dir))
	before := sum(t, dir)
	s := mustOpen(t, dir)
	count(t, s, `SELECT count(*) FROM audit`)
	closeStore(t, s)
	if sum(t, dir) != before {
		t.Error("the file changed")
	}
	if names, err := filepath.Glob(dir + "/*"); err != nil || len(names) != 1 {
		t.Errorf("files %v, %v", names, err)
	}
}

func sum(t testing.TB, dir string) [32]byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(data)
}

func TestFolderThatCannotBeMadeIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir+"/file", nil)
	_, err := Open(context.Background(), dir+"/file/data")
	var config *ConfigError
	if !errors.As(err, &config) || !strings.Contains(config.Sentence, dir) {
		t.Errorf("got %v", err)
	}
}

func TestStartThatWasCutShortGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, fileName), nil)
	run(t, filepath.Join(dir, fileName), `PRAGMA journal_mode = WAL`)
	open(t, dir)
}

func TestProgramsThatStartTogetherMakeOneDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stores := make(chan *Store)
	for range 8 {
		go func() {
			s, err := Open(context.Background(), dir)
			if err != nil {
				t.Error(err)
			}
			stores <- s
		}()
	}
	ids := map[string]bool{}
	for range 8 {
		s := <-stores
		if s == nil {
			continue
		}
		defer closeStore(t, s)
		var id []byte
		if err := s.QueryRow(context.Background(), `SELECT value FROM meta WHERE name = 'instance_id'`).Scan(&id); err != nil {
			t.Error(err)
		}
		ids[string(id)] = true
	}
	if len(ids) != 1 {
		t.Errorf("%d instances", len(ids))
	}
}
