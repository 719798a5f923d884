package keystore

import (
	"fmt"
	"os"
	"testing"
)

// storageFolder is where what stands between SQLite and the storage is compiled to.
var storageFolder string

// TestMain lets this test binary be the process whose storage fails: see crash.
func TestMain(m *testing.M) {
	if name := os.Getenv("CRASH_WORK"); name != "" {
		os.Exit(crashWork(name, os.Getenv("CRASH_FOLDER")))
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "noadesk-storage-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	storageFolder = dir
	return m.Run()
}
