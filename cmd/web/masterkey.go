package main

import (
	"noadesk/internal/keystore"
)

// masterKeyCommands look after the key that opens the keystore.
type masterKeyCommands struct {
	New masterKeyNew `cmd:"" help:"Print a fresh master key."`
}

type masterKeyNew struct{}

// Run prints a fresh master key, and nothing else: it is meant to go into a file.
func (masterKeyNew) Run(w *world) error {
	_, text := keystore.NewMasterKey()
	w.say("%s", text)
	return nil
}
