package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets this test binary be the program itself, for the tests that need
// a process of its own: see start.
func TestMain(m *testing.M) {
	if os.Getenv("NOADESK_TEST_PROGRAM") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// A shell runs command lines in a folder and an environment of its own.
type shell struct {
	*testing.T
	dir string
	env map[string]string
	ask func(prompt string) ([]byte, error)
}

// newShell has a master key in a file and an empty data folder.
func newShell(t *testing.T) *shell {
	t.Helper()
	dir := t.TempDir()
	s := &shell{T: t, dir: dir, env: map[string]string{
		"NOADESK_DATA":            filepath.Join(dir, "data"),
		"NOADESK_MASTER_KEY_FILE": filepath.Join(dir, "master.key"),
	}}
	s.write("master.key", s.do("master-key", "new").out)
	return s
}

// A result is what a command line left behind.
type result struct {
	*testing.T
	line     string
	code     int
	out, err string
}

// run carries out a command line with something on standard input.
func (s *shell) run(stdin string, args ...string) result {
	s.Helper()
	var out, errs bytes.Buffer
	w := &world{args: args, in: strings.NewReader(stdin), out: &out, err: &errs, ask: s.ask}
	w.env = func(name string) string { return s.env[name] }
	code := run(s.Context(), w)
	return result{s.T, strings.Join(args, " "), code, out.String(), errs.String()}
}

// do carries out a command line that has to succeed.
func (s *shell) do(args ...string) result {
	s.Helper()
	return s.run("", args...).exits(exitDone)
}

// with is the same shell with other settings.
func (s *shell) with(settings ...string) *shell {
	other := *s
	other.env = maps.Clone(s.env)
	for i := 0; i < len(settings); i += 2 {
		other.env[settings[i]] = settings[i+1]
	}
	return &other
}

// write writes a file of the folder that only its owner may read, and gives its path.
func (s *shell) write(name, text string) string {
	s.Helper()
	file := filepath.Join(s.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
	return file
}

// data is every file of the data folder by name, to see whether one changed.
func (s *shell) data() map[string]string {
	s.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(s.env["NOADESK_DATA"])
	if err != nil && !os.IsNotExist(err) {
		s.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(s.env["NOADESK_DATA"], e.Name()))
		if err != nil {
			s.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return files
}

// exits holds the exit code against what scripts rely on.
func (r result) exits(code int) result {
	r.Helper()
	if r.code != code {
		r.Fatalf("noadesk %s: exit code %d, want %d\n%s%s", r.line, r.code, code, r.out, r.err)
	}
	return r
}

// says looks for words in what the command line printed for a person.
func (r result) says(words ...string) result {
	r.Helper()
	for _, word := range words {
		if !strings.Contains(r.out+r.err, word) {
			r.Errorf("noadesk %s: does not say %q:\n%s%s", r.line, word, r.out, r.err)
		}
	}
	return r
}

// sentence holds that the command line left one sentence on standard error and nothing else.
func (r result) sentence() result {
	r.Helper()
	line, rest, _ := strings.Cut(r.err, "\n")
	if r.out != "" || line == "" || rest != "" || strings.Contains(line, "goroutine") {
		r.Errorf("noadesk %s: want one sentence, got %q and %q", r.line, r.out, r.err)
	}
	return r
}

// parse reads what a command line printed with --json.
func parse[T any](r result) T {
	r.Helper()
	var value T
	if err := json.Unmarshal([]byte(r.out), &value); err != nil {
		r.Fatalf("noadesk %s: %v\n%s", r.line, err, r.out)
	}
	return value
}
