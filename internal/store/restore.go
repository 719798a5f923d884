package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// restoringName is the file that says that a restore is under way. While it is
// there, the database and the log beside it may not belong together.
const restoringName = "noadesk.restoring"

// Restore puts a backup in the place of the database in dir and gives the folder
// to which the database that was there has moved, or "" if there was none. The
// checks look at the backup before anything is touched; nobody else works on the
// folder meanwhile.
func Restore(ctx context.Context, dir, file string, checks ...func(*Store) error) (moved string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	if err := prepareFolder(dir); err != nil {
		return "", err
	}
	release, err := Lock(dir)
	if err != nil {
		return "", err
	}
	defer release()
	if err := checkSource(dir, file); err != nil {
		return "", err
	}
	return restore(ctx, dir, file, checks)
}

func restore(ctx context.Context, dir, file string, checks []func(*Store) error) (moved string, err error) {
	parts, done, err := Scratch(dir)
	if err != nil {
		return "", err
	}
	defer done() // it holds nothing after the renaming
	part := filepath.Join(parts, "part")
	if err := fetch(ctx, file, part, checks); err != nil {
		return "", err
	}
	unlock, err := lockFolder(dir)
	if err != nil {
		return "", err
	}
	defer unlock()
	moved, err = exchange(dir, part)
	if err != nil {
		return moved, fmt.Errorf("store: restore: %w", namedFile(err))
	}
	return moved, nil
}

// checkSource refuses to restore the database onto itself: it would be moved aside.
func checkSource(dir, file string) error {
	from, err := os.Stat(file)
	if err != nil {
		return &ConfigError{fmt.Sprintf("The file %s cannot be read: %v.", file, errors.Unwrap(err)), err}
	}
	live, err := os.Stat(filepath.Join(dir, fileName))
	if err == nil && os.SameFile(from, live) {
		return &ConfigError{fmt.Sprintf("The file %s is the database itself, not a backup.", file), ErrNotOurs}
	}
	return nil
}

// fetch copies the backup into the folder, checked, and in the form that the desk
// opens without writing: with a write-ahead log, which is empty, and no receipt.
func fetch(ctx context.Context, file, part string, checks []func(*Store) error) error {
	s, err := OpenFile(ctx, file)
	if err != nil {
		return err
	}
	if err := each(checks, s); err != nil {
		return errors.Join(err, s.Close())
	}
	if err := errors.Join(s.copyInto(ctx, part), s.Close()); err != nil {
		return fmt.Errorf("store: restore: %w", namedFile(err))
	}
	db := openRaw(part, "mode=rw&_journal_mode=WAL")
	if err := errors.Join(dropReceipt(ctx, db), db.Close()); err != nil {
		return fmt.Errorf("store: restore: %w", named(err))
	}
	return syncFile(part)
}

// exchange moves the old files aside and the new one to their place. A crash on
// the way leaves the mark, with which no desk starts and a further restore begins anew.
func exchange(dir, part string) (moved string, err error) {
	mark := filepath.Join(dir, restoringName)
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return "", err
	}
	if err := syncFile(dir); err != nil {
		return "", err
	}
	if moved, err = moveAside(dir, time.Now()); err != nil {
		return moved, err
	}
	if err := os.Rename(part, filepath.Join(dir, fileName)); err != nil {
		return moved, err
	}
	if err := syncFile(dir); err != nil {
		return moved, err
	}
	return moved, errors.Join(os.Remove(mark), syncFile(dir))
}

// moveAside moves database, log and index, which belong together, to a folder of
// their own. A log that stayed would be read into the restored database.
func moveAside(dir string, at time.Time) (moved string, err error) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		from := filepath.Join(dir, fileName+suffix)
		if _, err := os.Lstat(from); errors.Is(err, os.ErrNotExist) {
			continue
		}
		if moved == "" {
			if moved, err = os.MkdirTemp(dir, at.UTC().Format("before-restore-20060102T150405Z-")); err != nil {
				return "", err
			}
		}
		if err := os.Rename(from, filepath.Join(moved, fileName+suffix)); err != nil {
			return moved, err
		}
	}
	if moved == "" {
		return "", nil
	}
	return moved, syncFile(moved)
}

// checkRestored refuses a folder in which a restore was cut short.
func checkRestored(dir string) error {
	_, err := os.Lstat(filepath.Join(dir, restoringName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return &ConfigError{fmt.Sprintf("A restore into the folder %s was cut short; run noadesk restore again.", dir), ErrDamaged}
}
