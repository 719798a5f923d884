package keystore

import (
	"context"
	"database/sql"
	"fmt"

	"noadesk/internal/store"
)

// resealBatch is how many records get a new seal in one transaction: others
// that want to write wait for one batch at most.
const resealBatch = 500

// pass goes once through the records in the order of their ids.
func (k *Keys) pass(ctx context.Context, w *resealing) error {
	if err := k.countStale(ctx, w); err != nil {
		return err
	}
	for after := ""; ; {
		records, err := k.stale(ctx, w, after)
		if err != nil || len(records) == 0 {
			return err
		}
		if err := k.resealBatch(ctx, w, records); err != nil {
			return err
		}
		w.tell()
		after = records[len(records)-1].id
	}
}

const whereStale = ` FROM signing_keys WHERE (substr(sealed, 5, 8) <> $1 OR $2) AND id > $3`

func (k *Keys) countStale(ctx context.Context, w *resealing) error {
	if w.total > 0 {
		return nil
	}
	row := k.db.QueryRow(ctx, `SELECT count(*)`+whereStale, w.masters.current.id[:], w.everything, "")
	if err := row.Scan(&w.total); err != nil {
		return fmt.Errorf("keystore: count records: %w", err)
	}
	return nil
}

// stale are the next records that the current master key does not seal yet.
func (k *Keys) stale(ctx context.Context, w *resealing, after string) ([]record, error) {
	rows, err := k.db.Query(ctx, `SELECT `+recordColumns+whereStale+` ORDER BY id LIMIT $4`,
		w.masters.current.id[:], w.everything, after, resealBatch)
	if err != nil {
		return nil, fmt.Errorf("keystore: list records: %w", err)
	}
	return scanRecords(rows)
}

// resealBatch seals before it takes the writer's place, and leaves alone what
// another one changed in between.
func (k *Keys) resealBatch(ctx context.Context, w *resealing, records []record) error {
	seals := make([][]byte, len(records))
	for i, r := range records {
		var err error
		if seals[i], err = w.seal(r); err != nil {
			w.lose(r)
			seals[i] = r.sealed // so that it is marked at least
		}
	}
	done := 0
	err := k.db.Bookkeep(ctx, func(tx *store.Tx) error {
		if err := register(tx, w.masters.current.id, k.now()); err != nil {
			return err
		}
		var err error
		done, err = w.write(tx, records, seals)
		return err
	})
	if err != nil {
		return fmt.Errorf("keystore: write new seals: %w", err)
	}
	w.done += done
	return nil
}

func (w *resealing) lose(r record) {
	if w.lost == nil {
		w.lost = map[string]bool{}
	}
	w.lost[r.edition()] = true
}

func (w *resealing) write(tx *store.Tx, records []record, seals [][]byte) (done int, err error) {
	exposed := sql.NullInt64{Int64: w.exposed.UnixMilli(), Valid: !w.exposed.IsZero()}
	for i, r := range records {
		lost := w.lost[r.edition()]
		if lost && !exposed.Valid {
			continue
		}
		version := r.version + w.step
		if lost {
			version = r.version
		}
		n, err := tx.Exec(`UPDATE signing_keys SET sealed = $1, version = $2, exposed = coalesce(exposed, $3) WHERE id = $4 AND sealed = $5`,
			seals[i], version, exposed, r.id, r.sealed)
		if err != nil {
			return 0, err
		}
		if !lost {
			done += int(n)
		}
	}
	return done, nil
}
