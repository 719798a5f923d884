package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"filippo.io/age"

	"noadesk/internal/desk"
	"noadesk/internal/keystore"
	"noadesk/internal/store"
)

type verifyCommand struct {
	dataSettings
	output
	identity
	File string `arg:"" help:"A backup, or the desk's own noadesk.db."`
}

// soundness is what reading a database through found.
type soundness struct {
	Keys    int      `json:"keys"`
	Records int64    `json:"records"`
	Receipt bool     `json:"receipt"` // there is one, over every table
	Wrong   []string `json:"wrong"`
}

// Run reads a file through. It changes nothing.
func (c verifyCommand) Run(ctx context.Context, w *world) error {
	mk, err := c.master(w)
	if err != nil {
		return err
	}
	found := soundness{Wrong: []string{}}
	err = c.plain(os.TempDir(), c.File, func(file string) error {
		found, err = verify(ctx, file, mk)
		return err
	})
	if err != nil {
		return unsound(err)
	}
	if err := c.print(w, found, func() { found.words(w, c.File) }); err != nil || len(found.Wrong) == 0 {
		return err
	}
	return badInput("The file %s is not sound.", c.File)
}

func (found soundness) words(w *world, file string) {
	for _, sentence := range found.Wrong {
		w.say("%s", sentence)
	}
	if len(found.Wrong) == 0 {
		w.say("The file %s is sound: %d keys open, %d audit records are what was written.", file, found.Keys, found.Records)
	}
	if !found.Receipt {
		w.say("It has no receipt, as it is no backup or an older one: a flipped bit outside of keys and audit log is not found.")
	}
}

func verify(ctx context.Context, file string, mk keystore.MasterKey) (soundness, error) {
	s, err := store.OpenFile(ctx, file)
	if err != nil {
		return soundness{}, err
	}
	found, err := examine(ctx, s, mk)
	return found, errors.Join(err, s.Close())
}

// examine opens every key of a database, reads its audit log and holds its tables
// against its receipt.
func examine(ctx context.Context, s *store.Store, mk keystore.MasterKey) (soundness, error) {
	keys, err := keystore.Open(ctx, s, mk)
	if err != nil {
		return soundness{}, err
	}
	list, err := keys.ListAll(ctx)
	if err != nil {
		return soundness{}, err
	}
	found := soundness{Keys: len(list), Wrong: []string{}}
	damages, err := keys.Check(ctx)
	if err != nil {
		return soundness{}, err
	}
	rows := desk.New(s)
	for _, d := range damages {
		found.Wrong = append(found.Wrong, damaged(ctx, rows, d.Key))
	}
	log, err := s.VerifyAudit(ctx, keys.VerifyHead)
	if err != nil {
		return soundness{}, err
	}
	receipt, err := s.VerifyReceipt(ctx, keys.VerifyReceipt)
	found.Records, found.Receipt = log.Records, receipt.There
	found.Wrong = slices.Concat(found.Wrong, log.Wrong, receipt.Wrong)
	return found, err
}

// damaged names a key whose record does not open, and whose it is.
func damaged(ctx context.Context, rows *desk.Desk, key keystore.Key) string {
	of := key.Organisation
	if org, err := rows.Organisation(ctx, key.Organisation); err == nil { // a row may have been moved to nobody
		of = org.Name
	}
	return fmt.Sprintf("The record of key %s of %s does not open.", grouped(key.Fingerprint), of)
}

// unsound gives what is wrong with the file the exit code of bad input; a master
// key that does not fit is a wrong setting all the same.
func unsound(err error) error {
	var config *store.ConfigError
	if !errors.As(err, &config) || errors.Is(err, keystore.ErrMasterKey) || is[store.ErrLocked](err) {
		return err
	}
	return failure{exitInput, config.Sentence, err}
}

// identity opens backups that are encrypted.
type identity struct {
	Identity string `placeholder:"FILE" help:"File with the age identity that opens an encrypted backup."`
}

// ageHead is how a file begins that is encrypted with age.
const ageHead = "age-encryption.org/v1\n"

// plain hands over a file as it is, or decrypted into a folder of its own that
// is gone afterwards.
func (i identity) plain(beside, file string, f func(file string) error) error {
	encrypted, err := beginsLikeAge(file)
	switch {
	case err != nil:
		return badInput("The file %s cannot be read (%v).", file, cause(err))
	case !encrypted:
		return f(file)
	case i.Identity == "":
		return badInput("The file %s is encrypted with age; name the identity that opens it with --identity FILE.", file)
	}
	dir, done, err := store.Scratch(beside)
	if err != nil {
		return err
	}
	defer done()
	plain := filepath.Join(dir, "plain")
	if err := i.decrypt(file, plain); err != nil {
		return err
	}
	return f(plain)
}

func beginsLikeAge(file string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, len(ageHead))
	n, err := io.ReadFull(f, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return bytes.Equal(head[:n], []byte(ageHead)), err
}

func (i identity) decrypt(file, plain string) error {
	text, err := os.Open(i.Identity)
	if err != nil {
		return badInput("The identity %s cannot be read (%v).", i.Identity, cause(err))
	}
	defer text.Close()
	identities, err := age.ParseIdentities(text)
	if err != nil {
		return badInput("The file %s is not an identity of age.", i.Identity) // the parser could repeat what it read
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	opened, err := age.Decrypt(f, identities...)
	if err != nil {
		return badInput("The identity %s does not open %s.", i.Identity, file)
	}
	return store.WriteFile(plain, func(out io.Writer) error {
		_, err := io.Copy(out, opened)
		if err != nil && !is[*os.PathError](err) { // that one would be about what is written
			return badInput("The file %s is damaged: it cannot be decrypted to its end.", file)
		}
		return err
	})
}
