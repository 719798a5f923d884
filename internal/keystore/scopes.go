package keystore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"noadesk/internal/store"
)

const day = 24 * time.Hour

type keyScope struct{ fingerprint, scope string }

// UsedScope notes that a call needed a scope of a key. It is written once a
// day; a call does not fail because that cannot be written.
func (k *Keys) UsedScope(ctx context.Context, fingerprint, scope string) {
	at := keyScope{fingerprint, scope}
	today := k.now().Truncate(day)
	if !k.scopeDue(at, today) {
		return
	}
	err := k.db.Bookkeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO scope_uses (fingerprint, scope, day) VALUES ($1, $2, $3)
			ON CONFLICT (fingerprint, scope) DO UPDATE SET day = max(day, excluded.day)`, fingerprint, scope, today.UnixMilli())
		return err
	})
	if err != nil {
		k.forgetScope(at) // the next call tries again
	}
}

func (k *Keys) scopeDue(at keyScope, today time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.uses.scopes[at].Equal(today) {
		return false
	}
	k.uses.scopes[at] = today
	return true
}

func (k *Keys) forgetScope(at keyScope) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.uses.scopes, at)
}

// ScopeUse tells for each key of an organisation, by fingerprint, on which day
// each of its scopes was used last. Scopes that were never used are left out.
func (k *Keys) ScopeUse(ctx context.Context, org string) (map[string]map[string]time.Time, error) {
	rows, err := k.db.Query(ctx, `SELECT u.fingerprint, u.scope, u.day FROM scope_uses u
		JOIN signing_keys k ON k.fingerprint = u.fingerprint WHERE k.organisation = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("keystore: list uses of scopes: %w", err)
	}
	defer rows.Close()
	use := map[string]map[string]time.Time{}
	for rows.Next() {
		var fingerprint, scope string
		var at int64
		if err := rows.Scan(&fingerprint, &scope, &at); err != nil {
			return nil, fmt.Errorf("keystore: read use of a scope: %w", err)
		}
		if use[fingerprint] == nil {
			use[fingerprint] = map[string]time.Time{}
		}
		use[fingerprint][scope] = moment(at)
	}
	return use, rows.Err()
}

// Asked notes which scopes a key's client application asks for, as Noa listed
// it. Scopes that the desk does not know are kept like all others.
func (k *Keys) Asked(ctx context.Context, fingerprint string, scopes []string) error {
	scopes = slices.Compact(slices.Sorted(slices.Values(scopes)))
	return k.db.Bookkeep(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`UPDATE signing_keys SET asked_scopes = $1, asked_at = $2 WHERE fingerprint = $3`,
			strings.Join(scopes, " "), k.now().UnixMilli(), fingerprint)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
}
