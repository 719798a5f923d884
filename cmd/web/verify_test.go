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
	key := parse[[]keyRow](s.do("key", "list", "--json"))[0]
	s.behind(`UPDATE signing_keys SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || 'x' AS BLOB)`)
	before := s.data()
	s.run("", "verify", live).exits(exitInput).says("The record of key "+grouped(key.Fingerprint)+" of Berlin does not open.", "is not sound")
	row := parse[soundness](s.run("", "verify", "--json", live).exits(exitInput))
	if row.Keys != 1 || row.Records != 3 || len(row.Wrong) != 1 {
		t.Errorf("got %+v", row)
	}
	if !maps.Equal(before, s.data()) {
		t.Error("the data folder changed")
	}
	away := s.with("NOADESK_API_URL", "http://127.0.0.1:1/api/", "NOADESK_STS_URL", "http://127.0.0.1:1/jwt")
	away.run("", "doctor").exits(exitUnreachable).says("The record of key " + grouped(key.Fingerprint) + " of Berlin does not open.")
	file := filepath.Join(s.dir, "backup.db")
	s.do("backup", file).says("In the desk as in this backup: The record of key")
	s.run("", "verify", file).exits(exitInput)
}

func TestAChangedTableOfABackupIsNamed(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	file := filepath.Join(s.dir, "backup.db")
	s.do("backup", file)
	if row := parse[soundness](s.do("verify", "--json", file)); !row.Receipt {
		t.Error("the backup has no receipt")
	}
	change(t, file, `UPDATE organisations SET name = 'Bärlin'`)
	const sentence = "The table organisations is not what was backed up."
	s.run("", "verify", file).exits(exitInput).says(sentence, "is not sound")
	s.run("", "restore", file).exits(exitInput).says(sentence, "Nothing was replaced")
	s.do("restore", "--anyway", file).says(sentence)
	live := filepath.Join(s.env["NOADESK_DATA"], "noadesk.db")
	s.do("verify", live).says("is sound", "It has no receipt")
	change(t, file, `DROP TABLE backup_receipt`)
	s.do("verify", file).says("is sound", "It has no receipt")
}

func TestARecordThatWasRemovedIsFoundToVerify(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	s.behind(`DROP TRIGGER audit_is_not_shortened`, `DELETE FROM audit WHERE seq = 2`)
	s.run("", "verify", filepath.Join(s.env["NOADESK_DATA"], "noadesk.db")).exits(exitInput).says("Record 2 was removed.")
}
