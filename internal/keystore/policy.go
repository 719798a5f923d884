package keystore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"noadesk/internal/store"
)

// A Policy says how an organisation changes its keys.
type Policy struct {
	Drain  time.Duration // a key that is being replaced rests so long before it is retired
	MaxAge time.Duration // a key in use is to be replaced when it is older
}

// usual is the policy of an organisation that has set none.
var usual = Policy{Drain: 24 * time.Hour, MaxAge: 365 * 24 * time.Hour}

// Policy is an organisation's policy.
func (k *Keys) Policy(ctx context.Context, org string) (Policy, error) {
	var drain, age int64
	err := k.db.QueryRow(ctx, `SELECT drain, age FROM key_policies WHERE organisation = $1`, org).Scan(&drain, &age)
	if errors.Is(err, sql.ErrNoRows) {
		return usual, nil
	}
	if err != nil {
		return Policy{}, fmt.Errorf("keystore: read policy: %w", err)
	}
	return Policy{time.Duration(drain) * time.Millisecond, time.Duration(age) * time.Millisecond}, nil
}

// SetPolicy gives an organisation another policy.
func (k *Keys) SetPolicy(ctx context.Context, e store.Event, org string, p Policy) error {
	switch {
	case p.Drain < 0 || p.Drain > 90*day:
		return refuse("The drain time is between nothing and 90 days.")
	case p.MaxAge < day || p.MaxAge > 3650*day:
		return refuse("The greatest age of a key is between one day and ten years.")
	}
	e.Action, e.Object, e.Organisation = "key.policy", org, org
	e.Detail = map[string]string{"drain": p.Drain.String(), "age": p.MaxAge.String()}
	return k.db.Change(ctx, e, func(tx *store.Tx) error {
		if err := organisationExists(tx, org); err != nil {
			return err
		}
		return tx.ExpectOne(`INSERT INTO key_policies (organisation, drain, age) VALUES ($1, $2, $3)
			ON CONFLICT (organisation) DO UPDATE SET drain = excluded.drain, age = excluded.age`,
			org, p.Drain.Milliseconds(), p.MaxAge.Milliseconds())
	})
}

// Due lists the keys of an organisation that are in use and older than maxAge,
// or than its policy allows if that is zero, and those that have to be replaced
// because their master key leaked.
func (k *Keys) Due(ctx context.Context, org string, maxAge time.Duration) ([]Key, error) {
	if maxAge == 0 {
		p, err := k.Policy(ctx, org)
		if err != nil {
			return nil, err
		}
		maxAge = p.MaxAge
	}
	keys, err := k.List(ctx, org)
	if err != nil {
		return nil, err
	}
	var due []Key
	for _, key := range keys {
		old := key.State == Active && k.now().Sub(key.Created) > maxAge
		if old || !key.Exposed.IsZero() && key.State != Retired {
			due = append(due, key)
		}
	}
	return due, nil
}

// Drained tells when a key will have rested for its organisation's drain time.
// A time that has passed, or none at all, means that it may be retired.
func (k *Keys) Drained(ctx context.Context, key Key) (time.Time, error) {
	if err := k.flush(ctx); err != nil {
		return time.Time{}, err
	}
	p, err := k.Policy(ctx, key.Organisation)
	if err != nil {
		return time.Time{}, err
	}
	r, err := k.record(ctx, key.Fingerprint)
	if err != nil || r.LastUsed.IsZero() {
		return time.Time{}, err
	}
	return r.LastUsed.Add(p.Drain), nil
}

// RetireDrained retires a key like [Keys.Retire], but not one that is being
// replaced and was used within the drain time.
func (k *Keys) RetireDrained(ctx context.Context, e store.Event, fingerprint string) error {
	r, err := k.record(ctx, fingerprint)
	if err != nil {
		return err
	}
	at, err := k.Drained(ctx, r.Key)
	if err != nil {
		return err
	}
	if r.State == Retiring && at.After(k.now()) {
		return refuse("This key was still used at " + r.LastUsed.Format("2006-01-02 15:04") + " UTC; it can be retired at " +
			at.Format("2006-01-02 15:04") + " UTC, if it is not used until then.")
	}
	return k.Retire(ctx, e, fingerprint)
}

// SwitchOver makes a proved key the active one like [Keys.Switch], and puts on
// record which one it replaces. As long as an earlier key is the fallback, a
// third one does not take its place: two keys at most are in use, and a
// fallback ends by being retired, not by the way.
func (k *Keys) SwitchOver(ctx context.Context, e store.Event, fingerprint string) error {
	r, err := k.record(ctx, fingerprint)
	if err != nil {
		return err
	}
	before, err := k.activeFingerprint(ctx, r.Organisation)
	if err != nil {
		return err
	}
	e.Detail = map[string]string{"replaces": before}
	return k.alter(ctx, e, "key.switch", fingerprint, func(tx *store.Tx, r record) error {
		switch {
		case r.State == Active:
			return errNothing
		case r.ProvedAt.IsZero() && r.State != Retiring:
			return refuse("This key is not proved yet; prove it before switching to it.")
		}
		if err := unchanged(tx, r, before); err != nil {
			return err
		}
		return replaceActive(tx, r)
	})
}

func (k *Keys) activeFingerprint(ctx context.Context, org string) (string, error) {
	r, err := found(k.db.QueryRow(ctx, `SELECT `+recordColumns+` FROM signing_keys WHERE organisation = $1 AND state = 'active'`, org))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return r.Fingerprint, err
}

// unchanged makes sure that the active key is still the one on record, and that no third key is the fallback.
func unchanged(tx *store.Tx, r record, active string) error {
	var now, fallback string
	err := tx.QueryRow(`SELECT
		coalesce((SELECT fingerprint FROM signing_keys WHERE organisation = $1 AND state = 'active'), ''),
		coalesce((SELECT client FROM signing_keys WHERE organisation = $1 AND state = 'retiring' AND id <> $2), '')`,
		r.Organisation, r.id).Scan(&now, &fallback)
	switch {
	case err != nil:
		return fmt.Errorf("keystore: look for keys in use: %w", err)
	case now != active:
		return refuse("Somebody else has switched keys at this moment; look again which one is active.")
	case fallback != "":
		return refuse("Two keys are in use already: the key of " + fallback + " is still the fallback. Retire it before switching to a third one.")
	}
	return nil
}

// WithActive adds to an event about a key which one is active at that moment,
// where that is another one: a step of a rotation is about two keys.
func (k *Keys) WithActive(ctx context.Context, e store.Event, fingerprint string) store.Event {
	r, err := k.record(ctx, fingerprint)
	if err != nil {
		return e // the step itself will say so
	}
	active, err := k.activeFingerprint(ctx, r.Organisation)
	if err == nil && active != "" && active != fingerprint {
		e.Detail = map[string]string{"active": active}
	}
	return e
}

// Describe says what a key is called and what it is for.
func (k *Keys) Describe(ctx context.Context, e store.Event, fingerprint, label, purpose string) error {
	label, err := shortText(label, "label of the key")
	if err != nil {
		return err
	}
	if purpose != "" {
		if purpose, err = shortText(purpose, "purpose of the key"); err != nil {
			return err
		}
	}
	return k.retouch(ctx, e, "key.describe", fingerprint, func(tx *store.Tx, r record) error {
		return tx.ExpectOne(`UPDATE signing_keys SET label = $1, purpose = $2 WHERE id = $3`, label, purpose, r.id)
	})
}
