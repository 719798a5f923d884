package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// newMaster puts another master key in the place of the one that is there,
// which becomes the previous one. It gives both.
func (s *shell) newMaster() (old, next string) {
	s.Helper()
	text, err := os.ReadFile(s.env["NOADESK_MASTER_KEY_FILE"])
	if err != nil {
		s.Fatal(err)
	}
	s.write("previous.key", string(text))
	next = s.do("master-key", "new").out
	s.write("master.key", next)
	return string(text), next
}

// rotating is a shell whose organisation has two keys and whose settings name
// the file of a previous master key, which is not there yet.
func rotating(t *testing.T) *shell {
	t.Helper()
	s := newOrg(t)
	for range 2 {
		s.do("key", "generate", "--org", "berlin", "--client", "desk")
	}
	return s.with("NOADESK_MASTER_KEY_PREVIOUS_FILE", filepath.Join(s.dir, "previous.key"))
}

func TestTheMasterKeyIsRotated(t *testing.T) {
	t.Parallel()
	s := rotating(t)
	old, _ := s.newMaster()
	s.with("NOADESK_MASTER_KEY_PREVIOUS_FILE", "").run("", "key", "list").exits(exitSettings).sentence().says("sealed with master key")
	s.do("key", "list").says("desk")
	got := parse[rotation](s.do("master-key", "rotate", "--json"))
	if got.Keys != 2 || got.Replace != 0 || got.Damaged != 0 || len(got.MasterKey) != 16 {
		t.Errorf("got %+v", got)
	}
	s.do("master-key", "rotate").says("Every key is sealed under master key "+got.MasterKey+" now; 0 were not before.", "previous.key")
	alone := s.with("NOADESK_MASTER_KEY_PREVIOUS_FILE", "")
	alone.do("master-key", "rotate").says("0 were not before")
	alone.do("key", "list").says("desk")
	alone.write("master.key", old)
	alone.run("", "key", "list").exits(exitSettings).sentence().says("sealed with master key " + got.MasterKey[:8])
}

func TestACompromisedMasterKeyMarksEveryKey(t *testing.T) {
	t.Parallel()
	s := rotating(t)
	s.run("", "master-key", "rotate", "--compromised").exits(exitSettings).sentence().says("make a new one")
	s.newMaster()
	s.do("master-key", "rotate", "--compromised").says("2 were not before", "Replace 2 keys at Noa")
	if got := parse[rotation](s.do("master-key", "rotate", "--json")); got.Keys != 0 || got.Replace != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestAMissingOrDamagedPreviousMasterKey(t *testing.T) {
	t.Parallel()
	s := rotating(t)
	s.do("key", "list").says("desk")
	s.write("previous.key", "noadesk-mk-1.short.00000000")
	s.run("", "key", "list").exits(exitSettings).sentence().says("damaged")
	if err := os.Chmod(s.env["NOADESK_MASTER_KEY_PREVIOUS_FILE"], 0o644); err != nil {
		t.Fatal(err)
	}
	s.run("", "key", "list").exits(exitSettings).sentence().says("0644")
}

func TestTheMasterKeyIsRotatedBesideARunningDesk(t *testing.T) {
	t.Parallel()
	s := rotating(t).with("NOADESK_LISTEN", "127.0.0.1:0", "NOADESK_LOG", "text",
		"NOADESK_API_URL", "http://127.0.0.1:1/api/", "NOADESK_STS_URL", "http://127.0.0.1:1/jwt")
	p := s.start("serve")
	p.logs("listening")
	right, _ := s.newMaster()
	p.tell(syscall.SIGHUP)
	id := p.logs(`the master key was read again" id=(\w+)`)
	if got := parse[rotation](s.do("master-key", "rotate", "--json")); got.Keys != 2 || got.MasterKey != id {
		t.Errorf("rotated %+v, the desk read %s", got, id)
	}
	s.write("master.key", strings.Replace(right, right[20:24], "AAAA", 1))
	p.tell(syscall.SIGHUP)
	p.logs("the master key stays as it was")
	p.tell(syscall.SIGTERM)
	p.ends(exitDone)
}
