package main

import (
	"strings"
	"time"

	"noadesk/internal/keystore"
	"noadesk/internal/noa"
)

// keyRow is a key as JSON.
type keyRow struct {
	Org         string     `json:"org"` // slug
	Label       string     `json:"label"`
	Client      string     `json:"client"`
	Curve       string     `json:"curve"`
	Fingerprint string     `json:"fingerprint"`
	State       string     `json:"state"`
	Origin      string     `json:"origin"`
	PublicKey   string     `json:"public_key"`
	Created     *time.Time `json:"created"`
	LastUsed    *time.Time `json:"last_used"`
	Proved      *time.Time `json:"proved"`
	Scopes      []string   `json:"scopes"`
	Purpose     string     `json:"purpose"`
}

func keyWords(k keystore.Key, slug string) keyRow {
	return keyRow{
		Org: slug, Label: k.Label, Client: k.Client, Curve: k.Curve, Fingerprint: k.Fingerprint,
		State: string(k.State), Origin: k.Origin, PublicKey: k.PublicPEM,
		Created: moment(k.Created), LastUsed: moment(k.LastUsed), Proved: moment(k.ProvedAt),
		Scopes: append([]string{}, k.ProvedScopes...), Purpose: k.Purpose,
	}
}

func keyTable(keys []keystore.Key, slugs map[string]string) [][]string {
	rows := [][]string{{"ORG", "LABEL", "CLIENT", "CURVE", "FINGERPRINT", "STATE", "CREATED", "LAST USED"}}
	for _, k := range keys {
		rows = append(rows, []string{
			slugs[k.Organisation], k.Label, k.Client, k.Curve, grouped(k.Fingerprint[:16]) + " …",
			string(k.State), day(k.Created), day(k.LastUsed),
		})
	}
	return rows
}

// proofRow is a proof as JSON.
type proofRow struct {
	keyRow
	Organization string   `json:"organization"`
	SkewSeconds  *float64 `json:"skew_seconds"` // null if Noa did not tell its time
	Lost         []string `json:"lost_scopes"`  // that the active key was granted and this one was not
}

func proofWords(k keystore.Key, slug string, p noa.Proof, lost []string) proofRow {
	row := proofRow{keyRow: keyWords(k, slug), Organization: p.Organization, Lost: append([]string{}, lost...)}
	if p.SkewKnown {
		seconds := p.Skew.Seconds()
		row.SkewSeconds = &seconds
	}
	return row
}

// describe shows a key to a person.
func (w *world) describe(k keystore.Key) {
	w.say("Client:      %s", k.Client)
	if k.Label != k.Client {
		w.say("Label:       %s", k.Label)
	}
	if k.Purpose != "" {
		w.say("Purpose:     %s", k.Purpose)
	}
	w.say("Curve:       %s", k.Curve)
	w.say("Fingerprint: %s", grouped(k.Fingerprint))
	w.say("State:       %s", stateWords(k))
}

// stateWords say where a key stands and, if it waits for something, for what.
func stateWords(k keystore.Key) string {
	short := grouped(k.Fingerprint[:16])
	switch {
	case k.State == keystore.Unproved:
		return "unproved; when Noa knows it: noadesk key prove " + short
	case k.State == keystore.Ready && k.ProvedAt.IsZero():
		return "ready; next: noadesk key prove " + short
	case k.State == keystore.Ready:
		return "ready and proved; next: noadesk key switch " + short
	case k.State == keystore.Retiring:
		return "retiring, the fallback; back to it: noadesk key switch " + short + "; once it has rested: noadesk key retire " + short
	}
	return string(k.State)
}

// grouped writes a fingerprint in groups of four, which can be compared by eye.
func grouped(fingerprint string) string {
	var groups []string
	for len(fingerprint) > 4 {
		groups = append(groups, fingerprint[:4])
		fingerprint = fingerprint[4:]
	}
	return strings.Join(append(groups, fingerprint), " ")
}
