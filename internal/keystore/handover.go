package keystore

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"noadesk/internal/store"
)

var errMoreToSeal = errors.New("keystore: more records to seal anew")

// handOver puts the current master key on record and ends the ones before, in
// one transaction: at no moment is it open which one holds. It is not finished
// where records came in under a former one.
func (k *Keys) handOver(ctx context.Context, e store.Event, w *resealing) (finished bool, err error) {
	e.Object = hex.EncodeToString(w.masters.current.id[:])
	e.Detail = maps.Clone(e.Detail)
	if e.Detail == nil {
		e.Detail = map[string]string{}
	}
	e.Detail["from"], e.Detail["keys"] = hex.EncodeToString(w.masters.recorded[:]), strconv.Itoa(w.done)
	err = k.db.Change(ctx, e, func(tx *store.Tx) error {
		if err := w.nothingLeft(tx); err != nil {
			return err
		}
		return k.appoint(tx, w)
	})
	switch {
	case errors.Is(err, errMoreToSeal):
		return false, nil
	case err != nil && !errors.Is(err, errNothing):
		return false, err
	}
	k.masters.CompareAndSwap(w.masters, w.masters.rotated())
	return true, nil
}

func (w *resealing) nothingLeft(tx *store.Tx) error {
	rows, err := tx.Query(`SELECT `+recordColumns+whereStale, w.masters.current.id[:], false, "")
	if err != nil {
		return fmt.Errorf("keystore: list records: %w", err)
	}
	records, err := scanRecords(rows)
	if err != nil {
		return err
	}
	for _, r := range records {
		if !w.lost[r.edition()] {
			return errMoreToSeal
		}
	}
	return nil
}

// appoint does nothing where the current master key is the only one already
// and no record got a new seal.
func (k *Keys) appoint(tx *store.Tx, w *resealing) error {
	id := w.masters.current.id
	var others int
	err := tx.QueryRow(`SELECT (SELECT count(*) FROM master_keys WHERE ended IS NULL AND id <> $1)
		+ (SELECT count(*) FROM meta WHERE name = 'mk_id' AND value <> $1)`, id[:]).Scan(&others)
	switch {
	case err != nil:
		return fmt.Errorf("keystore: read master keys: %w", err)
	case others == 0 && w.done == 0:
		return errNothing
	}
	canary := w.masters.current.seal(canaryBinding(k.instance), []byte("noadesk"))
	if err := tx.ExpectOne(`UPDATE meta SET value = $1 WHERE name = 'canary'`, canary); err != nil {
		return err
	}
	if err := tx.ExpectOne(`UPDATE meta SET value = $1 WHERE name = 'mk_id'`, id[:]); err != nil {
		return err
	}
	if err := register(tx, id, k.now()); err != nil {
		return err
	}
	return k.keepHeadKeys(tx, w.masters)
}

// keepHeadKeys ends the former master keys. What they vouched for heads of the
// audit log with is sealed under the current one, so that old heads can be
// verified when they are gone.
func (k *Keys) keepHeadKeys(tx *store.Tx, m *masters) error {
	now := k.now().UnixMilli()
	for id, key := range m.headKeys {
		if id == m.current.id {
			continue
		}
		sealed := m.current.seal(headBinding(k.instance, id), key())
		if _, err := tx.Exec(`UPDATE master_keys SET ended = coalesce(ended, $1), head_key = $2 WHERE id = $3`, now, sealed, id[:]); err != nil {
			return err
		}
	}
	return nil
}
