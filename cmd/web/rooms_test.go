package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"noadesk/migrations"
)

func TestAWrongMasterKeyLeavesTheDatabaseAsItIs(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.do("org", "add", "--uuid", astana, "--name", "Astana")
	s.do("key", "generate", "--org", "astana", "--client", "desk")
	right, before := s.env["NOADESK_MASTER_KEY_FILE"], s.data()

	text, err := os.ReadFile(right)
	if err != nil {
		t.Fatal(err)
	}
	readable := s.write("readable.key", string(text))
	if err := os.Chmod(readable, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"another":        s.write("another.key", s.do("master-key", "new").out),
		"shortened":      s.write("short.key", string(text[:30])),
		"one letter off": s.write("off.key", strings.Replace(string(text), string(text[20]), string(text[20]^1), 1)),
		"empty":          s.write("empty.key", ""),
		"readable":       readable,
		"missing":        filepath.Join(s.dir, "missing.key"),
		"a folder":       s.dir,
		"not given":      "",
	} {
		wrong := s.with("NOADESK_MASTER_KEY_FILE", file, "NOADESK_LISTEN", "127.0.0.1:0",
			"NOADESK_API_URL", "http://127.0.0.1:1/api/", "NOADESK_STS_URL", "http://127.0.0.1:1/jwt")
		for _, line := range []string{"org list", "key list --json", "serve", "doctor"} {
			got := wrong.run("", strings.Fields(line)...)
			if got.exits(exitSettings); line != "doctor" {
				got.sentence()
			}
			if strings.Contains(got.out+got.err, strings.TrimSpace(string(text))) {
				t.Errorf("%s: repeats the master key", name)
			}
			if diff := cmp.Diff(before, s.data()); diff != "" {
				t.Fatalf("%s: noadesk %s changed the data folder", name, line)
			}
		}
	}
}

// older puts a database of an earlier version, with nothing in it but what marks
// its master key, in the place of the desk's.
func (s *shell) older(version int) {
	s.Helper()
	file := filepath.Join(s.env["NOADESK_DATA"], "noadesk.db")
	if err := os.Rename(file, filepath.Join(s.dir, "today.db")); err != nil {
		s.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=rwc&_journal_mode=WAL")
	if err != nil {
		s.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	steps, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.Files)
	if err != nil {
		s.Fatal(err)
	}
	if _, err := steps.UpTo(s.Context(), int64(version)); err != nil {
		s.Fatal(err)
	}
	for _, q := range []string{`ATTACH '` + s.dir + `/today.db' AS today`, `DELETE FROM meta`, `INSERT INTO meta SELECT * FROM today.meta`} {
		if _, err := db.Exec(q); err != nil {
			s.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		s.Fatal(err)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		s.Fatal(err)
	}
}

func TestAWrongMasterKeyLeavesAnOlderDatabaseAsItIs(t *testing.T) {
	t.Parallel()
	for version := 1; version < migrations.Version; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			s := newShell(t)
			s.do("org", "list")
			s.older(version)
			before := s.data()
			other := s.with("NOADESK_MASTER_KEY_FILE", s.write("other.key", s.do("master-key", "new").out))
			for _, line := range []string{"org list", "serve", "doctor"} {
				other.run("", strings.Fields(line)...).exits(exitSettings).says("sealed with master key")
				if diff := cmp.Diff(before, s.data()); diff != "" {
					t.Fatalf("noadesk %s changed the data folder: %s", line, diff)
				}
			}
			s.do("org", "list")
			kept := fmt.Sprintf("noadesk-version-%d.db", version)
			if info, err := os.Stat(filepath.Join(s.env["NOADESK_DATA"], kept)); err != nil || info.Mode() != 0o600 {
				t.Errorf("the backup before the migration: %v", err)
			}
		})
	}
}

func TestTheMasterKeyMayComeFromElsewhere(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.do("org", "add", "--uuid", astana, "--name", "Astana")
	text, err := os.ReadFile(s.env["NOADESK_MASTER_KEY_FILE"])
	if err != nil {
		t.Fatal(err)
	}
	s.write("noadesk-master", string(text))
	unset := s.with("NOADESK_MASTER_KEY_FILE", "")
	unset.with("CREDENTIALS_DIRECTORY", s.dir).do("org", "list").says("astana")
	inEnvironment := unset.with("NOADESK_MASTER_KEY", string(text))
	inEnvironment.run("", "org", "list").exits(exitSettings).sentence().says("NOADESK_ALLOW_ENV_MASTER_KEY")
	inEnvironment.with("NOADESK_ALLOW_ENV_MASTER_KEY", "1").do("org", "list").says("astana")
	s.with("NOADESK_MASTER_KEY", string(text), "NOADESK_ALLOW_ENV_MASTER_KEY", "1").run("", "org", "list").exits(exitSettings)
}

func TestMasterKeysAreFresh(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	one, two := s.do("master-key", "new").out, s.do("master-key", "new").out
	if one == two || !strings.HasPrefix(one, "noadesk-mk-1.") || strings.Count(one, "\n") != 1 {
		t.Errorf("got %d and %d bytes that do not look like two master keys", len(one), len(two))
	}
}

func TestTheDataAreTheirOwnersOnly(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.do("org", "list")
	for file, want := range map[string]os.FileMode{"": 0o700, "noadesk.db": 0o600} {
		info, err := os.Stat(filepath.Join(s.env["NOADESK_DATA"], file))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%q has mode %v, want %v", file, got, want)
		}
	}
}
