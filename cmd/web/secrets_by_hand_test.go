package main

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"noadesk/internal/sandbox"
)

// byCommand does by hand, beside the running desk, what the page does: with wrong things first.
func (r *reader) byCommand(app sandbox.ClientApp) {
	r.Helper()
	r.markers.key("key of a command", string(app.PrivateKey))
	sealed := r.write("sealed.pem", r.encrypted(string(app.PrivateKey), "ec", "-aes256"))
	broken, _ := pair(r.T, curvesOfNoa[1])
	r.markers.key("broken key", broken)
	line := []string{"key", "import", "--org", "practice", "--client", app.Name, "--json"}
	r.tool(exitInput, append(line, r.write("broken.pem", broken[:len(broken)-60]+"\n"))...)
	r.tool(exitInput, append(line, r.write("twice.pem", broken+broken))...)
	r.tool(exitInput, append(line, sealed)...)
	r.tool(exitInput, append(line, "--passphrase-file", r.write("wrong", filePhrase), sealed)...)
	key := parse[keyRow](r.tool(exitDone, append(line, "--passphrase-file", r.write("right", passphrase), sealed)...))
	r.tool(exitDone, "key", "prove", key.Fingerprint)
	r.tool(exitDone, "key", "generate", "--org", "practice", "--client", "by-hand")
	added := r.run(paulPassword, "staff", "add", "--email", "paul@example.org", "--name", "Paul", "--role", "agent").exits(exitDone)
	short := r.run(shortPassword, "staff", "add", "--email", "short@example.org", "--name", "Short", "--role", "agent").exits(exitInput)
	r.keep("output of staff add", []byte(added.out+added.err+short.out+short.err))
	for _, line := range []string{"doctor --json", "doctor", "audit export", "audit verify", "key list", "staff list --json", "org list"} {
		r.said(strings.Fields(line)...)
	}
}

// said carries out a command line whatever its exit code is.
func (s *search) said(args ...string) {
	s.Helper()
	p := s.begin(args...)
	for _, from := range []*stream{p.out, p.log} {
		for range from.lines {
		}
	}
	_ = p.cmd.Wait()
	if p.out.String()+p.log.String() == "" {
		s.Errorf("noadesk %s says nothing", strings.Join(args, " "))
	}
}

// rotateMasterKey puts another master key in the place of the first, beside the running desk.
func (r *reader) rotateMasterKey() {
	r.Helper()
	r.newMaster()
	r.masterKey(r.env["NOADESK_MASTER_KEY_FILE"])
	r.shell = r.with("NOADESK_MASTER_KEY_PREVIOUS_FILE", filepath.Join(r.dir, "previous.key"))
	r.restart("before the master key is rotated")
	if got := parse[rotation](r.tool(exitDone, "master-key", "rotate", "--json")); got.Keys == 0 {
		r.Errorf("got %+v", got)
	}
	r.keepFiles("after the master key was rotated", r.env["NOADESK_DATA"])
}

// restart ends the desk and starts another one, which writes its log for programs.
func (r *reader) restart(when string) {
	r.Helper()
	r.stop(when)
	r.shell = r.with("NOADESK_LOG", "json")
	r.base = r.begin("serve").logs(`"msg":"listening".*"address":"(http://[^"]+)"`)
}

// stop ends the desk, whose log is emptied into the file as it does.
func (r *reader) stop(when string) {
	r.Helper()
	r.keepFiles(when, r.env["NOADESK_DATA"])
	for _, p := range r.processes {
		if p.cmd.Args[1] == "serve" && p.cmd.ProcessState == nil {
			p.tell(syscall.SIGTERM)
			p.ends(exitDone)
		}
	}
	r.keepFiles("after the desk ended", r.env["NOADESK_DATA"])
}

// comingAndGoing signs out and in, with a wrong password too.
func (r *reader) comingAndGoing() {
	r.Helper()
	r.pages(http.StatusOK)
	r.post("/logout", nil, http.StatusOK, "")
	r.post("/login", url.Values{"email": {"ada@example.org"}, "password": {wrongPassword}}, http.StatusUnprocessableEntity, "do not fit")
	r.post("/login", url.Values{"email": {"vera@example.org"}, "password": {veraPassword}}, http.StatusOK, "")
	r.attempt("/o/practice/keys", nil)
	r.post("/logout", nil, http.StatusOK, "")
	r.post("/login", url.Values{"email": {"ada@example.org"}, "password": {adaPassword}}, http.StatusOK, "")
	r.get("/o/practice/desk", http.StatusOK)
}

// backUp writes backups, restores one into another folder and works on there.
func (r *reader) backUp() {
	r.Helper()
	backups := filepath.Join(r.dir, "backups")
	if err := os.Mkdir(backups, 0o700); err != nil {
		r.Fatal(err)
	}
	file := filepath.Join(backups, "noadesk.db")
	identity, recipient := r.newIdentity("identity")
	r.markers.text("identity of age", strings.TrimSpace(r.read(identity)))
	r.tool(exitDone, "backup", "--json", file)
	r.tool(exitDone, "backup", "--recipient", recipient, file+".age")
	r.nothingTemporary()
	r.tool(exitDone, "verify", file)
	r.tool(exitDone, "verify", "--identity", identity, file+".age")
	r.keepFiles("as backed up", backups)
	r.stop("before the end")
	r.shell = r.with("NOADESK_DATA", filepath.Join(r.dir, "elsewhere"))
	r.tool(exitDone, "restore", file)
	r.tool(exitDone, "restore", "--identity", identity, file+".age")
	r.tool(exitDone, "verify", filepath.Join(r.env["NOADESK_DATA"], "noadesk.db"))
	r.newMaster()
	r.masterKey(r.env["NOADESK_MASTER_KEY_FILE"])
	r.tool(exitDone, "master-key", "rotate", "--compromised")
	r.said("doctor", "--json")
	r.onlyCopies()
	r.keepFiles("as restored", r.env["NOADESK_DATA"])
}

// nothingTemporary holds that there never was a temporary file until now.
func (r *reader) nothingTemporary() {
	r.Helper()
	if made := r.temporary(); len(made) > 0 {
		r.Errorf("in the folder for temporary files there was %q", made)
	}
}

// onlyCopies holds that there were temporary copies of backups, which are searched as what they are, and that they are gone.
func (r *reader) onlyCopies() {
	r.Helper()
	for _, name := range r.temporary() {
		if !strings.HasPrefix(strings.TrimPrefix(name, "."), "noadesk-") {
			r.Errorf("in the folder for temporary files there was %q", name)
		}
	}
	if left, err := os.ReadDir(r.env["TMPDIR"]); err != nil || len(left) > 0 {
		r.Errorf("in the folder for temporary files %d files are left, %v", len(left), err)
	}
}

// judge searches what was left, once it is certain that there was something to be found.
func (r *reader) judge() {
	r.Helper()
	for secret, least := range map[string]int{
		"assertion": 5, "token": 3, "token in use": 10, "operator's token": 1, "refresh token": 1, "registered key": 2, "uploaded key": 3,
		"session id": 3, "master key": 3, "encrypted PEM": 4, "set-up token": 1,
	} {
		if r.markers.counts[secret] < least {
			r.Errorf("the run knew of %d secrets of the kind %q, want %d", r.markers.counts[secret], secret, least)
		}
	}
	found := r.found()
	for _, what := range found[:min(len(found), 50)] {
		r.Error(what)
	}
	r.Logf("searched %d places for secrets of %d kinds", len(r.places), len(r.markers.counts))
}

func (s *shell) read(file string) string {
	s.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		s.Fatal(err)
	}
	return string(text)
}

func decoded(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
