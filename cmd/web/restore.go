package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"noadesk/internal/keystore"
	"noadesk/internal/staff"
	"noadesk/internal/store"
)

type restoreCommand struct {
	dataSettings
	output
	identity
	Anyway bool   `help:"Restore a backup in which something does not fit, too."`
	File   string `arg:"" help:"The backup, which stays as it is."`
}

// restoreRow is what a restore did, as JSON.
type restoreRow struct {
	File     string `json:"file"`
	Database string `json:"database"`
	Moved    string `json:"moved"` // folder of what was there before, "" if nothing was
	soundness
}

// Run puts a backup in the place of the database. The desk must not run. It
// refuses a backup that the master key does not open before it touches anything.
func (c restoreCommand) Run(ctx context.Context, w *world) error {
	mk, err := c.master(w)
	if err != nil {
		return err
	}
	row := restoreRow{File: c.File, Database: filepath.Join(c.Data, "noadesk.db")}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return badSettings("The data folder %s cannot be made (%v).", c.Data, cause(err))
	}
	err = c.plain(c.Data, c.File, func(file string) error { return row.restore(ctx, c.Data, file, mk, c.Anyway) })
	if err != nil {
		return unsound(err)
	}
	if err := c.settle(ctx, w, row); err != nil {
		return err
	}
	return c.print(w, row, func() { row.words(w) })
}

func (row *restoreRow) restore(ctx context.Context, dir, file string, mk keystore.MasterKey, anyway bool) (err error) {
	row.Moved, err = store.Restore(ctx, dir, file, func(s *store.Store) error {
		row.soundness, err = examine(ctx, s, mk)
		if err == nil && len(row.Wrong) > 0 && !anyway {
			return badInput("%s Nothing was replaced; --anyway restores it as it is.", strings.Join(row.Wrong, " "))
		}
		return err
	})
	return err
}

// settle brings the restored database up to date, ends the sessions that were
// open when the backup was made, and has all that on record.
func (c restoreCommand) settle(ctx context.Context, w *world, row restoreRow) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	e := byHand()
	e.Action, e.Object = "database.restore", filepath.Base(c.File)
	if row.Moved != "" {
		e.Detail = map[string]string{"before": filepath.Base(row.Moved)}
	}
	if err := r.db.Change(ctx, e, func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	_, err = staff.NewSessions(r.db, staff.SessionOptions{}).EndAll(ctx, byHand(), "")
	return err
}

func (row restoreRow) words(w *world) {
	w.say("%s holds what %s held: %d keys, %d audit records. Everybody has to sign in anew.", row.Database, row.File, row.Keys, row.Records)
	if row.Moved != "" {
		w.say("What was there before is in %s.", row.Moved)
	}
	for _, sentence := range row.Wrong {
		w.say("%s", sentence)
	}
}
