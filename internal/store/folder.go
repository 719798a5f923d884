package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// prepareFolder makes the folder for its owner alone. One that is there is
// taken, but not where everybody may put files beside ours.
func prepareFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &ConfigError{fmt.Sprintf("The data folder %s cannot be made: %v.", dir, errors.Unwrap(err)), err}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o002 == 0 {
		return nil
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return &ConfigError{fmt.Sprintf("Everybody may write to the data folder %s; make it 0700.", dir), err}
	}
	return nil
}

// prepareFile makes the file before SQLite does, which would let everybody read
// it. The files that SQLite puts beside it take over its mode. One that is there
// is not opened here: closing it again would drop SQLite's locks in this process.
func prepareFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, os.ErrExist) {
		return &ConfigError{fmt.Sprintf("The database %s cannot be made: %v.", path, errors.Unwrap(err)), err}
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := closeToOthers(path + suffix); err != nil {
			return err
		}
	}
	return nil
}

func closeToOthers(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &ConfigError{fmt.Sprintf("%s is not a regular file.", path), ErrNotOurs}
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return &ConfigError{fmt.Sprintf("Others may read %s; make it 0600.", path), err}
	}
	return nil
}

// lockFolder holds the folder while a database is made or migrated, so that two
// programs that start together do not both do it.
func lockFolder(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil // which unlocks it
}

// Lock takes the folder of the store as the function Lock does.
func (s *Store) Lock() (release func(), err error) { return Lock(s.dir) }

// Lock takes the folder for this process until it is released; the file
// noadesk.lock tells others who has it. It is not the database that is locked:
// SQLite would lose that lock as soon as anybody closes the file.
func Lock(dir string) (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "noadesk.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(lockedBy(f, err), f.Close())
	}
	if err := writePID(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}

func lockedBy(f *os.File, err error) error {
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return err
	}
	text := make([]byte, 20)
	n, _ := f.ReadAt(text, 0) // a lock without a readable number is a lock all the same
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	sentence := fmt.Sprintf("Another Noadesk works on the folder %s.", filepath.Dir(f.Name()))
	if pid != 0 {
		sentence = fmt.Sprintf("Another Noadesk (process %d) works on the folder %s.", pid, filepath.Dir(f.Name()))
	}
	return &ConfigError{sentence, ErrLocked{pid}}
}

func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}
