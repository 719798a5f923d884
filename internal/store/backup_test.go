package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

func look(t testing.TB, file string) *Store {
	t.Helper()
	s, err := OpenFile(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

// names are the files of a folder, hidden ones too.
func names(t testing.TB, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func TestBackupUnderWritersIsOneStateOfAllTables(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, t.TempDir())
	var stop atomic.Bool
	var writers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			for i := 0; !stop.Load(); i++ {
				if err := s.Change(ctx, someone, put(fmt.Sprint("x", w, "/", i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 5 {
		file := filepath.Join(t.TempDir(), "backup.db")
		if err := s.Backup(ctx, file); err != nil {
			t.Fatal(err)
		}
		b := look(t, file)
		rows, records := count(t, b, `SELECT count(*) FROM meta WHERE name LIKE 'x%'`), count(t, b, `SELECT count(*) FROM audit`)
		if v := verify(t, b); rows != records || len(v.Wrong) != 0 || v.Records != int64(records) {
			t.Errorf("backup %d: %d rows and %d records, %q", i, rows, records, v.Wrong)
		}
	}
	stop.Store(true)
	writers.Wait()
}

func TestBackupIsItsOwnersOnlyAndLeavesNothingBeside(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	s := open(t, t.TempDir())
	dir := t.TempDir()
	file := filepath.Join(dir, "a b?#%41.db")
	checked := 0
	err := s.Backup(context.Background(), file, func(b *Store) error {
		checked = count(t, b, `SELECT count(*) FROM meta`)
		return nil
	})
	if err != nil || checked != 1 || names(t, dir) != "a b?#%41.db" {
		t.Errorf("got %v, %d rows, files %q", err, checked, names(t, dir))
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
}

func TestBackupThatIsRefusedIsNotThere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, t.TempDir())
	dir, failed := t.TempDir(), errors.New("failed")
	there := filepath.Join(dir, "there.db")
	write(t, there, []byte("older"))
	if err := s.Backup(ctx, there); !errors.Is(err, ErrExists) {
		t.Errorf("over another file: %v", err)
	}
	if err := s.Backup(ctx, filepath.Join(dir, "new.db"), func(*Store) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("against its check: %v", err)
	}
	if err := s.Backup(ctx, filepath.Join(dir, "no", "new.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("into no folder: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.Backup(cancelled, filepath.Join(dir, "new.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if text, err := os.ReadFile(there); err != nil || string(text) != "older" || names(t, dir) != "there.db" {
		t.Errorf("files %q, %v", names(t, dir), err)
	}
}

func TestBackupHoldsNothingThatWasDeleted(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, t.TempDir())
	tamper(t, s, `PRAGMA secure_delete = OFF`, `INSERT INTO meta VALUES ('x', CAST('a secret that is gone' AS BLOB))`, `DELETE FROM meta WHERE name = 'x'`)
	file := filepath.Join(t.TempDir(), "backup.db")
	if err := s.Backup(ctx, file); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil || bytes.Contains(data, []byte("that is gone")) {
		t.Errorf("holds what was deleted, %v", err)
	}
}

func TestCompactTakesWhatWasDeletedOutOfTheFiles(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, t.TempDir())
	for i := range 50 {
		tamper(t, s, fmt.Sprintf(`INSERT INTO meta VALUES ('x%d', CAST('a secret to go' AS BLOB))`, i))
	}
	tamper(t, s, `DELETE FROM meta WHERE name LIKE 'x%'`)
	if err := s.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(s.Path() + suffix)
		if err != nil || bytes.Contains(data, []byte("secret to go")) {
			t.Errorf("%q holds what was deleted, %v", suffix, err)
		}
	}
}

func TestCheckpointSaysThatSomebodyStillReadsTheOldState(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, t.TempDir())
	if _, err := s.write.Exec(`PRAGMA busy_timeout = 10`); err != nil {
		t.Fatal(err)
	}
	tamper(t, s, `INSERT INTO meta VALUES ('x', x'00')`)
	rows, err := s.Query(ctx, `SELECT name FROM meta`)
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	tamper(t, s, `INSERT INTO meta VALUES ('y', x'00')`)
	if err := s.Checkpoint(ctx); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Checkpoint(ctx); err != nil {
		t.Error(err)
	}
}

func TestFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	half := func(out io.Writer) error {
		_, _ = out.Write([]byte("half"))
		return io.ErrUnexpectedEOF
	}
	if err := WriteFile(file, half); !errors.Is(err, io.ErrUnexpectedEOF) || names(t, dir) != "" {
		t.Errorf("got %v, files %q", err, names(t, dir))
	}
	whole := func(out io.Writer) error {
		_, err := out.Write([]byte("whole"))
		return err
	}
	if err := WriteFile(file, whole); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 || info.Size() != 5 || names(t, dir) != "file" {
		t.Errorf("got %v, files %q", err, names(t, dir))
	}
	if err := WriteFile(file, whole); !errors.Is(err, ErrExists) {
		t.Errorf("over itself: %v", err)
	}
}

// smallDisk is the folder that the test's second process works in.
const smallDisk = "NOADESK_TEST_SMALL_DISK"

// TestFullDiskCostsNothingThatWasThere runs itself in a process that may write no
// file longer than 256 KiB.
func TestFullDiskCostsNothingThatWasThere(t *testing.T) {
	if dir := os.Getenv(smallDisk); dir != "" {
		onSmallDisk(t, dir)
		return
	}
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, dir)
	tamper(t, s, `INSERT INTO meta VALUES ('x', zeroblob(1000000))`)
	closeStore(t, s)
	write(t, filepath.Join(dir, "older.db"), []byte("older"))
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	again := exec.Command(program, "-test.run=^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), smallDisk+"="+dir)
	out, err := again.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Fatalf("%v:\n%s", err, out)
	}
	if v := verify(t, open(t, dir)); v.Records != 2 || len(v.Wrong) != 0 {
		t.Errorf("got %+v", v)
	}
}

func onSmallDisk(t *testing.T, dir string) {
	ctx := context.Background()
	s := open(t, dir)
	if err := s.Change(ctx, someone, put("before")); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 256 << 10, Max: 256 << 10}); err != nil {
		t.Fatal(err)
	}
	before := names(t, dir)
	if err := s.Backup(ctx, filepath.Join(dir, "new.db")); !errors.Is(err, ErrFull) {
		t.Errorf("backup: %v", err)
	}
	if got := names(t, dir); got != before {
		t.Errorf("files %q, before %q", got, before)
	}
	err := s.Change(ctx, someone, func(tx *Tx) error {
		_, err := tx.Exec(`INSERT INTO meta VALUES ('long', zeroblob(1000000))`)
		return err
	})
	if !errors.Is(err, ErrFull) || errors.Is(err, ErrStorage) {
		t.Errorf("long change: %v", err)
	}
	if err := s.Change(ctx, someone, put("after")); err != nil {
		t.Errorf("short change: %v", err)
	}
}
