package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"noadesk/internal/desk"
	"noadesk/internal/keystore"
	"noadesk/internal/staff"
	"noadesk/internal/store"
)

// rooms is the open database and what works on it.
type rooms struct {
	db     *store.Store
	keys   *keystore.Keys
	people *staff.Staff
	rows   *desk.Desk
}

// open opens the database and the keystore in it. The master key is read before
// the folder is touched, so that a wrong one leaves nothing behind.
func (s dataSettings) open(ctx context.Context, w *world) (*rooms, error) {
	mk, err := s.master(w)
	if err != nil {
		return nil, err
	}
	return openRooms(ctx, s.Data, mk)
}

// openRooms has the master key looked at before the database is migrated.
func openRooms(ctx context.Context, dir string, mk keystore.MasterKey) (*rooms, error) {
	db, err := store.Open(ctx, dir, mk.Fits(ctx))
	if err != nil {
		return nil, err
	}
	keys, err := keystore.Open(ctx, db, mk)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &rooms{db: db, keys: keys, people: staff.New(db), rows: desk.New(db)}, nil
}

// close writes down what is still to be counted and closes the database.
func (r *rooms) close() error {
	return errors.Join(r.keys.Close(context.Background()), r.db.Close())
}

// master reads the master key and, while it is rotated, the one before it. The
// file of that one may be named for good and be there during a rotation only.
func (s dataSettings) master(w *world) (keystore.MasterKey, error) {
	current, err := s.currentMaster(w)
	if err != nil || s.Previous == "" {
		return current, err
	}
	if _, err := os.Lstat(s.Previous); errors.Is(err, fs.ErrNotExist) {
		return current, nil
	}
	previous, err := keystore.ReadMasterKeyFile(s.Previous)
	if err != nil {
		return keystore.MasterKey{}, err
	}
	return current.After(previous), nil
}

// currentMaster reads the master key from where the settings say: a named file, the
// service manager's credential, or, if that is allowed, the environment.
func (s dataSettings) currentMaster(w *world) (keystore.MasterKey, error) {
	file := s.masterFile(w)
	switch {
	case file != "" && s.MasterKey != "":
		return keystore.MasterKey{}, badSettings("NOADESK_MASTER_KEY: there is a master key file too (%s); keep one of the two.", file)
	case file != "":
		return keystore.ReadMasterKeyFile(file)
	case s.MasterKey == "":
		return keystore.MasterKey{}, badSettings("NOADESK_MASTER_KEY_FILE: no master key is given; " +
			"noadesk master-key new makes one, to be kept in a file with mode 0600.")
	case w.env("NOADESK_ALLOW_ENV_MASTER_KEY") != "1":
		return keystore.MasterKey{}, badSettings("NOADESK_MASTER_KEY: a master key in the environment can be read by other " +
			"programs of the same user; use a file, or allow it with NOADESK_ALLOW_ENV_MASTER_KEY=1.")
	}
	return keystore.ParseMasterKey(strings.TrimSpace(s.MasterKey))
}

func (s dataSettings) masterFile(w *world) string {
	credentials := w.env("CREDENTIALS_DIRECTORY")
	if s.MasterKeyFile != "" || s.MasterKey != "" || credentials == "" {
		return s.MasterKeyFile
	}
	return filepath.Join(credentials, "noadesk-master")
}

// keyBesideData says whether a backup of the data folder would hold the master key too.
func (s dataSettings) keyBesideData() bool {
	key, err1 := filepath.Abs(s.MasterKeyFile)
	data, err2 := filepath.Abs(s.Data)
	return s.MasterKeyFile != "" && err1 == nil && err2 == nil && strings.HasPrefix(key, data+string(filepath.Separator))
}

// byHand is the event of a change made at the command line.
func byHand() store.Event { return store.Event{Actor: "command line"} }

// cause is what the system said about a file, without the operation and the path.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
