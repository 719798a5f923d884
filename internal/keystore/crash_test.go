package keystore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"noadesk/internal/store"
)

// A crashFolder is what a process works on whose storage fails: the database
// in data, and beside it the master keys and a key to import.
type crashFolder string

func (f crashFolder) file(name string) string { return filepath.Join(string(f), name) }

// open opens the folder with both master keys.
func (f crashFolder) open(ctx context.Context) (*store.Store, *Keys, error) {
	old, err1 := ReadMasterKeyFile(f.file("old.key"))
	next, err2 := ReadMasterKeyFile(f.file("next.key"))
	if err := errors.Join(err1, err2); err != nil {
		return nil, nil, err
	}
	db, err := store.Open(ctx, f.file("data"))
	if err != nil {
		return nil, nil, err
	}
	keys, err := Open(ctx, db, next, old)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, keys, nil
}

// crashWork is what such a process does. It says when its work is reported as
// done: nothing that happens to the storage after that may undo it.
func crashWork(name, folder string) int {
	ctx, f := context.Background(), crashFolder(folder)
	db, keys, err := f.open(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer db.Close()
	if err := crashWorks[name].do(ctx, keys, f); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("done")
	return 0
}

// storageLibrary compiles what stands between SQLite and the storage.
var storageLibrary = sync.OnceValues(func() (string, error) {
	file := filepath.Join(storageFolder, "storage.so")
	out, err := exec.Command("gcc", "-shared", "-fPIC", "-O1", "-o", file, "testdata/storage.c", "-ldl").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("gcc: %w: %s", err, out)
	}
	return file, err
})

// crash runs a piece of work on a folder in a process whose storage behaves as
// mode says at its n-th call, and tells whether the work was reported as done.
func (f crashFolder) crash(t *testing.T, work, mode string, n int, settings ...string) (done bool) {
	t.Helper()
	library, err := storageLibrary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append([]string{
		"CRASH_WORK=" + work, "CRASH_FOLDER=" + string(f), "LD_PRELOAD=" + library,
		"STORAGE_MODE=" + mode, "STORAGE_AT=" + strconv.Itoa(n),
	}, settings...)
	var said strings.Builder
	cmd.Stdout = &said
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return strings.HasPrefix(said.String(), "done")
}

// calls lists the storage calls of a piece of work.
func (f crashFolder) calls(t *testing.T, work string) []storageCall {
	t.Helper()
	trace := f.file("trace")
	if !f.crash(t, work, "trace", 0, "STORAGE_TRACE="+trace) {
		t.Fatalf("%s does not even work on sound storage", work)
	}
	return readTrace(t, trace)
}

// A crashTemplate is what every crash begins with: files by name.
type crashTemplate map[string][]byte

func takeTemplate(t *testing.T, f crashFolder) crashTemplate {
	t.Helper()
	template := crashTemplate{}
	for _, name := range []string{"old.key", "next.key", "key.pem", "data/noadesk.db"} {
		data, err := os.ReadFile(f.file(name))
		if err != nil {
			t.Fatal(err)
		}
		template[name] = data
	}
	return template
}

// in writes the template into a folder that has what a crash before left.
func (c crashTemplate) in(t *testing.T, dir string) crashFolder {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range c {
		write(t, dir, name, data)
	}
	return crashFolder(dir)
}

// A failure is one way in which the storage fails, at its n-th call.
type failure struct {
	mode string
	n    int
}

// failures are all that a piece of work can meet.
func failures(calls []storageCall) []failure {
	var all []failure
	for i, call := range calls {
		for _, mode := range call.failures() {
			all = append(all, failure{mode, i + 1})
		}
	}
	return all
}

// crashesAtOnce is how many failures are tried side by side.
const crashesAtOnce = 2

