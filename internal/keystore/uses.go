package keystore

import (
	"context"
	"fmt"
	"maps"
	"time"

	"noadesk/internal/store"
)

// keepUses is how long the counts of an hour are kept.
const keepUses = 90 * 24 * time.Hour

// uses are those that are not written down yet. Each key's are written at most
// once a minute: a signature must not wait for the disk.
type uses struct {
	written map[string]time.Time // when a key's were last written, by fingerprint
	signed  map[keyHour]int
	last    map[string]time.Time   // of the ones that wait
	scopes  map[keyScope]time.Time // the day that a scope's use was last written for
}

type keyHour struct {
	fingerprint string
	hour        int64 // when it began, in milliseconds
}

func newUses() uses {
	return uses{
		written: map[string]time.Time{}, signed: map[keyHour]int{}, last: map[string]time.Time{}, scopes: map[keyScope]time.Time{},
	}
}

// A Count says how often a key signed in an hour.
type Count struct {
	Hour time.Time // when it began
	Uses int
}

// Use counts that a key was used just now. A signature is not refused because
// that cannot be written: storage may be read-only or busy.
func (k *Keys) Use(ctx context.Context, fingerprint string) {
	if k.count(fingerprint, k.now()) {
		_ = k.flush(ctx)
	}
}

// count says whether it is time to write.
func (k *Keys) count(fingerprint string, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.uses.signed[keyHour{fingerprint, now.Truncate(time.Hour).UnixMilli()}]++
	k.uses.last[fingerprint] = now
	if last, ok := k.uses.written[fingerprint]; ok && now.Sub(last) < time.Minute {
		return false
	}
	k.uses.written[fingerprint] = now
	return true
}

// take empties what waits.
func (k *Keys) take() (signed map[keyHour]int, last map[string]time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	signed, last = k.uses.signed, k.uses.last
	k.uses.signed, k.uses.last = map[keyHour]int{}, map[string]time.Time{}
	return signed, last
}

// giveBack puts back what could not be written.
func (k *Keys) giveBack(signed map[keyHour]int, last map[string]time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for at, n := range signed {
		k.uses.signed[at] += n
	}
	maps.Copy(last, k.uses.last)
	k.uses.last = last
}

func (k *Keys) flush(ctx context.Context) error {
	signed, last := k.take()
	if len(signed) == 0 {
		return nil
	}
	err := k.db.Bookkeep(ctx, func(tx *store.Tx) error { return writeUses(tx, signed, last) })
	if err != nil {
		k.giveBack(signed, last)
		return fmt.Errorf("keystore: write uses: %w", err)
	}
	return nil
}

func writeUses(tx *store.Tx, signed map[keyHour]int, last map[string]time.Time) error {
	for at, n := range signed {
		if _, err := tx.Exec(`INSERT INTO key_uses (fingerprint, hour, uses) VALUES ($1, $2, $3)
			ON CONFLICT (fingerprint, hour) DO UPDATE SET uses = uses + excluded.uses`, at.fingerprint, at.hour, n); err != nil {
			return err
		}
	}
	for fingerprint, at := range last {
		if _, err := tx.Exec(`UPDATE signing_keys SET last_used = max(coalesce(last_used, 0), $1) WHERE fingerprint = $2`,
			at.UnixMilli(), fingerprint); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM key_uses WHERE fingerprint = $1 AND hour < $2`,
			fingerprint, at.Add(-keepUses).UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

// Uses lists how often a key was used since then, an hour at a time and the
// first hour first; hours without a use are left out.
func (k *Keys) Uses(ctx context.Context, fingerprint string, since time.Time) ([]Count, error) {
	if err := k.flush(ctx); err != nil {
		return nil, err
	}
	rows, err := k.db.Query(ctx, `SELECT hour, uses FROM key_uses WHERE fingerprint = $1 AND hour >= $2 ORDER BY hour`,
		fingerprint, since.Truncate(time.Hour).UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("keystore: list uses: %w", err)
	}
	defer rows.Close()
	var counts []Count
	for rows.Next() {
		var hour int64
		var c Count
		if err := rows.Scan(&hour, &c.Uses); err != nil {
			return nil, fmt.Errorf("keystore: read uses: %w", err)
		}
		c.Hour = moment(hour)
		counts = append(counts, c)
	}
	return counts, rows.Err()
}

// LastHours tells how often a key was used in each of the last n hours, the
// one under way last. Hours without a use are there with none.
func (k *Keys) LastHours(ctx context.Context, fingerprint string, n int) ([]Count, error) {
	first := k.now().UTC().Truncate(time.Hour).Add(time.Duration(1-n) * time.Hour)
	counts, err := k.Uses(ctx, fingerprint, first)
	if err != nil {
		return nil, err
	}
	hours := make([]Count, n)
	for i := range hours {
		hours[i].Hour = first.Add(time.Duration(i) * time.Hour)
	}
	for _, c := range counts {
		if i := int(c.Hour.Sub(first) / time.Hour); i < n {
			hours[i] = c
		}
	}
	return hours, nil
}
