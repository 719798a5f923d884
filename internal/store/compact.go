package store

import (
	"context"
	"fmt"
)

// Compact writes the database anew without what was deleted, and empties the
// write-ahead log: what is gone from the tables is gone from the files then.
func (s *Store) Compact(ctx context.Context) error {
	if err := s.Checkpoint(ctx); err != nil {
		return err
	}
	if _, err := s.write.ExecContext(ctx, `VACUUM`); err != nil {
		return fmt.Errorf("store: compact: %w", s.heed(named(err)))
	}
	return s.Checkpoint(ctx)
}

// Checkpoint copies the write-ahead log into the database and empties it. It
// waits a while for whoever still reads an older state, and then is [ErrBusy].
func (s *Store) Checkpoint(ctx context.Context) error {
	if err := s.Writable(); err != nil {
		return err
	}
	s.wrote.Store(true)
	var busy, frames, copied int
	err := s.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &copied)
	if err != nil {
		return fmt.Errorf("store: empty the log: %w", s.heed(named(err)))
	}
	if busy != 0 {
		return fmt.Errorf("store: empty the log: %w", ErrBusy)
	}
	return nil
}
