package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"noadesk/internal/keystore"
)

// masterKeyCommands look after the key that opens the keystore.
type masterKeyCommands struct {
	New    masterKeyNew    `cmd:"" help:"Print a fresh master key."`
	Rotate masterKeyRotate `cmd:"" help:"Seal every key under the master key instead of under the previous one, beside a running desk that was given both."`
}

type masterKeyNew struct{}

// Run prints a fresh master key, and nothing else: it is meant to go into a file.
func (masterKeyNew) Run(w *world) error {
	_, text := keystore.NewMasterKey()
	w.say("%s", text)
	return nil
}

type masterKeyRotate struct {
	dataSettings
	output
	Compromised bool `help:"The previous master key may be known to others: seal every key anew and mark it to be replaced at Noa."`
}

// rotation is what a rotation did, as JSON.
type rotation struct {
	MasterKey string `json:"master_key"`
	Keys      int    `json:"keys"`
	Replace   int    `json:"replace"`
	Damaged   int    `json:"damaged"`
}

// Run rotates the master key.
func (c masterKeyRotate) Run(ctx context.Context, w *world) error {
	mk, err := c.master(w)
	if err != nil {
		return err
	}
	r, err := openRooms(ctx, c.Data, mk)
	if err != nil {
		return err
	}
	defer r.close()
	rotate := r.keys.Rewrap
	if c.Compromised {
		rotate = r.keys.Renew
	}
	done := rotation{MasterKey: mk.ID()}
	if done.Keys, err = rotate(ctx, byHand(), w.progress()); err != nil {
		return err
	}
	if err := done.count(ctx, r.keys); err != nil {
		return err
	}
	return c.print(w, done, func() { done.words(w, c.Previous) })
}

// count counts the keys that somebody has to look after now.
func (done *rotation) count(ctx context.Context, k *keystore.Keys) error {
	keys, err := k.ListAll(ctx)
	for _, key := range keys {
		if key.State == keystore.Damaged {
			done.Damaged++
		}
		if !key.Exposed.IsZero() && key.State != keystore.Retired {
			done.Replace++
		}
	}
	return err
}

func (done rotation) words(w *world, previous string) {
	w.say("Every key is sealed under master key %s now; %d were not before.", done.MasterKey, done.Keys)
	if done.Damaged > 0 {
		w.say("%d records are damaged and could not be sealed anew; noadesk key list names them.", done.Damaged)
	}
	if done.Replace > 0 {
		w.say("Replace %d keys at Noa, as others may know them: make a new client application for each, import its key, prove it, switch to it.", done.Replace)
	}
	if previous != "" {
		w.say("Backups made until now open with the previous master key only. Keep %s as long as you keep them, and take it out of the settings.", previous)
	}
}

// progress tells a person how far a long piece of work is.
func (w *world) progress() func(done, total int) {
	if !w.readable {
		return nil
	}
	return func(done, total int) { fmt.Fprintf(w.err, "%d of %d keys\n", done, total) }
}

// rereadMasterKey reads the master key files again whenever the program is told
// to (SIGHUP), until stop is called. Where they do not fit, the desk goes on
// with what it has and says so.
func (s dataSettings) rereadMasterKey(ctx context.Context, w *world, keys *keystore.Keys, log *slog.Logger) (stop func()) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGHUP)
	var reading sync.WaitGroup
	reading.Go(func() {
		for range told {
			s.reread(ctx, w, keys, log)
		}
	})
	return func() {
		signal.Stop(told)
		close(told)
		reading.Wait()
	}
}

func (s dataSettings) reread(ctx context.Context, w *world, keys *keystore.Keys, log *slog.Logger) {
	mk, err := s.master(w)
	if err == nil {
		err = keys.Reload(ctx, mk)
	}
	if err != nil {
		log.Error("the master key stays as it was", "err", sentence(err))
		return
	}
	log.Info("the master key was read again", "id", mk.ID())
}
