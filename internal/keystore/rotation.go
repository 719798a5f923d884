package keystore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"noadesk/internal/store"
)

// Proved records that Noa took an assertion of this key, which scopes it
// granted and how far the clocks are apart. Where the organisation has no
// active key, this one becomes it.
func (k *Keys) Proved(ctx context.Context, e store.Event, fingerprint string, scopes []string, skew time.Duration) (Key, error) {
	err := k.alter(ctx, e, "key.prove", fingerprint, func(tx *store.Tx, r record) error {
		state, err := provedState(tx, r)
		if err != nil {
			return err
		}
		return tx.ExpectOne(`UPDATE signing_keys SET state = $1, proved_at = $2, proved_scopes = $3, proved_skew = $4 WHERE id = $5`,
			state, k.now().UnixMilli(), strings.Join(scopes, " "), skew.Milliseconds(), r.id)
	})
	if err != nil {
		return Key{}, err
	}
	r, err := k.record(ctx, fingerprint)
	return k.shown(r), err
}

func provedState(tx *store.Tx, r record) (State, error) {
	var active int
	err := tx.QueryRow(`SELECT count(*) FROM signing_keys WHERE organisation = $1 AND state = 'active'`, r.Organisation).Scan(&active)
	switch {
	case err != nil:
		return "", fmt.Errorf("keystore: look for active key: %w", err)
	case active == 0:
		return Active, nil
	case r.State == Unproved:
		return Ready, nil
	}
	return r.State, nil
}

// Switch makes a proved key the organisation's active one. The one before
// stays at hand as retiring, and is switched back to in the same way; one that
// was retiring until now is retired. Switching to the active key does nothing.
func (k *Keys) Switch(ctx context.Context, e store.Event, fingerprint string) error {
	return k.alter(ctx, e, "key.switch", fingerprint, func(tx *store.Tx, r record) error {
		if r.State == Active {
			return errNothing
		}
		if r.ProvedAt.IsZero() && r.State != Retiring {
			return refuse("This key is not proved yet; prove it before switching to it.")
		}
		return replaceActive(tx, r)
	})
}

// replaceActive takes each step in an order that never has two active keys.
func replaceActive(tx *store.Tx, r record) error {
	for _, q := range []string{
		`UPDATE signing_keys SET state = 'retired' WHERE organisation = $1 AND state = 'retiring' AND id <> $2`,
		`UPDATE signing_keys SET state = 'ready' WHERE organisation = $1 AND id = $2`,
		`UPDATE signing_keys SET state = 'retiring' WHERE organisation = $1 AND state = 'active' AND id <> $2`,
		`UPDATE signing_keys SET state = 'active' WHERE organisation = $1 AND id = $2`,
	} {
		if _, err := tx.Exec(q, r.Organisation, r.id); err != nil {
			return err
		}
	}
	return nil
}

// Retire ends a key's use for good. The active key cannot be retired: switch
// to another one first. Retiring a retired key does nothing.
func (k *Keys) Retire(ctx context.Context, e store.Event, fingerprint string) error {
	return k.retouch(ctx, e, "key.retire", fingerprint, func(tx *store.Tx, r record) error {
		switch r.State {
		case Retired:
			return errNothing
		case Active:
			return refuse("This is the organisation's active key; switch to another one before retiring it.")
		}
		return tx.ExpectOne(`UPDATE signing_keys SET state = 'retired' WHERE id = $1`, r.id)
	})
}

// Rename corrects the client application of a key that was never proved: Noa
// shows a key once, and a name that was mistyped must not cost it.
func (k *Keys) Rename(ctx context.Context, e store.Event, fingerprint, client string) error {
	client, err := clientName(client)
	if err != nil {
		return err
	}
	return k.alter(ctx, e, "key.rename", fingerprint, func(tx *store.Tx, r record) error {
		if !r.ProvedAt.IsZero() {
			return refuse("Noa has taken this key under its name " + r.Client + "; only a key that was never proved can be renamed.")
		}
		return tx.ExpectOne(`UPDATE signing_keys SET client = $1, label = CASE label WHEN client THEN $1 ELSE label END WHERE id = $2`, client, r.id)
	})
}

// Relabel gives a key another name for people.
func (k *Keys) Relabel(ctx context.Context, e store.Event, fingerprint, label string) error {
	label, err := shortText(label, "label of the key")
	if err != nil {
		return err
	}
	return k.retouch(ctx, e, "key.relabel", fingerprint, func(tx *store.Tx, r record) error {
		return tx.ExpectOne(`UPDATE signing_keys SET label = $1 WHERE id = $2`, label, r.id)
	})
}

var errNothing = errors.New("keystore: nothing to do")

// alter changes a key that is to be used: neither retired nor damaged.
func (k *Keys) alter(ctx context.Context, e store.Event, action, fingerprint string, f func(*store.Tx, record) error) error {
	return k.retouch(ctx, e, action, fingerprint, func(tx *store.Tx, r record) error {
		switch {
		case r.State == Retired:
			return ErrRetired
		case k.isDamaged(r):
			return ErrDamaged
		}
		return f(tx, r)
	})
}

// retouch changes a key's row. The event names the key, so the row is read
// before; it is read again within the transaction, where it counts.
func (k *Keys) retouch(ctx context.Context, e store.Event, action, fingerprint string, f func(*store.Tx, record) error) error {
	r, err := k.record(ctx, fingerprint)
	if err != nil {
		return err
	}
	err = k.db.Change(ctx, event(e, action, r), func(tx *store.Tx) error {
		r, err := recordIn(tx, fingerprint)
		if err != nil {
			return err
		}
		return f(tx, r)
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}
