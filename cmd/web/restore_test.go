package main

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestABackupIsRestored(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	file := filepath.Join(s.dir, "backup.db")
	s.do("backup", file)
	s.do("org", "add", "--uuid", astana, "--name", "Astana")
	s.do("restore", file).says("1 keys, 3 audit records", "What was there before is in ")
	if orgs := parse[[]orgRow](s.do("org", "list", "--json")); len(orgs) != 1 {
		t.Errorf("got %+v", orgs)
	}
	s.do("audit", "export").says("database.restore", "staff.sign-out")
	s.do("audit", "verify").says("sound")
	s.do("verify", filepath.Join(s.env["NOADESK_DATA"], "noadesk.db"))
	row := parse[restoreRow](s.do("restore", "--json", file))
	if row.Keys != 1 || row.Records != 3 || row.Moved == "" {
		t.Errorf("got %+v", row)
	}
	s.do("verify", filepath.Join(row.Moved, "noadesk.db"))
}

func TestABackupIsRestoredElsewhere(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	identity, recipient := s.newIdentity("identity")
	file := filepath.Join(s.dir, "backup.age")
	s.do("backup", "--recipient", recipient, file)
	elsewhere := s.with("NOADESK_DATA", filepath.Join(s.dir, "elsewhere"))
	elsewhere.run("", "restore", file).exits(exitInput).sentence().says("--identity")
	elsewhere.do("restore", "--identity", identity, file)
	if keys := parse[[]keyRow](elsewhere.do("key", "list", "--json")); len(keys) != 1 || keys[0].State != "unproved" {
		t.Errorf("got %+v", keys)
	}
	for name := range elsewhere.data() {
		if name != "noadesk.db" && name != "noadesk.lock" {
			t.Errorf("%s is left in the data folder", name)
		}
	}
}

func TestABackupThatDoesNotFitReplacesNothing(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	file := filepath.Join(s.dir, "backup.db")
	s.do("backup", file)
	other := s.with("NOADESK_DATA", filepath.Join(s.dir, "other"), "NOADESK_MASTER_KEY_FILE", s.write("other.key", s.do("master-key", "new").out))
	other.do("org", "list")
	before := other.data()
	other.run("", "restore", file).exits(exitSettings).sentence().says("sealed with master key")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]string{
		"missing":   filepath.Join(s.dir, "missing.db"),
		"cut short": s.write("short.db", string(text[:len(text)/2])),
		"text":      s.write("text.db", "no database at all"),
		"itself":    filepath.Join(other.env["NOADESK_DATA"], "noadesk.db"),
	} {
		got := other.run("", "restore", wrong)
		if got.code != exitInput {
			t.Errorf("%s: exit code %d", name, got.code)
		}
		got.sentence()
	}
	after := other.data()
	delete(after, "noadesk.lock")
	if !maps.Equal(before, after) {
		t.Error("a refused restore changed the data folder")
	}
}
