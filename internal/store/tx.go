package store

import (
	"context"
	"database/sql"
	"fmt"
)

// A Tx is a transaction that writes. It holds its context itself, so that no
// statement in it can be given one that a reader's browser may cancel.
type Tx struct {
	ctx context.Context
	tx  *sql.Tx
}

// Exec runs a statement and tells how many rows it changed.
func (t *Tx) Exec(q string, args ...any) (int64, error) {
	res, err := t.tx.ExecContext(t.ctx, q, args...)
	if err != nil {
		return 0, named(err)
	}
	return res.RowsAffected()
}

// ExpectOne runs a statement that has to change exactly one row.
func (t *Tx) ExpectOne(q string, args ...any) error {
	n, err := t.Exec(q, args...)
	if err != nil {
		return err
	}
	if n != 1 {
		return fmt.Errorf("%w: %d", ErrNoRow, n)
	}
	return nil
}

// Query reads rows as the transaction sees them.
func (t *Tx) Query(q string, args ...any) (*sql.Rows, error) {
	rows, err := t.tx.QueryContext(t.ctx, q, args...)
	return rows, named(err)
}

// QueryRow reads one row as the transaction sees it.
func (t *Tx) QueryRow(q string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(t.ctx, q, args...)
}
