package keystore

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
)

// built gives a flag that this test binary was built with.
func built(flag string) string {
	info, _ := debug.ReadBuildInfo() // the zero of it has no settings
	if info == nil {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == flag {
			return s.Value
		}
	}
	return ""
}

// plainProgram builds these tests without the race detector, and otherwise as
// they were built.
var plainProgram = sync.OnceValues(func() (string, error) {
	file := filepath.Join(storageFolder, "plain.test")
	build := exec.Command("go", "test", "-c", "-o", file, "-tags", built("-tags"), "-trimpath="+fmt.Sprint(built("-trimpath") == "true"), ".")
	out, err := build.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("go test -c: %w: %s", err, out)
	}
	return file, err
})

// runsWithoutRaceDetector has a test of failing storage run in a program without
// the detector, where this one has it. What is tested happens in some thousand
// processes, one after the other, and in SQLite's C, of which the detector sees
// nothing; it would only make each of them start four times as slowly.
func runsWithoutRaceDetector(t *testing.T) bool {
	t.Helper()
	if built("-race") != "true" {
		return false
	}
	program, err := plainProgram()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "-test.run=^"+t.Name()+"$", "-test.v").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name()+" ")) {
		t.Fatalf("%v:\n%s", err, out)
	}
	t.Logf("without the race detector:\n%s", out)
	return true
}

// memoryDir is a folder in memory, where there is such a thing: what is tested
// is what SQLite tells the storage and in which order, and a real disk would
// only be waited for.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "noadesk-"+strings.ReplaceAll(t.Name(), "/", "-")+"-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
