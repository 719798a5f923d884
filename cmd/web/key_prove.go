package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"noadesk/internal/keystore"
	"noadesk/internal/noa"
)

type keyProve struct {
	dataSettings
	noaSettings
	fingerprint
}

// Run signs an assertion, hands it to Noa and keeps what Noa granted.
func (c keyProve) Run(ctx context.Context, w *world) error {
	var wrong wrongSettings
	conf := c.noaSettings.parse(&wrong)
	if err := wrong.found(); err != nil {
		return err
	}
	conf.Log = slog.New(slog.DiscardHandler)
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	key, err := c.find(ctx, r)
	if err != nil {
		return err
	}
	key, proof, err := r.prove(ctx, conf, key)
	if err != nil {
		return err
	}
	slugs, err := r.slugs(ctx)
	if err != nil {
		return err
	}
	lost, err := r.lost(ctx, key)
	if err != nil {
		return err
	}
	return c.print(w, proofWords(key, slugs[key.Organisation], proof, lost), func() {
		w.say("Noa took the key and granted: %s.", strings.Join(key.ProvedScopes, ", "))
		if len(lost) > 0 {
			w.say("MISSING, though the active key has it: %s. Pages that need it would stop working after a switch.", strings.Join(lost, ", "))
		}
		w.say("Clock: %s.", clockWords(proof))
		w.describe(key)
	})
}

// lost are the scopes that the organisation's active key was granted and this one was not.
func (r *rooms) lost(ctx context.Context, key keystore.Key) ([]string, error) {
	active, err := r.keys.Active(ctx, key.Organisation)
	if errors.Is(err, keystore.ErrNoKey) {
		return nil, nil
	}
	return slices.DeleteFunc(slices.Clone(active.ProvedScopes), func(s string) bool { return slices.Contains(key.ProvedScopes, s) }), err
}

// prove has Noa take an assertion of the key, and records it.
func (r *rooms) prove(ctx context.Context, conf noa.Settings, key keystore.Key) (keystore.Key, noa.Proof, error) {
	api := noa.New(conf, r.keys)
	defer api.Close()
	proof, err := api.Fleet(credential(key)).Prove(ctx)
	if err != nil {
		return key, proof, err
	}
	scopes := make([]string, 0, len(proof.Scopes))
	for _, s := range proof.Scopes {
		scopes = append(scopes, string(s))
	}
	key, err = r.keys.Proved(ctx, r.keys.WithActive(ctx, byHand(), key.Fingerprint), key.Fingerprint, scopes, proof.Skew)
	if err != nil {
		return key, proof, err
	}
	return key, proof, r.rows.LearnZone(ctx, byHand(), key.Organisation, proof.Timezone)
}

func credential(key keystore.Key) noa.Credential {
	return noa.Credential{Organization: key.Organisation, Client: key.Client, Fingerprint: key.Fingerprint}
}

// clockWords say how far this machine's clock is from Noa's, which tells its time in whole seconds.
func clockWords(p noa.Proof) string {
	skew := p.Skew.Round(time.Second)
	switch {
	case !p.SkewKnown:
		return "Noa did not tell its time"
	case skew.Abs() < 2*time.Second:
		return "as Noa's, within two seconds"
	case skew > 0:
		return fmt.Sprintf("%s behind Noa's", skew)
	}
	return fmt.Sprintf("%s ahead of Noa's", -skew)
}
