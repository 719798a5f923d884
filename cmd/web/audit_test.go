package main

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3" // to change the database behind the desk's back
)

// behind changes the database as somebody with another program would.
func (s *shell) behind(statements ...string) {
	s.Helper()
	change(s.T, filepath.Join(s.env["NOADESK_DATA"], "noadesk.db"), statements...)
}

func change(t *testing.T, file string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=rw")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range statements {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

func TestTheRecordIsVerified(t *testing.T) {
	t.Parallel()
	s := newOrg(t)
	s.do("key", "generate", "--org", "berlin", "--client", "desk")
	before := s.data()
	s.do("audit", "verify").says("sound: 3 records, root ")
	row := parse[auditRow](s.do("audit", "verify", "--json"))
	if row.Records != 3 || row.Root == "" || row.HeadAt != nil || row.Wrong == nil || len(row.Wrong) != 0 {
		t.Errorf("got %+v", row)
	}
	if s.data()["noadesk.db"] != before["noadesk.db"] {
		t.Error("looking at the record changed it")
	}
	s.behind(`DROP TRIGGER audit_is_not_changed`, `UPDATE audit SET record = replace(record, 'command line', 'somebody') WHERE seq = 2`)
	s.run("", "audit", "verify").exits(exitInput).says("Record 2 was changed", "not what was written")
	row = parse[auditRow](s.run("", "audit", "verify", "--json").exits(exitInput))
	if len(row.Wrong) == 0 {
		t.Errorf("got %+v", row)
	}
}

func TestANotedHeadFindsARecordThatWasSetBack(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	older := filepath.Join(s.dir, "older.db")
	s.do("backup", older)
	first := s.head()
	s.do("org", "add", "--uuid", astana, "--name", "Astana")
	second := s.head()
	notes := s.write("notes", first+"\n"+second+"\n")
	s.do("audit", "verify", "--head", strings.TrimPrefix(first, headMark), "--head", second)
	s.do("audit", "verify", "--head-file", notes).says("sound: 4 records")
	s.do("restore", older)
	s.do("audit", "verify").says("sound")
	s.do("audit", "verify", "--head", first)
	s.run("", "audit", "verify", "--head-file", notes).exits(exitInput).says("The first 4 records are not those of the noted head")
	for _, wrong := range [][]string{{"--head", "3"}, {"--head", "x:y"}, {"--head-file", s.dir}, {"--head-file", s.write("none", "\n")}} {
		s.run("", append([]string{"audit", "verify"}, wrong...)...).exits(exitInput).sentence()
	}
}

// head is the line that stands for the record so far.
func (s *shell) head() string {
	s.Helper()
	lines := strings.Split(strings.TrimSpace(s.do("audit", "verify").out), "\n")
	last := lines[len(lines)-1]
	if row := parse[auditRow](s.do("audit", "verify", "--json")); headMark+row.Head != last {
		s.Errorf("printed %q, as JSON %q", last, row.Head)
	}
	return last
}

func TestTheDeskSignsTheHeadOfItsRecord(t *testing.T) {
	t.Parallel()
	s := newOrg(t)
	desk := s.with("NOADESK_LISTEN", "127.0.0.1:0", "NOADESK_API_URL", "http://127.0.0.1:1/api/", "NOADESK_STS_URL", "http://127.0.0.1:1/jwt").start("serve")
	desk.logs("head of the audit log")
	s.do("audit", "verify").says("last signed head")
}

func TestTheRecordIsExportedAsItWasWritten(t *testing.T) {
	t.Parallel()
	s := newOrg(t)
	s.do("org", "add", "--uuid", astana, "--name", "Astana")
	for org, want := range map[string]int{"": 3, "berlin": 1, astana: 1} {
		args := []string{"audit", "export"}
		if org != "" {
			args = append(args, "--org", org)
		}
		lines := strings.Split(strings.TrimSuffix(s.do(args...).out, "\n"), "\n")
		last := 0
		for _, line := range lines {
			var r struct{ Seq int }
			if err := json.Unmarshal([]byte(line), &r); err != nil || r.Seq <= last {
				t.Errorf("%q: %s: %v", org, line, err)
			}
			last = r.Seq
		}
		if len(lines) != want {
			t.Errorf("%q: %d records, want %d", org, len(lines), want)
		}
	}
	s.run("", "audit", "export", "--org", "nowhere").exits(exitInput).sentence()
}
