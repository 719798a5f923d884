package store

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// newBackup gives a backup in which there is a row of that name.
func newBackup(t testing.TB, row string) string {
	t.Helper()
	s := open(t, t.TempDir())
	if err := s.Change(context.Background(), someone, put(row)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup.db")
	if err := s.Backup(context.Background(), file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRestoreMovesWhatWasThereAside(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	file, dir := newBackup(t, "restored"), crashed(t)
	before, backup := files(t, dir), contents(t, file)
	moved, err := Restore(ctx, dir, file)
	if err != nil {
		t.Fatal(err)
	}
	if got := files(t, moved); !maps.Equal(got, before) {
		t.Errorf("moved %d files aside, want %d unchanged", len(got), len(before))
	}
	if names(t, dir) != filepath.Base(moved)+" noadesk.db noadesk.lock" {
		t.Errorf("files %q", names(t, dir))
	}
	for path, want := range map[string]os.FileMode{moved: 0o700 | os.ModeDir, filepath.Join(dir, fileName): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	restored := sum(t, dir)
	s := open(t, dir)
	if count(t, s, `SELECT count(*) FROM meta WHERE name = 'restored'`) != 1 || count(t, s, `SELECT count(*) FROM meta WHERE name = 'x'`) != 0 {
		t.Error("the restored database is not that of the backup")
	}
	if v := verify(t, s); v.Records != 1 || len(v.Wrong) != 0 {
		t.Errorf("got %+v", v)
	}
	if sum(t, dir) != restored || contents(t, file) != backup {
		t.Error("opening changed the restored file, or the backup changed")
	}
}

func contents(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRestoreIntoAnEmptyFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	moved, err := Restore(context.Background(), dir, newBackup(t, "restored"))
	if err != nil || moved != "" {
		t.Fatalf("moved %q, %v", moved, err)
	}
	if n := count(t, open(t, dir), `SELECT count(*) FROM meta WHERE name = 'restored'`); n != 1 {
		t.Error("the row is not there")
	}
}

func TestRestoreOfADatabaseTakesItsLogAlong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Restore(context.Background(), dir, filepath.Join(crashed(t), fileName)); err != nil {
		t.Fatal(err)
	}
	if n := count(t, open(t, dir), `SELECT count(*) FROM meta WHERE name = 'x'`); n != 1 {
		t.Error("what was in the log is lost")
	}
}

func TestRestoreThatIsRefusedTouchesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	good, failed := newBackup(t, "restored"), errors.New("failed")
	short := filepath.Join(t.TempDir(), "short.db")
	write(t, short, []byte(contents(t, good)[:20000]))
	dir := t.TempDir()
	closeStore(t, mustOpen(t, dir))
	before := files(t, dir)
	for name, c := range map[string]struct {
		file  string
		check func(*Store) error
		want  error
	}{
		"against its check": {good, func(*Store) error { return failed }, failed},
		"damaged":           {short, nil, ErrDamaged},
		"missing":           {filepath.Join(dir, "missing"), nil, os.ErrNotExist},
		"itself":            {filepath.Join(dir, fileName), nil, ErrNotOurs},
	} {
		checks := []func(*Store) error{}
		if c.check != nil {
			checks = append(checks, c.check)
		}
		if _, err := Restore(ctx, dir, c.file, checks...); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		after := files(t, dir)
		delete(after, "noadesk.lock")
		if !maps.Equal(before, after) {
			t.Errorf("%s: files changed to %q", name, names(t, dir))
		}
	}
}

func TestRestoreBesideARunningDeskIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	release, err := s.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	_, err = Restore(context.Background(), filepath.Dir(s.Path()), newBackup(t, "restored"))
	var locked ErrLocked
	if !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Errorf("got %v", err)
	}
}

func TestRestoreThatWasCutShortIsSaidAndMayBeginAnew(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	file := newBackup(t, "restored")
	for name, moved := range map[string][]string{
		"nothing moved": {}, "the database moved": {fileName}, "all moved": {fileName, fileName + "-wal"},
	} {
		dir := crashed(t)
		write(t, filepath.Join(dir, restoringName), nil)
		for _, m := range moved {
			if err := os.Remove(filepath.Join(dir, m)); err != nil {
				t.Fatal(err)
			}
		}
		before := files(t, dir)
		var config *ConfigError
		if _, err := Open(ctx, dir); !errors.As(err, &config) || !maps.Equal(before, files(t, dir)) {
			t.Errorf("%s: opened, or changed: %v", name, err)
		}
		if _, err := Restore(ctx, dir, file); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir)
		if count(t, s, `SELECT count(*) FROM meta WHERE name = 'restored'`) != 1 || count(t, s, `SELECT count(*) FROM meta WHERE name = 'x'`) != 0 {
			t.Errorf("%s: not the database of the backup", name)
		}
	}
}

func TestRestoreFromTheDataFolderItself(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := mustOpen(t, t.TempDir())
	file := filepath.Join(filepath.Dir(s.Path()), "backup.db")
	if err := errors.Join(s.Backup(ctx, file), s.Change(ctx, someone, put("x")), s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(ctx, filepath.Dir(file), file); err != nil {
		t.Fatal(err)
	}
	if n := count(t, open(t, filepath.Dir(file)), `SELECT count(*) FROM audit`); n != 0 {
		t.Errorf("%d records", n)
	}
}
