package main

import (
	"context"
	"fmt"
	"log/slog"
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
	return c.print(w, proofWords(key, slugs[key.Organisation], proof), func() {
		w.say("Noa took the key and granted: %s.", strings.Join(key.ProvedScopes, ", "))
		w.say("Clock: %s.", clockWords(proof))
		w.describe(key)
	})
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
	key, err = r.keys.Proved(ctx, byHand(), key.Fingerprint, scopes, proof.Skew)
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
