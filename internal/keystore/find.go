package keystore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// List lists the keys of an organisation in the order they came.
func (k *Keys) List(ctx context.Context, org string) ([]Key, error) {
	if org == "" {
		return nil, nil // everybody's are for [Keys.ListAll]
	}
	return k.list(ctx, org)
}

// ListAll lists the keys of all organisations.
func (k *Keys) ListAll(ctx context.Context) ([]Key, error) { return k.list(ctx, "") }

func (k *Keys) list(ctx context.Context, org string) ([]Key, error) {
	records, err := k.records(ctx, org)
	if err != nil {
		return nil, err
	}
	keys := make([]Key, 0, len(records))
	for _, r := range records {
		keys = append(keys, k.shown(r))
	}
	return keys, nil
}

// Key finds a key of an organisation. Another organisation's is [ErrNotFound].
func (k *Keys) Key(ctx context.Context, org, fingerprint string) (Key, error) {
	r, err := k.record(ctx, strings.ToLower(fingerprint))
	if err != nil {
		return Key{}, err
	}
	if r.Organisation != org {
		return Key{}, ErrNotFound
	}
	return k.shown(r), nil
}

// Find finds a key by its fingerprint as people write it: in groups, in
// capitals, or only its beginning, of eight characters or more.
func (k *Keys) Find(ctx context.Context, text string) (Key, error) {
	prefix := strings.ToLower(strings.NewReplacer(" ", "", ":", "", "-", "").Replace(strings.TrimSpace(text)))
	if len(prefix) < 8 || len(prefix) > 64 || strings.Trim(prefix, "0123456789abcdef") != "" {
		return Key{}, ErrNotFound
	}
	var full sql.NullString
	var n int
	row := k.db.QueryRow(ctx, `SELECT min(fingerprint), count(*) FROM signing_keys
		WHERE fingerprint >= $1 AND fingerprint < $2`, prefix, prefix+"g")
	if err := row.Scan(&full, &n); err != nil {
		return Key{}, fmt.Errorf("keystore: find key: %w", err)
	}
	switch n {
	case 0:
		return Key{}, ErrNotFound
	case 1:
		r, err := k.record(ctx, full.String)
		return k.shown(r), err
	}
	return Key{}, ErrAmbiguous
}

// Active is the key that an organisation's calls are made with. If there is
// one whose record is damaged, the error is [ErrDamaged] as well as [ErrNoKey].
func (k *Keys) Active(ctx context.Context, org string) (Key, error) {
	r, err := found(k.db.QueryRow(ctx, `SELECT `+recordColumns+` FROM signing_keys
		WHERE organisation = $1 AND state = 'active'`, org))
	if errors.Is(err, ErrNotFound) {
		return Key{}, ErrNoKey
	}
	if err != nil {
		return Key{}, err
	}
	key := k.shown(r)
	if key.State == Damaged {
		return key, fmt.Errorf("%w: %w", ErrNoKey, ErrDamaged)
	}
	return key, nil
}
