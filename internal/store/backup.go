package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ErrExists says that a file is there already, which is never overwritten.
var ErrExists = errors.New("store: file exists already")

// Backup writes the whole database into one file of its own, while others read
// and write. The file gets its name only when it is complete, read through once,
// taken by all checks and on the disk; before that it is not there.
func (s *Store) Backup(ctx context.Context, file string, checks ...func(*Store) error) error {
	return s.backup(ctx, file, func(part string) error { return examine(ctx, part, checks) })
}

func (s *Store) backup(ctx context.Context, file string, finish func(part string) error) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	if err := s.copyFile(ctx, file, finish); err != nil {
		return fmt.Errorf("store: back up: %w", err)
	}
	return nil
}

func (s *Store) copyFile(ctx context.Context, file string, check func(part string) error) error {
	return newFile(file, func(part string) error {
		if err := s.copyInto(ctx, part); err != nil {
			return err
		}
		return check(part)
	})
}

// WriteFile writes a file as [Store.Backup] does: only its owner may read it, and
// it is there when all of it is on the disk, or not at all.
func WriteFile(file string, write func(io.Writer) error) error {
	err := newFile(file, func(part string) error {
		f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	})
	if err != nil {
		return fmt.Errorf("store: write file: %w", err)
	}
	return nil
}

// newFile has a file made under another name, in a folder of its own so that what
// SQLite puts beside an unfinished one goes with it.
func newFile(file string, fill func(part string) error) error {
	if err := absent(file); err != nil {
		return err
	}
	dir, done, err := Scratch(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer done() // it holds nothing after the renaming
	part := filepath.Join(dir, "part")
	if err := fill(part); err != nil {
		return namedFile(err)
	}
	return namedFile(place(part, file))
}

func absent(file string) error {
	_, err := os.Lstat(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%w: %s", ErrExists, file)
}

func examine(ctx context.Context, file string, checks []func(*Store) error) error {
	s, err := OpenFile(ctx, file)
	if err != nil {
		return err
	}
	return errors.Join(each(checks, s), s.Close())
}

// place gives a complete file its name, and has both on the disk.
func place(part, file string) error {
	if err := syncFile(part); err != nil {
		return err
	}
	if err := absent(file); err != nil {
		return err
	}
	if err := os.Rename(part, file); err != nil {
		return err
	}
	return syncFile(filepath.Dir(file))
}

// syncFile has a file, or a folder's names, on the disk.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