func TestStorageMayFailAtEveryCall(t *testing.T) {
	t.Parallel()
	if runsWithoutRaceDetector(t) {
		return
	}
	for name, work := range crashWorks {
		if work.prepare == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			template := newCrashTemplate(t, work.prepare)
			calls := template.in(t, filepath.Join(memoryDir(t), "crash")).calls(t, name)
			if len(calls) < 15 {
				t.Fatalf("only %d storage calls were seen", len(calls))
			}
			all := failures(calls)
			for part := range crashesAtOnce {
				t.Run(fmt.Sprint(part), func(t *testing.T) {
					t.Parallel()
					template.meet(t, name, all, part)
				})
			}
			t.Logf("%d failures at %d storage calls", len(all), len(calls))
		})
	}
}

// meet has a piece of work meet its share of the failures.
func (c crashTemplate) meet(t *testing.T, name string, all []failure, part int) {
	t.Helper()
	dir := filepath.Join(memoryDir(t), "crash")
	for i := part; i < len(all); i += crashesAtOnce {
		f := c.in(t, dir)
		done := f.crash(t, name, all[i].mode, all[i].n)
		f.survives(t, crashWorks[name], done, fmt.Sprintf("%s at call %d, done %t", all[i].mode, all[i].n, done))
	}
}

// failures are the ways in which a call can fail: only a write can be torn or
// find the disk full.
func (c storageCall) failures() []string {
	if c.kind == 'w' {
		return []string{"kill", "torn", "enospc", "eio"}
	}
	return []string{"kill", "eio"}
}

// survives opens the folder after a crash: everything is sound, what was done
// is there, the rest is there as a whole or not at all, and works when it is tried again.
func (f crashFolder) survives(t *testing.T, work crashing, done bool, when string) {
	t.Helper()
	ctx := context.Background()
	db, keys, err := f.open(ctx)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	defer closeStore(t, db)
	if err := errors.Join(sound(ctx, db, keys), work.check(ctx, keys, done)); err != nil {
		t.Errorf("%s: %v", when, err)
	}
	if err := work.do(ctx, keys, f); err != nil {
		t.Errorf("%s: trying again: %v", when, err)
	}
	if err := errors.Join(sound(ctx, db, keys), work.check(ctx, keys, true)); err != nil {
		t.Errorf("%s: after trying again: %v", when, err)
	}
}

// sound makes sure that every page, every key and every record of the audit
// log is whole, and that there is no key without its record or the other way round.
func sound(ctx context.Context, db *store.Store, keys *Keys) error {
	var answer string
	if err := db.QueryRow(ctx, `PRAGMA integrity_check`).Scan(&answer); err != nil || answer != "ok" {
		return fmt.Errorf("integrity: %q, %w", answer, err)
	}
	list, err := keys.ListAll(ctx)
	if err != nil {
		return err
	}
	var errs []error
	there := map[string]int{}
	for _, key := range list {
		there[key.Fingerprint]++
		r, err := keys.record(ctx, key.Fingerprint)
		if err == nil {
			_, err = keys.openRecord(r)
		}
		errs = append(errs, err)
	}
	found, err := db.VerifyAudit(ctx, keys.VerifyHead)
	if err == nil && len(found.Wrong) > 0 {
		err = fmt.Errorf("audit: %q", found.Wrong)
	}
	return errors.Join(append(errs, err, recorded(ctx, db, there))...)
}

// recorded makes sure that each key has one record of its coming, and each such
// record its key, unless it was destroyed.
func recorded(ctx context.Context, db *store.Store, there map[string]int) error {
	records, err := db.Records(ctx, store.RecordQuery{Limit: 1000})
	if err != nil {
		return err
	}
	for _, r := range records {
		switch r.Action {
		case "key.import", "key.generate":
			there[r.Object]--
		case "key.destroy":
			there[r.Object]++
		}
	}
	for fingerprint, n := range there {
		if n != 0 {
			return fmt.Errorf("key %.8s and the audit log do not agree: %+d", fingerprint, n)
		}
	}
	return nil
}
