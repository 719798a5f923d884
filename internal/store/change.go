package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// writeTime is how long a change may take. It does not end with the request
// that wants it: a cancelled commit would leave open whether it happened.
const writeTime = 10 * time.Second

// Change is the one door for changes of the desk's data: it runs f and writes e
// to the audit log in one transaction, so that there is either both or nothing.
func (s *Store) Change(ctx context.Context, e Event, f func(*Tx) error) error {
	return s.transact(ctx, func(tx *Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		return tx.record(e, time.Now())
	})
}

// Bookkeep writes what nobody would look for in a record, such as when
// somebody was last seen.
func (s *Store) Bookkeep(ctx context.Context, f func(*Tx) error) error {
	return s.transact(ctx, f)
}

func (s *Store) transact(ctx context.Context, f func(*Tx) error) error {
	if err := s.Writable(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	return s.heed(s.within(ctx, f))
}

func (s *Store) within(ctx context.Context, f func(*Tx) error) error {
	sqlTx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return named(err)
	}
	defer func() { _ = sqlTx.Rollback() }() // after a commit there is nothing to roll back
	s.wrote.Store(true)
	if err := f(&Tx{ctx, sqlTx}); err != nil {
		return err
	}
	return named(sqlTx.Commit())
}

// Writable says why nothing can be written, if that is so: the storage has
// failed, or the store was opened to look at it only.
func (s *Store) Writable() error {
	switch {
	case s.failed.Load():
		return fmt.Errorf("%w: %w", ErrReadOnly, ErrStorage)
	case s.write == nil:
		return ErrReadOnly
	}
	return nil
}

// heed ends all writing once the storage has failed.
func (s *Store) heed(err error) error {
	if errors.Is(err, ErrStorage) {
		s.failed.Store(true)
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return err
}
