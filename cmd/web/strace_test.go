package main

import (
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// opening are the system calls by which a file comes to be, or to be written.
const opening = "trace=open,openat,openat2,creat,memfd_create,mknod,mknodat,link,linkat,symlink,symlinkat,rename,renameat,renameat2,mkdir,mkdirat,truncate"

// database are the three files that a change to the keystore writes, in the data folder.
var database = []string{"noadesk.db", "noadesk.db-shm", "noadesk.db-wal"}

// TestAnImportWritesNoFileButTheDatabase watches every file that the commands write which bring a key in.
func TestAnImportWritesNoFileButTheDatabase(t *testing.T) {
	t.Parallel()
	s := newOrg(t)
	text, _ := pair(t, curvesOfNoa[1])
	plain, other := s.write("plain.pem", text), s.write("passphrase", passphrase)
	sealed := filepath.Join(s.dir, "sealed.pem")
	if out, err := exec.Command("openssl", "pkcs8", "-topk8", "-in", plain, "-out", sealed, "-passout", "file:"+other).CombinedOutput(); err != nil {
		t.Fatalf("openssl: %v: %s", err, out)
	}
	line := []string{"key", "import", "--org", "berlin", "--client", "desk"}
	for name, c := range map[string]struct {
		code int
		args []string
	}{
		"encrypted":        {exitDone, append(line, "--passphrase-file", other, sealed)},
		"plain":            {exitDone, append(line, plain)},
		"wrong passphrase": {exitInput, append(line, "--passphrase-file", plain, sealed)},
		"not a key":        {exitInput, append(line, other)},
		"generated":        {exitDone, []string{"key", "generate", "--org", "berlin", "--client", "desk"}},
	} {
		trace := s.traced(c.args...)
		trace.ends(c.code)
		if written := trace.written(); !slices.Equal(written, database) {
			t.Errorf("%s: wrote %q, want %q", name, written, database)
		}
	}
}

// TestAnUploadWritesNoFileButTheDatabase watches a desk from its start to its end
// while keys are pasted, sent as files, and sent in bodies that are far too large.
func TestAnUploadWritesNoFileButTheDatabase(t *testing.T) {
	t.Parallel()
	s := newSearch(t)
	s.do("org", "add", "--uuid", berlin, "--name", "Practice")
	s.run(goodPassword, "staff", "add", "--email", "ada@example.org", "--name", "Ada", "--role", "admin").exits(exitDone)
	desk := s.shell.traced("serve")
	r := s.newReader(desk.logs(`msg=listening .*address=(http://\S+)`))
	r.post("/login", url.Values{"email": {"ada@example.org"}, "password": {goodPassword}}, http.StatusOK, "")
	keys, client := "/o/practice/keys", url.Values{"client": {"desk"}}
	for _, curve := range curvesOfNoa {
		pasted, _ := pair(t, curve)
		sent, _ := pair(t, curve)
		r.post(keys, url.Values{"client": {"desk"}, "key": {pasted}}, http.StatusOK, "stored")
		r.upload(keys, client, sent, http.StatusOK, "stored")
		r.upload(keys, client, strings.Repeat(sent, 40<<20/len(sent)), http.StatusRequestEntityTooLarge, "64 KiB")
	}
	r.post(keys+"/generate", client, http.StatusOK, "BEGIN PUBLIC KEY")
	desk.tell(syscall.SIGTERM)
	desk.ends(exitDone)
	want := append(slices.Clone(database), "noadesk.lock")
	if written := desk.written(); !slices.Equal(written, want) {
		t.Errorf("wrote %q, want %q", written, want)
	}
}

// TestATraceTellsOfEveryFile holds that the two tests above can fail: a backup makes a folder and renames what is in it.
func TestATraceTellsOfEveryFile(t *testing.T) {
	t.Parallel()
	s := newOrg(t)
	trace := s.traced("backup", filepath.Join(s.dir, "backup.db"))
	trace.ends(exitDone)
	written := trace.written()
	for _, want := range append(slices.Clone(database), filepath.Join(s.dir, "backup.db")) {
		if !slices.Contains(written, want) {
			t.Errorf("%q is missing in %q", want, written)
		}
	}
	for line, want := range map[string]string{
		`7 openat(AT_FDCWD</w>, "/tmp/a", O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0600) = 3</tmp/a>`: "/tmp/a",
		`7 openat(AT_FDCWD</w>, "/tmp", O_RDWR|O_TMPFILE, 0600 <unfinished ...>`:              "/tmp",
		`7 openat(5</tmp/b>, "c", O_WRONLY) = 6</tmp/b/c>`:                                    "/tmp/b/c",
		`7 creat("d", 0600) = 3</w/d>`:                                                        "d",
		`7 memfd_create("e", MFD_CLOEXEC) = 3`:                                                "e",
		`7 renameat(AT_FDCWD</w>, "/f", AT_FDCWD</w>, "/g") = 0`:                              "/f,/g",
		`7 openat2(AT_FDCWD</w>, "/h", {flags=O_RDWR|O_CREAT, mode=0600}, 24) = 3`:            "/h",
		`7 openat(AT_FDCWD</w>, "/i", O_RDONLY|O_CLOEXEC) = 3</i>`:                            "",
		`7 <... openat resumed>) = 3</tmp>`:                                                   "",
		`7 --- SIGURG {si_signo=SIGURG, si_code=SI_TKILL} ---`:                                "",
	} {
		if got := strings.Join(writes(line), ","); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}

// A trace is a process whose system calls are written down.
type trace struct {
	*process
	shell *shell
	file  string
}

// traced starts the program under strace. It is traced from its first moment on:
// later it lets nobody but root look into it.
func (s *shell) traced(args ...string) trace {
	s.Helper()
	s.mayTrace()
	file := filepath.Join(s.T.TempDir(), "trace")
	options := []string{"-D", "-f", "-y", "-e", opening, "-o", file, s.program()} // -D: signals go to the program, not to strace
	return trace{s.launch("strace", append(options, args...)...), s, file}
}

// mayTrace fails with a sentence where this machine lets nobody trace a process.
func (s *shell) mayTrace() {
	s.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		s.Fatal("There is no strace on this machine; make test installs it.")
	}
	if out, err := exec.Command("strace", "-o", "/dev/null", "-e", opening, "true").CombinedOutput(); err != nil {
		s.Fatalf("This machine does not let strace trace a process (ptrace), so that nobody can say which files an import writes: %v: %s", err, out)
	}
}

// written names every file that was opened to be written, made or given a name:
// those of the data folder by their names there, others by their paths.
func (t trace) written() []string {
	t.Helper()
	names := map[string]bool{}
	for line := range strings.Lines(t.shell.read(t.file)) {
		for _, path := range writes(line) {
			names[strings.TrimPrefix(path, t.shell.env["NOADESK_DATA"]+"/")] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

var (
	aCall   = regexp.MustCompile(`^\d+ +([a-z0-9_]+)\((.*)`)
	aPath   = regexp.MustCompile(`(?:<([^>]*)>, )?"((?:[^"\\]|\\.)*)"`)
	toWrite = regexp.MustCompile(`\bO_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)\b`)
)

// writes names the files that a line of a trace is about, where they may be written
// from then on. A call that fails counts too: another time it may not.
func writes(line string) (paths []string) {
	call := aCall.FindStringSubmatch(line)
	if call == nil || strings.HasPrefix(call[1], "open") && !toWrite.MatchString(call[2]) {
		return nil
	}
	for _, found := range aPath.FindAllStringSubmatch(call[2], -1) {
		path := found[2]
		if found[1] != "" && !filepath.IsAbs(path) {
			path = filepath.Join(found[1], path)
		}
		paths = append(paths, path)
	}
	return paths
}
