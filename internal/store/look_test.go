package store

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// files are the contents of a folder by name.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(data)
	}
	return all
}

func TestLookingChangesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := newLog(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	s := mustOpen(t, dir)
	if err := s.Backup(ctx, file); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	for _, path := range []string{filepath.Join(dir, fileName), file} {
		before := files(t, filepath.Dir(path))
		s, err := OpenFile(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		if v := verify(t, s); v.Records != 9 || len(v.Wrong) != 0 {
			t.Errorf("%s: %+v", path, v)
		}
		for _, err := range []error{s.Change(ctx, someone, put("x")), s.Bookkeep(ctx, put("x")), s.Checkpoint(ctx), s.Compact(ctx)} {
			if !errors.Is(err, ErrReadOnly) {
				t.Errorf("%s: writes: %v", path, err)
			}
		}
		closeStore(t, s)
		if !maps.Equal(before, files(t, filepath.Dir(path))) {
			t.Errorf("%s: something changed", path)
		}
	}
}

func TestLookingCountsTheLogOfWhoeverWrites(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if err := s.Change(context.Background(), someone, put("x")); err != nil {
		t.Fatal(err)
	}
	l := look(t, s.Path())
	if n := count(t, l, `SELECT count(*) FROM audit`); n != 1 {
		t.Errorf("%d records", n)
	}
	if err := s.Change(context.Background(), someone, put("y")); err != nil {
		t.Errorf("a change beside it: %v", err)
	}
	if n := count(t, l, `SELECT count(*) FROM audit`); n != 2 {
		t.Errorf("%d records", n)
	}
}

func TestLookingCountsTheLogThatACrashLeft(t *testing.T) {
	t.Parallel()
	dir := crashed(t)
	path := filepath.Join(dir, fileName)
	before := files(t, dir)
	s, err := OpenFile(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, `SELECT count(*) FROM meta WHERE name = 'x'`); n != 1 {
		t.Error("what was committed is not seen")
	}
	closeStore(t, s)
	after := files(t, dir)
	for _, name := range []string{fileName, fileName + "-wal"} {
		if before[name] != after[name] || before[name] == "" {
			t.Errorf("%s changed", name)
		}
	}
}

// crashed gives a folder whose database has a log with a row x in it.
func crashed(t testing.TB) string {
	t.Helper()
	s := open(t, t.TempDir())
	if err := s.Change(context.Background(), someone, put("x")); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(s.Path() + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fileName+suffix), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestWhatIsNoSoundDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	good := func(t *testing.T, path string) {
		closeStore(t, mustOpen(t, filepath.Dir(path)))
	}
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		want error
	}{
		"missing": {func(*testing.T, string) {}, os.ErrNotExist},
		"empty":   {func(t *testing.T, path string) { write(t, path, nil) }, ErrNotOurs},
		"text": {func(t *testing.T, path string) {
			write(t, path, []byte("not a database, but long enough to be looked at\n"))
		}, ErrNotOurs},
		"foreign":   {func(t *testing.T, path string) { run(t, path, `CREATE TABLE theirs (a)`) }, ErrNotOurs},
		"no tables": {func(t *testing.T, path string) { run(t, path, `PRAGMA journal_mode = WAL`) }, ErrNotOurs},
		"newer":     {newer, ErrNewer},
		"cut short": {cutShort, ErrDamaged},
		"trashed":   {trashed, ErrDamaged},
		"folder":    {func(t *testing.T, path string) { _ = os.Mkdir(path, 0o700) }, ErrNotOurs},
		"index": {func(t *testing.T, path string) {
			good(t, path)
			run(t, path, `INSERT INTO organisations (uuid, slug, name, created) VALUES ('u', 's', 'n', 1);
				PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '"seq"', 'seq');
				UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'audit_actor') WHERE name = 'audit_action'`)
		}, ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), fileName)
			c.make(t, path)
			s, err := OpenFile(context.Background(), path)
			var config *ConfigError
			if !errors.Is(err, c.want) || !errors.As(err, &config) {
				t.Errorf("got %v and %v, want %v", s, err, c.want)
			}
		})
	}
}

func FuzzDatabaseIsOpenedOrRefused(f *testing.F) {
	s := mustOpen(f, f.TempDir())
	closeStore(f, s)
	good, err := os.ReadFile(s.Path())
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < len(good); i += 997 {
		bad := append([]byte{}, good...)
		bad[i] ^= 0x41
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := OpenFile(context.Background(), path)
		if err != nil {
			return
		}
		_, _ = s.VerifyAudit(context.Background(), check) // may find anything, or fail, but comes back
		closeStore(t, s)
	})
}
