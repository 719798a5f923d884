package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// scratchName begins the names of folders for what is not finished.
const scratchName = ".noadesk-part-"

// Scratch makes a folder for what is not finished in another one, and removes
// those there whose process is gone. Whoever works in one holds it locked, which
// ends with the process however that ends. done removes the folder.
func Scratch(in string) (dir string, done func(), err error) {
	sweep(in)
	for {
		dir, err := os.MkdirTemp(in, scratchName)
		if err != nil {
			return "", nil, err
		}
		held, err := hold(dir, os.O_CREATE)
		if errors.Is(err, errSwept) {
			continue
		}
		if err != nil {
			return "", nil, errors.Join(err, os.RemoveAll(dir))
		}
		return dir, func() {
			_ = os.RemoveAll(dir) // what is left is swept another time
			_ = held.Close()
		}, nil
	}
}

var errSwept = errors.New("store: folder was taken away before it was held")

// heldName is the file in a scratch folder that is locked; the folder itself is
// locked by whoever looks at a database in it.
const heldName = ".held"

// hold locks a folder by a file in it, and fails if somebody else swept it before.
func hold(dir string, flags int) (*os.File, error) {
	path := filepath.Join(dir, heldName)
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|flags, 0o600)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errSwept
	}
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(errSwept, f.Close()) // whoever has it works there, or is about to remove it
	}
	if !same(f, path) {
		return nil, errors.Join(errSwept, f.Close())
	}
	return f, nil
}

// same says whether a file still has this name.
func same(f *os.File, path string) bool {
	held, err1 := f.Stat()
	named, err2 := os.Lstat(path)
	return err1 == nil && err2 == nil && os.SameFile(held, named)
}

// sweep removes the scratch folders of processes that are gone. What is not
// ours to remove, it leaves alone.
func sweep(in string) {
	entries, _ := os.ReadDir(in) // a folder that cannot be listed is not swept
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), scratchName) && info.IsDir() && ownedByUs(info) {
			sweepOne(filepath.Join(in, e.Name()))
		}
	}
}

// sweepOne removes a folder that nobody holds. One in which there is nothing to
// hold is either about to be held, by somebody who then makes another one, or was left at that moment.
func sweepOne(dir string) {
	held, err := hold(dir, 0)
	if errors.Is(err, errSwept) {
		_ = os.Remove(dir) // fails where there is anything in it
	}
	if err != nil {
		return
	}
	_ = os.RemoveAll(dir)
	_ = held.Close()
}

func ownedByUs(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
