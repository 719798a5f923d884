package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"noadesk/internal/keystore"
	"noadesk/internal/store"
)

// keyCommands look after the clients' keys.
type keyCommands struct {
	Import   keyImport   `cmd:"" help:"Store a private key that Noa handed out."`
	Generate keyGenerate `cmd:"" help:"Make a pair and print its public half for Noa."`
	List     keyList     `cmd:"" help:"List the keys."`
	Rename   keyRename   `cmd:"" help:"Correct the client application's name of a key that was never proved."`
	Describe keyDescribe `cmd:"" help:"Say what a key is called in the desk and what it is for."`
	Prove    keyProve    `cmd:"" help:"Ask Noa for a token with a key, as a proof that Noa knows it."`
	Switch   keySwitch   `cmd:"" help:"Make a proved key the active one of its organisation, or go back to the one before."`
	Uses     keyUses     `cmd:"" help:"Tell how often a key signed, hour by hour."`
	Retire   keyRetire   `cmd:"" help:"End a key's use."`
	Policy   keyPolicy   `cmd:"" help:"Show or set when keys are to be replaced, and how long one rests before it is retired."`
}

// longestKey is more than any private key in PEM has; the keystore refuses what is as long.
const longestKey = 64<<10 + 1

type keyImport struct {
	dataSettings
	output
	Org            string `required:"" placeholder:"SLUG" help:"Organisation whose key it is."`
	Client         string `required:"" placeholder:"NAME" help:"Name of the client application at Noa."`
	PassphraseFile string `placeholder:"FILE" help:"File with the passphrase of an encrypted key."`
	File           string `arg:"" help:"The private key in PEM; - for standard input."`
}

// Run stores a private key. It never calls Noa.
func (c keyImport) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	org, err := r.rows.Organisation(ctx, c.Org)
	if err != nil {
		return err
	}
	text, err := w.read(c.File)
	if err != nil {
		return err
	}
	key, already, err := c.store(ctx, w, r.keys, org.UUID, text)
	if err != nil {
		return err
	}
	return c.print(w, keyWords(key, org.Slug), func() {
		if already {
			w.say("%s has this key already, under the client name %s.", org.Name, key.Client)
		}
		w.describe(key)
	})
}

// read reads a key from a file or from standard input, no more of it than a key can have.
func (w *world) read(file string) ([]byte, error) {
	from := w.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, badInput("%s cannot be read (%v).", file, cause(err))
		}
		defer f.Close()
		from = f
	}
	text, err := io.ReadAll(io.LimitReader(from, longestKey))
	if err != nil {
		return nil, badInput("%s cannot be read (%v).", file, cause(err))
	}
	return text, nil
}

// store hands the key to the keystore, with a passphrase from the named file or, if
// the key turns out to be encrypted, from the terminal.
func (c keyImport) store(ctx context.Context, w *world, keys *keystore.Keys, org string, text []byte) (keystore.Key, bool, error) {
	var passphrase []byte
	var err error
	if c.PassphraseFile != "" {
		if passphrase, err = w.read(c.PassphraseFile); err != nil {
			return keystore.Key{}, false, err
		}
	}
	key, already, err := keys.Import(ctx, byHand(), org, c.Client, text, bytes.TrimRight(passphrase, "\r\n"))
	var refusal keystore.Refusal
	if !errors.As(err, &refusal) || !refusal.Passphrase || passphrase != nil || w.ask == nil || c.File == "-" {
		return key, already, err
	}
	if passphrase, err = w.ask("Passphrase of the key: "); err != nil {
		return keystore.Key{}, false, err
	}
	return keys.Import(ctx, byHand(), org, c.Client, text, passphrase)
}

type keyGenerate struct {
	dataSettings
	output
	Org    string `required:"" placeholder:"SLUG" help:"Organisation whose key it will be."`
	Client string `required:"" placeholder:"NAME" help:"Name of the client application at Noa."`
	Curve  string `default:"P-384" enum:"P-256,P-384,P-521" help:"One of P-256, P-384, P-521."`
}

// Run makes a pair. Only the public half goes to standard output, so that it can be kept in a file.
func (c keyGenerate) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	org, err := r.rows.Organisation(ctx, c.Org)
	if err != nil {
		return err
	}
	key, err := r.keys.Generate(ctx, byHand(), org.UUID, c.Client, c.Curve)
	if err != nil {
		return err
	}
	return c.print(w, keyWords(key, org.Slug), func() {
		fmt.Fprint(w.out, key.PublicPEM)
		fmt.Fprintf(w.err, "Enter this public key at Noa for the client application %s. Then: noadesk key prove %s\n",
			key.Client, grouped(key.Fingerprint[:16]))
	})
}

type keyList struct {
	dataSettings
	output
	Org string `placeholder:"SLUG" help:"Only this organisation's keys."`
}

// Run lists the keys.
func (c keyList) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	keys, err := r.list(ctx, c.Org)
	if err != nil {
		return err
	}
	slugs, err := r.slugs(ctx)
	if err != nil {
		return err
	}
	list := make([]keyRow, 0, len(keys))
	for _, key := range keys {
		list = append(list, keyWords(key, slugs[key.Organisation]))
	}
	return c.print(w, list, func() { w.table(keyTable(keys, slugs)) })
}

func (r *rooms) list(ctx context.Context, slug string) ([]keystore.Key, error) {
	if slug == "" {
		return r.keys.ListAll(ctx)
	}
	org, err := r.rows.Organisation(ctx, slug)
	if err != nil {
		return nil, err
	}
	return r.keys.List(ctx, org.UUID)
}

type keyRename struct {
	dataSettings
	fingerprint
	Client string `required:"" placeholder:"NAME" help:"Name of the client application at Noa, as it should be."`
}

// Run corrects a name.
func (c keyRename) Run(ctx context.Context, w *world) error {
	return c.change(ctx, w, c.dataSettings, func(k *keystore.Keys, ctx context.Context, e store.Event, fingerprint string) error {
		return k.Rename(ctx, e, fingerprint, c.Client)
	})
}

// fingerprint names a key as people write it: whole or its beginning, in one piece or in groups.
type fingerprint struct {
	output
	Words []string `arg:"" name:"fingerprint" help:"Fingerprint of the key, or at least the first eight digits of it."`
}

func (f fingerprint) find(ctx context.Context, r *rooms) (keystore.Key, error) {
	return r.keys.Find(ctx, strings.Join(f.Words, " "))
}

// change does one step of a key's life and shows where the key stands after it.
func (f fingerprint) change(
	ctx context.Context, w *world, s dataSettings, step func(*keystore.Keys, context.Context, store.Event, string) error,
) error {
	r, err := s.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	key, err := f.find(ctx, r)
	if err != nil {
		return err
	}
	if err := step(r.keys, ctx, byHand(), key.Fingerprint); err != nil {
		return err
	}
	key, err = r.keys.Key(ctx, key.Organisation, key.Fingerprint)
	if err != nil {
		return err
	}
	slugs, err := r.slugs(ctx)
	if err != nil {
		return err
	}
	return f.print(w, keyWords(key, slugs[key.Organisation]), func() { w.describe(key) })
}
