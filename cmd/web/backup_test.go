package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

// newDesk has an organisation with a key.
func newDesk(t *testing.T) *shell {
	t.Helper()
	s := newOrg(t)
	s.do("key", "generate", "--org", "berlin", "--client", "desk")
	return s
}

// newIdentity makes an age identity in a file, and gives its recipient.
func (s *shell) newIdentity(name string) (file, recipient string) {
	s.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		s.Fatal(err)
	}
	return s.write(name, identity.String()+"\n"), identity.Recipient().String()
}

func TestABackupComesWithItsReceipt(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	file := filepath.Join(s.dir, "backup.db")
	out := s.do("backup", file).out
	if lines := strings.Split(out, "\n"); len(lines) != 3 || !strings.HasPrefix(lines[0], "database: "+file+" (") ||
		!strings.Contains(lines[0], "1 keys, 3 audit records") || !strings.HasPrefix(lines[1], "master key: NOT in this file, id ") {
		t.Errorf("got %q", out)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	row := parse[backupRow](s.do("backup", "--json", filepath.Join(s.dir, "second.db")))
	if row.Keys != 1 || row.Records != 3 || row.Bytes == 0 || row.Encrypted || len(row.MasterKey) != 16 || len(row.Wrong) != 0 {
		t.Errorf("got %+v", row)
	}
	s.do("verify", file).says("is sound: 1 keys open, 3 audit records")
}

func TestABackupIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	there := s.write("there.db", "older")
	s.run("", "backup", there).exits(exitInput).sentence().says("is there already")
	s.run("", "backup", filepath.Join(s.dir, "no", "backup.db")).exits(exitInput).sentence()
	s.run("", "backup", "--recipient", "age1nobody", filepath.Join(s.dir, "backup.db")).exits(exitInput).sentence()
	s.run("", "backup", "--recipient", "", filepath.Join(s.dir, "backup.db")).exits(exitInput).sentence()
	if text, err := os.ReadFile(there); err != nil || string(text) != "older" {
		t.Errorf("the older file: %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "backup.db")); !os.IsNotExist(err) {
		t.Errorf("a refused backup is there: %v", err)
	}
}

func TestAnEncryptedBackupNeedsItsIdentity(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	identity, recipient := s.newIdentity("identity")
	_, second := s.newIdentity("second")
	other, _ := s.newIdentity("other")
	file := filepath.Join(s.dir, "backup.age")
	s.do("backup", "--recipient", recipient, "--recipient", second, file).says("encrypted")
	text, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(text, []byte(ageHead)) || bytes.Contains(text, []byte("SQLite")) {
		t.Errorf("the file is not encrypted: %v", err)
	}
	before := s.data()
	s.do("verify", "--identity", identity, file).says("is sound: 1 keys open")
	s.run("", "verify", file).exits(exitInput).sentence().says("--identity")
	s.run("", "verify", "--identity", other, file).exits(exitInput).sentence()
	s.run("", "verify", "--identity", file, file).exits(exitInput).sentence()
	s.run("", "verify", "--identity", identity, s.write("short.age", string(text[:len(text)-100]))).exits(exitInput).sentence().says("damaged")
	text[len(text)-20000] ^= 1
	s.run("", "verify", "--identity", identity, s.write("flipped.age", string(text))).exits(exitInput).sentence().says("damaged")
	if !maps.Equal(before, s.data()) {
		t.Error("the data folder changed")
	}
}

func TestABackupIsMadeBesideARunningDesk(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	desk := s.with("NOADESK_LISTEN", "127.0.0.1:0", "NOADESK_API_URL", "http://127.0.0.1:1/api/", "NOADESK_STS_URL", "http://127.0.0.1:1/jwt").start("serve")
	desk.logs("head of the audit log")
	file := filepath.Join(s.dir, "backup.db")
	s.do("backup", file)
	s.do("verify", file)
	s.do("verify", filepath.Join(s.env["NOADESK_DATA"], "noadesk.db")).says("is sound: 1 keys open")
	s.run("", "restore", file).exits(exitSettings).sentence().says("process")
}
