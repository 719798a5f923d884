package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// A RecordQuery filters the audit log; empty fields do not.
type RecordQuery struct {
	Organisation string
	Desk         bool // beside the organisation's also the records that belong to none
	Action       string
	Actor        string
	Object       string
	Text         string    // stands somewhere in who did what to what, or in the detail
	After        time.Time // not before this time
	Until        time.Time // before this time
	Before       int64     // only records with a lower number
	Limit        int       // of Records: 100 if not given, 1000 at most
}

// Records lists the audit log, the newest first.
func (s *Store) Records(ctx context.Context, q RecordQuery) ([]Record, error) {
	var records []Record
	where, args := q.where()
	err := s.eachRecord(ctx, where+fmt.Sprintf(` ORDER BY seq DESC LIMIT %d`, q.limit()), args, func(r Record, _ string) error {
		records = append(records, r)
		return nil
	})
	return records, err
}

// EachRecord hands over the audit log, the oldest first and without a limit: each
// record with its text as it was written, to the byte.
func (s *Store) EachRecord(ctx context.Context, q RecordQuery, f func(r Record, text string) error) error {
	where, args := q.where()
	return s.eachRecord(ctx, where+` ORDER BY seq`, args, f)
}

func (s *Store) eachRecord(ctx context.Context, which string, args []any, f func(Record, string) error) error {
	rows, err := s.Query(ctx, `SELECT record FROM audit`+which, args...)
	if err != nil {
		return fmt.Errorf("store: list audit records: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		r, err := decodeRecord(text)
		if err != nil {
			return err
		}
		if err := f(r, text); err != nil {
			return err
		}
	}
	return named(rows.Err())
}

// where holds only what is asked for, so that SQLite can use an index for it.
func (q RecordQuery) where() (string, []any) {
	var c conditions
	if q.Organisation != "" && q.Desk {
		c.add(`organisation IN (?, '')`, q.Organisation)
	} else {
		c.addText(`organisation = ?`, q.Organisation)
	}
	c.addText(`action = ?`, q.Action)
	c.addText(`actor = ?`, q.Actor)
	c.addText(`object = ?`, q.Object)
	if q.Text != "" {
		c.add(`actor || ' ' || action || ' ' || object || ' ' || json_extract(record, '$.detail') LIKE ? ESCAPE '\'`, like(q.Text))
	}
	c.addTime(`at >= ?`, q.After)
	c.addTime(`at < ?`, q.Until)
	if q.Before > 0 {
		c.add(`seq < ?`, q.Before)
	}
	return c.where()
}

func (q RecordQuery) limit() int {
	if q.Limit <= 0 {
		return 100
	}
	return min(q.Limit, 1000)
}

// conditions are parts of a WHERE and their values.
type conditions struct {
	parts []string
	args  []any
}

func (c *conditions) add(part string, arg any) {
	c.parts, c.args = append(c.parts, part), append(c.args, arg)
}

func (c *conditions) addText(part, text string) {
	if text != "" {
		c.add(part, text)
	}
}

func (c *conditions) addTime(part string, at time.Time) {
	if !at.IsZero() {
		c.add(part, at.UnixMilli())
	}
}

func (c *conditions) where() (string, []any) {
	if len(c.parts) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(c.parts, " AND "), c.args
}

// like finds the text anywhere; what LIKE would take for a pattern is taken as it is.
func like(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}
