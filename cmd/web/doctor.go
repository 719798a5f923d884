package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"noadesk/internal/keystore"
	"noadesk/internal/noa"
)

// greatestSkew is how far clocks may differ before assertions are at risk.
const greatestSkew = time.Minute

type doctorCommand struct {
	serveSettings
	output
}

// diagnosis is what the checks found, in the order of asking.
type diagnosis struct {
	found []checkRow
	worst error
}

// checkRow is one check as JSON.
type checkRow struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Told  string `json:"told"`
}

// note keeps what a check found: what it told, or why it failed.
func (d *diagnosis) note(check string, err error, told string) {
	row := checkRow{Check: check, OK: err == nil, Told: told}
	if err != nil {
		row.Told = sentence(err)
	}
	if d.worst == nil {
		d.worst = err
	}
	d.found = append(d.found, row)
}

// Run checks what the desk needs. It changes nothing and goes on after a check that failed.
func (c doctorCommand) Run(ctx context.Context, w *world) error {
	d := &diagnosis{}
	conf, err := c.parse(w)
	conf.noa.Log = slog.New(slog.DiscardHandler)
	d.note("settings", err, "in order")
	r, keys := d.open(ctx, w, c.dataSettings)
	if r != nil {
		defer r.close()
	}
	if err == nil {
		d.note("reach the API", reach(ctx, conf.noa, conf.noa.API), conf.noa.API.Host)
		d.note("reach the token endpoint", reach(ctx, conf.noa, conf.noa.STS), conf.noa.STS.Host)
		d.prove(ctx, conf.noa, r, keys)
	}
	if err := c.print(w, d.found, func() { d.words(w) }); err != nil || d.worst == nil {
		return err
	}
	return failure{code: exitCode(d.worst), sentence: "Not everything is in order.", cause: d.worst}
}

func (d *diagnosis) words(w *world) {
	for _, row := range d.found {
		mark := "ok"
		if !row.OK {
			mark = "WRONG"
		}
		w.say("%-6s %s: %s", mark, row.Check, row.Told)
	}
}

// open looks at the master key, the database and the keys in it.
func (d *diagnosis) open(ctx context.Context, w *world, s dataSettings) (*rooms, []keystore.Key) {
	mk, err := s.master(w)
	if err != nil {
		d.note("master key", err, "")
		return nil, nil
	}
	d.note("master key", nil, mk.ID())
	r, err := openRooms(ctx, s.Data, mk)
	d.note("database", err, s.Data)
	if err != nil {
		return nil, nil
	}
	keys, err := r.keys.ListAll(ctx)
	d.note("keystore", err, fmt.Sprintf("%d keys", len(keys)))
	return r, keys
}

// prove has Noa take an assertion of each key, and compares the clocks by its answers.
func (d *diagnosis) prove(ctx context.Context, conf noa.Settings, r *rooms, keys []keystore.Key) {
	if r == nil {
		return
	}
	api := noa.New(conf, r.keys)
	defer api.Close()
	var clock noa.Proof
	for _, key := range keys {
		if key.State == keystore.Damaged {
			d.note("key "+grouped(key.Fingerprint[:16]), badInput("%s", damaged(ctx, r.rows, key)), "")
			continue
		}
		if proof := d.assert(ctx, api, key); proof.SkewKnown {
			clock = proof
		}
	}
	d.clock(clock)
	d.due(ctx, r)
}

// due names the keys that are to be replaced. That is no fault yet, and said all the same.
func (d *diagnosis) due(ctx context.Context, r *rooms) {
	orgs, err := r.rows.Organisations(ctx)
	if err != nil {
		d.note("keys that are due", err, "")
	}
	for _, org := range orgs {
		keys, err := r.keys.Due(ctx, org.UUID, 0)
		if err != nil || len(keys) > 0 {
			d.note("keys of "+org.Slug, err, dueWords(keys))
		}
	}
}

// dueWords name each key that is to be replaced, and say why.
func dueWords(keys []keystore.Key) string {
	words := make([]string, len(keys))
	for i, key := range keys {
		why := "stored " + day(key.Created)
		if !key.Exposed.IsZero() {
			why = "its master key leaked"
		}
		words[i] = fmt.Sprintf("%s, %s (%s)", key.Client, grouped(key.Fingerprint[:16]), why)
	}
	return fmt.Sprintf("%d to be replaced: %s", len(keys), strings.Join(words, "; "))
}

// assert has Noa take an assertion of a key that is in use or waits for its use.
func (d *diagnosis) assert(ctx context.Context, api *noa.Noa, key keystore.Key) noa.Proof {
	check := "key " + grouped(key.Fingerprint[:16])
	if key.State == keystore.Retired {
		return noa.Proof{}
	}
	proof, err := api.Fleet(credential(key)).Prove(ctx)
	if key.State == keystore.Unproved && errors.Is(err, noa.ErrRefused) {
		d.note(check, nil, "waits until Noa knows its public half")
		return noa.Proof{}
	}
	d.note(check, err, fmt.Sprintf("Noa takes it, %d scopes", len(proof.Scopes)))
	return proof
}

// clock compares this machine's time with Noa's, which only an answer to a key tells.
func (d *diagnosis) clock(proof noa.Proof) {
	switch {
	case !proof.SkewKnown:
		d.note("clock", nil, "not compared: no key had an answer from Noa that tells the time")
	case proof.Skew.Abs() > greatestSkew:
		d.note("clock", badSettings("%s.", clockWords(proof)), "")
	default:
		d.note("clock", nil, clockWords(proof))
	}
}

// reach opens a connection and asks nothing: Noa wants a token with every call.
func reach(ctx context.Context, conf noa.Settings, u *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := dial(ctx, conf, u)
	if err != nil {
		return failure{code: exitUnreachable, sentence: u.Host + " cannot be reached: " + err.Error(), cause: err}
	}
	return conn.Close()
}

func dial(ctx context.Context, conf noa.Settings, u *url.URL) (net.Conn, error) {
	port := u.Port()
	if port == "" {
		port = u.Scheme // Go knows the ports of http and https by name
	}
	address := net.JoinHostPort(u.Hostname(), port)
	if u.Scheme == "http" {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: conf.CA, MinVersion: tls.VersionTLS12}}
	return dialer.DialContext(ctx, "tcp", address)
}
