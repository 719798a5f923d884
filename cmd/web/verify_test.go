package main

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestWhatIsNotSoundIsSaid(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	live := filepath.Join(s.env["NOADESK_DATA"], "noadesk.db")
	text, err := os.ReadFile(live)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"missing":   filepath.Join(s.dir, "missing.db"),
		"a folder":  s.dir,
		"empty":     s.write("empty.db", ""),
		"text":      s.write("text.db", "This is not a database, but it is long enough to be one."),
		"cut short": s.write("short.db", string(text[:len(text)-4096])),
	} {
		got := s.run("", "verify", file)
		if got.code != exitInput {
			t.Errorf("%s: exit code %d", name, got.code)
		}
		got.sentence()
	}
	other := s.with("NOADESK_MASTER_KEY_FILE", s.write("other.key", s.do("master-key", "new").out))
	other.run("", "verify", live).exits(exitSettings).sentence().says("sealed with master key")
}

func TestEveryKeyIsOpenedToVerify(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	live := filepath.Join(s.env["NOADESK_DATA"], "noadesk.db")
	s.do("verify", live)
	s.behind(`UPDATE signing_keys SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || 'x' AS BLOB)`)
	before := s.data()
	s.run("", "verify", live).exits(exitInput).says("The record of key", "does not open", "is not sound")
	row := parse[soundness](s.run("", "verify", "--json", live).exits(exitInput))
	if row.Keys != 1 || row.Records != 3 || len(row.Wrong) != 1 {
		t.Errorf("got %+v", row)
	}
	if !maps.Equal(before, s.data()) {
		t.Error("the data folder changed")
	}
	file := filepath.Join(s.dir, "backup.db")
	s.do("backup", file).says("In the desk as in this backup: The record of key")
	s.run("", "verify", file).exits(exitInput)
}

func TestARecordThatWasRemovedIsFoundToVerify(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	s.behind(`DROP TRIGGER audit_is_not_shortened`, `DELETE FROM audit WHERE seq = 2`)
	s.run("", "verify", filepath.Join(s.env["NOADESK_DATA"], "noadesk.db")).exits(exitInput).says("Record 2 was removed.")
}
