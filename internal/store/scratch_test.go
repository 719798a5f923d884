package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// scratchIn is the folder in which the test's second process works until it is killed.
const scratchIn = "NOADESK_TEST_SCRATCH"

// TestScratchOfAKilledProcessIsRemovedByTheNextOne runs itself in a process that
// says where its scratch is and then waits.
func TestScratchOfAKilledProcessIsRemovedByTheNextOne(t *testing.T) {
	if in := os.Getenv(scratchIn); in != "" {
		dir, _, err := Scratch(in)
		fmt.Println(filepath.Base(dir), err)
		_, _ = os.Stdin.Read(make([]byte, 1)) // for ever: nobody writes
		return
	}
	t.Parallel()
	for name, next := range map[string]func(t *testing.T, dir string){
		"backup": func(t *testing.T, dir string) {
			if err := open(t, t.TempDir()).Backup(context.Background(), filepath.Join(dir, "backup.db")); err != nil {
				t.Error(err)
			}
		},
		"start": func(t *testing.T, dir string) { closeStore(t, mustOpen(t, dir)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			left, kill := leaveScratch(t, dir)
			write(t, filepath.Join(dir, left, "part"), []byte("half"))
			bystander := filepath.Join(dir, ".noadesk-other")
			write(t, bystander, nil)
			next(t, dir)
			if _, err := os.Stat(filepath.Join(dir, left, "part")); err != nil {
				t.Errorf("what a running process has was removed: %v", err)
			}
			kill()
			if err := os.RemoveAll(filepath.Join(dir, "backup.db")); err != nil {
				t.Fatal(err)
			}
			next(t, dir)
			if _, err := os.Stat(filepath.Join(dir, left)); !os.IsNotExist(err) {
				t.Errorf("it is still there: %v", err)
			}
			if _, err := os.Stat(bystander); err != nil {
				t.Errorf("a file of another name was removed: %v", err)
			}
		})
	}
}

// leaveScratch starts a process that has scratch in a folder.
func leaveScratch(t *testing.T, in string) (left string, kill func()) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := exec.Command(program, "-test.run=^TestScratchOfAKilledProcessIsRemovedByTheNextOne$")
	other.Env = append(os.Environ(), scratchIn+"="+in)
	input, err1 := other.StdinPipe()
	output, err2 := other.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	t.Cleanup(func() { _ = input.Close() })
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = other.Process.Kill()
		_ = other.Wait()
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(output).ReadString('\n')
	var said string
	if _, err := fmt.Sscanf(line, "%s %s", &left, &said); err != nil || said != "<nil>" {
		t.Fatalf("it says %q, %v", line, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return left, kill
}

func TestScratchIsNotFollowedThroughALink(t *testing.T) {
	t.Parallel()
	in, elsewhere := t.TempDir(), t.TempDir()
	write(t, filepath.Join(elsewhere, "file"), nil)
	if err := os.Symlink(elsewhere, filepath.Join(in, scratchName+"link")); err != nil {
		t.Fatal(err)
	}
	_, done, err := Scratch(in)
	if err != nil {
		t.Fatal(err)
	}
	done()
	if _, err := os.Stat(filepath.Join(elsewhere, "file")); err != nil {
		t.Errorf("what a link leads to was removed: %v", err)
	}
}
