package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"noadesk/internal/keystore"
	"noadesk/internal/store"
)

type backupCommand struct {
	dataSettings
	output
	Recipient []string `sep:"none" placeholder:"AGE" help:"Encrypt the backup with age to this recipient (age1…); may be given several times."`
	File      string   `arg:"" help:"File to write, which must not be there yet."`
}

// backupRow is the receipt of a backup as JSON.
type backupRow struct {
	File      string `json:"file"`
	Bytes     int64  `json:"bytes"`
	Encrypted bool   `json:"encrypted"`
	MasterKey string `json:"master_key"`
	soundness
}

// Run writes a backup beside a running desk, and has it verified before it gets its name.
func (c backupCommand) Run(ctx context.Context, w *world) error {
	to, err := recipients(c.Recipient)
	if err != nil {
		return err
	}
	mk, err := c.master(w)
	if err != nil {
		return err
	}
	r, err := openRooms(ctx, c.Data, mk)
	if err != nil {
		return err
	}
	defer r.close()
	row := backupRow{Encrypted: len(to) > 0, MasterKey: mk.ID()}
	if row.File, err = filepath.Abs(c.File); err != nil {
		return err
	}
	if row.soundness, err = r.backup(ctx, mk, row.File, to); err != nil {
		return c.refused(err)
	}
	info, err := os.Stat(row.File)
	if err != nil {
		return err
	}
	row.Bytes = info.Size()
	return c.print(w, row, func() { row.receipt(w) })
}

// receipt says what is in the file and what is not.
func (row backupRow) receipt(w *world) {
	encrypted := ""
	if row.Encrypted {
		encrypted = ", encrypted"
	}
	w.say("database: %s (%d bytes, %d keys, %d audit records%s)", row.File, row.Bytes, row.Keys, row.Records, encrypted)
	w.say("master key: NOT in this file, id %s", row.MasterKey)
	for _, sentence := range row.Wrong {
		fmt.Fprintf(w.err, "In the desk as in this backup: %s\n", sentence)
	}
}

// refused gives a file that cannot be written its sentence.
func (c backupCommand) refused(err error) error {
	var at *os.PathError
	switch {
	case errors.Is(err, store.ErrExists):
		return badInput("The file %s is there already; a backup never overwrites one.", c.File)
	case errors.Is(err, store.ErrFull):
		return failure{exitFailed, fmt.Sprintf("There is no room for the backup %s; nothing was written.", c.File), err}
	case errors.As(err, &at):
		return badInput("The backup %s cannot be written (%v).", c.File, at.Err)
	}
	return err
}

// backup writes the file, or an encrypted one by way of the data folder: a backup
// for somebody else's disk never lies there unencrypted.
func (r *rooms) backup(ctx context.Context, mk keystore.MasterKey, file string, to []age.Recipient) (found soundness, err error) {
	check := func(s *store.Store) (err error) {
		found, err = examine(ctx, s, mk)
		return err
	}
	if len(to) == 0 {
		return found, r.db.BackupWithReceipt(ctx, file, sealReceipt(ctx, mk), check)
	}
	dir, done, err := store.Scratch(filepath.Dir(r.db.Path()))
	if err != nil {
		return found, err
	}
	defer done()
	plain := filepath.Join(dir, "plain")
	if err := r.db.BackupWithReceipt(ctx, plain, sealReceipt(ctx, mk), check); err != nil {
		return found, err
	}
	return found, store.WriteFile(file, func(out io.Writer) error { return encrypt(out, plain, to) })
}

// sealReceipt seals it under the master key that the backup itself is sealed
// under: the desk may have gone over to another one meanwhile.
func sealReceipt(ctx context.Context, mk keystore.MasterKey) func(*store.Store, []byte) ([]byte, error) {
	return func(backup *store.Store, text []byte) ([]byte, error) {
		keys, err := keystore.Open(ctx, backup, mk)
		if err != nil {
			return nil, err
		}
		return keys.SealReceipt(text), nil
	}
}

func encrypt(out io.Writer, file string, to []age.Recipient) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	sealed, err := age.Encrypt(out, to...)
	if err != nil {
		return err
	}
	if _, err := io.Copy(sealed, f); err != nil {
		return err
	}
	return sealed.Close()
}

func recipients(texts []string) ([]age.Recipient, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	to, err := age.ParseRecipients(strings.NewReader(strings.Join(texts, "\n")))
	if err != nil {
		return nil, badInput("What --recipient names is not a recipient of age, such as age1… or age1pq1….")
	}
	return to, nil
}
