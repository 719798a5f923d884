package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"

	"noadesk/migrations"
)

// released gives a folder with a database as an earlier version wrote it, with
// some records in its log.
func released(t testing.TB, version, records int) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, fileName)
	write(t, path, nil)
	db := openPool(path, writerSettings)
	db.SetMaxOpenConns(1)
	steps, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.Files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := steps.UpTo(context.Background(), int64(version)); err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for i := range records {
		r := recordText{Seq: int64(i + 1), At: 1700000000000, Event: someone}
		text, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		_, err = tx.Exec(`INSERT INTO audit (seq, at, organisation, actor, action, object, record)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, r.Seq, r.At, r.Organisation, r.Actor, r.Action, r.Object, text)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(tx.Commit(), db.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestEveryReleasedVersionIsMigratedWithItsLog(t *testing.T) {
	t.Parallel()
	for version := 1; version < migrations.Version; version++ {
		if version == 5 {
			continue // never stood without its tree
		}
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			dir := released(t, version, 1001)
			kept := filepath.Join(dir, fmt.Sprintf("noadesk-version-%d.db", version))
			s := open(t, dir)
			if s.Kept() != kept || keepsOne(t, dir) {
				t.Errorf("kept in %q", s.Kept())
			}
			if err := s.Change(context.Background(), someone, put("x")); err != nil {
				t.Fatal(err)
			}
			if v := verify(t, s); v.Records != 1002 || len(v.Wrong) != 0 {
				t.Errorf("got %d records, %q", v.Records, v.Wrong)
			}
			if info, err := os.Stat(kept); err != nil || info.Mode() != 0o600 {
				t.Errorf("the backup has mode %v, %v", info.Mode(), err)
			}
			old := openRaw(kept, "mode=ro")
			defer old.Close()
			var was, records int
			if err := old.QueryRow(`SELECT user_version, (SELECT count(*) FROM audit) FROM pragma_user_version`).Scan(&was, &records); err != nil || was != version || records != 1001 {
				t.Errorf("the backup has version %d and %d records, %v", was, records, err)
			}
		})
	}
}

// keepsOne opens a database that is up to date, and says whether a backup
// was made of it all the same.
func keepsOne(t *testing.T, dir string) bool {
	t.Helper()
	s := mustOpen(t, dir)
	defer closeStore(t, s)
	return s.Kept() != ""
}

func TestTreeThatACrashLeftUnbuiltIsBuiltAtTheNextStart(t *testing.T) {
	t.Parallel()
	dir := released(t, migrations.Version, 3)
	s := open(t, dir)
	if v := verify(t, s); v.Records != 3 || len(v.Wrong) != 0 {
		t.Errorf("got %+v", v)
	}
	closeStore(t, mustOpen(t, dir))
}

func TestOlderDatabaseIsNotMigratedUnderARunningDesk(t *testing.T) {
	t.Parallel()
	dir := released(t, 4, 3)
	release, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	before := sum(t, dir)
	_, err = Open(context.Background(), dir)
	var locked ErrLocked
	if !errors.As(err, &locked) || sum(t, dir) != before {
		t.Errorf("got %v, or the file changed", err)
	}
	release()
	open(t, dir)
}

func TestOlderBackupIsLookedAtAndRestored(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := released(t, 4, 3)
	file := filepath.Join(dir, fileName)
	before := files(t, dir)
	s := look(t, file)
	if v := verify(t, s); v.Records != 3 || len(v.Wrong) != 0 {
		t.Errorf("got %+v", v)
	}
	if s.Path() == file || len(files(t, dir)) != len(before) || files(t, dir)[fileName] != before[fileName] {
		t.Error("the older file was changed to be looked at")
	}
	copied := filepath.Dir(s.Path())
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(copied); !os.IsNotExist(err) {
		t.Errorf("the copy is still there: %v", err)
	}
	restored := t.TempDir()
	if _, err := Restore(ctx, restored, file); err != nil {
		t.Fatal(err)
	}
	if v := verify(t, open(t, restored)); v.Records != 3 || len(v.Wrong) != 0 {
		t.Errorf("got %+v", v)
	}
}
