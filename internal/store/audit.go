package store

import (
	"bytes"
	"context"
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

// A RecordQuery filters [Store.Records]; empty fields do not.
type RecordQuery struct {
	Organisation string
	Desk         bool // beside the organisation's also the records that belong to none
	Action       string
	Actor        string
	Before       int64 // only records with a lower number
	Limit        int   // 100 if not given, 1000 at most
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

// record writes an event. Only one transaction writes at a time, so that the
// highest number and one is free, and there are no gaps.
func (t *Tx) record(e Event, at time.Time) error {
	if e.Actor == "" || e.Action == "" {
		return errors.New("store: event without actor or action")
	}
	r := recordText{At: at.UnixMilli(), Event: e}
	if err := t.QueryRow(`SELECT coalesce(max(seq), 0) + 1 FROM audit`).Scan(&r.Seq); err != nil {
		return fmt.Errorf("store: number audit record: %w", err)
	}
	text, err := r.encode()
	if err != nil {
		return fmt.Errorf("store: encode audit record: %w", err)
	}
	_, err = t.Exec(`INSERT INTO audit (seq, at, organisation, actor, action, object, record)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, r.Seq, r.At, e.Organisation, e.Actor, e.Action, e.Object, text)
	return err
}

// Records lists the audit log, the newest first.
func (s *Store) Records(ctx context.Context, q RecordQuery) ([]Record, error) {
	rows, err := s.Query(ctx, `SELECT record FROM audit
		WHERE ($1 = '' OR organisation = $1 OR $2 AND organisation = '') AND ($3 = '' OR action = $3) AND ($4 = '' OR actor = $4)
		AND ($5 = 0 OR seq < $5) ORDER BY seq DESC LIMIT $6`,
		q.Organisation, q.Desk, q.Action, q.Actor, q.Before, q.limit())
	if err != nil {
		return nil, fmt.Errorf("store: list audit records: %w", err)
	}
	defer rows.Close()
	var records []Record
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		r, err := decodeRecord(text)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, rows.Err()
}

func (q RecordQuery) limit() int {
	if q.Limit <= 0 {
		return 100
	}
	return min(q.Limit, 1000)
}

func decodeRecord(text string) (Record, error) {
	var r recordText
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Record{}, fmt.Errorf("store: decode audit record: %w", err)
	}
	return Record{r.Seq, time.UnixMilli(r.At).UTC(), r.Event}, nil
}
