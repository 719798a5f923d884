package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// An Event is what the audit log keeps of a change: who did what to which
// thing of which organisation.
type Event struct {
	Actor        string            `json:"actor"`        // an e-mail address, "command line" or "the desk"
	Organisation string            `json:"organisation"` // uuid, "" where none is concerned
	Action       string            `json:"action"`       // key.import, staff.add
	Object       string            `json:"object"`       // what it was done to
	Detail       map[string]string `json:"detail"`       // never a secret
}

// A Record is an event as the audit log holds it.
type Record struct {
	Seq int64
	At  time.Time
	Event
}

// recordText is a record as it is written: this text, to the byte, is what the
// log vouches for. The order of its members is fixed and never changes.
type recordText struct {
	Seq int64 `json:"seq"`
	At  int64 `json:"at"` // milliseconds
	Event
}

func (r recordText) encode() (string, error) {
	if r.Detail == nil {
		r.Detail = map[string]string{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(r)
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), err
}

// record writes an event and its leaf of the tree. Only one transaction writes at
// a time, so that the number after the last is free, and there are no gaps. A
// number that the tree knows is not used again, even if its record is gone.
func (t *Tx) record(e Event, at time.Time) error {
	if e.Actor == "" || e.Action == "" {
		return errors.New("store: event without actor or action")
	}
	r := recordText{At: at.UnixMilli(), Event: e}
	if err := t.number(&r); err != nil {
		return fmt.Errorf("store: number audit record: %w", err)
	}
	text, err := r.encode()
	if err != nil {
		return fmt.Errorf("store: encode audit record: %w", err)
	}
	_, err = t.Exec(`INSERT INTO audit (seq, at, organisation, actor, action, object, record)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, r.Seq, r.At, e.Organisation, e.Actor, e.Action, e.Object, text)
	if err != nil {
		return err
	}
	return t.grow(r.Seq, text)
}

func (t *Tx) number(r *recordText) error {
	var last int64
	if err := t.QueryRow(`SELECT coalesce(max(seq), 0) FROM audit`).Scan(&last); err != nil {
		return err
	}
	size, err := t.treeSize()
	r.Seq = max(last, size) + 1
	return err
}

func decodeRecord(text string) (Record, error) {
	var r recordText
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Record{}, fmt.Errorf("store: decode audit record: %w", err)
	}
	return Record{r.Seq, time.UnixMilli(r.At).UTC(), r.Event}, nil
}
