package keystore

import (
	"context"
	"fmt"
	"time"

	"noadesk/internal/store"
)

// A Tombstone is what is left of a key that was destroyed. Backups made before
// hold it until they are deleted.
type Tombstone struct {
	Fingerprint   string
	Organisation  string // uuid
	Client, Label string
	Destroyed     time.Time
}

// Destroy deletes a retired key from the file and from its log for good. That
// there was one stays on record.
func (k *Keys) Destroy(ctx context.Context, e store.Event, fingerprint string) error {
	err := k.retouch(ctx, e, "key.destroy", fingerprint, func(tx *store.Tx, r record) error {
		if r.State != Retired {
			return refuse("Only a retired key can be destroyed; retire it first.")
		}
		return k.bury(tx, r)
	})
	if err != nil {
		return err
	}
	if err := patiently(ctx, func() error { return k.db.Checkpoint(ctx) }); err != nil {
		return fmt.Errorf("keystore: take the destroyed key out of the log: %w", err)
	}
	return nil
}

func (k *Keys) bury(tx *store.Tx, r record) error {
	if err := tx.ExpectOne(`DELETE FROM signing_keys WHERE id = $1`, r.id); err != nil {
		return err
	}
	for _, q := range []string{
		`DELETE FROM key_uses WHERE fingerprint = $1`,
		`DELETE FROM scope_uses WHERE fingerprint = $1`,
	} {
		if _, err := tx.Exec(q, r.Fingerprint); err != nil {
			return err
		}
	}
	return tx.ExpectOne(`INSERT INTO destroyed_keys (fingerprint, organisation, client, label, destroyed) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (fingerprint) DO UPDATE SET organisation = excluded.organisation, client = excluded.client,
		label = excluded.label, destroyed = excluded.destroyed`,
		r.Fingerprint, r.Organisation, r.Client, r.Label, k.now().UnixMilli())
}

// Destroyed lists the destroyed keys of an organisation, the last one first.
func (k *Keys) Destroyed(ctx context.Context, org string) ([]Tombstone, error) {
	rows, err := k.db.Query(ctx, `SELECT fingerprint, organisation, client, label, destroyed FROM destroyed_keys
		WHERE organisation = $1 ORDER BY destroyed DESC, fingerprint`, org)
	if err != nil {
		return nil, fmt.Errorf("keystore: list destroyed keys: %w", err)
	}
	defer rows.Close()
	var stones []Tombstone
	for rows.Next() {
		var s Tombstone
		var at int64
		if err := rows.Scan(&s.Fingerprint, &s.Organisation, &s.Client, &s.Label, &at); err != nil {
			return nil, fmt.Errorf("keystore: read destroyed key: %w", err)
		}
		s.Destroyed = moment(at)
		stones = append(stones, s)
	}
	return stones, rows.Err()
}
