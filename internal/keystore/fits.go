package keystore

import (
	"context"
	"fmt"

	"noadesk/internal/store"
)

// Fits is a check for [store.Open]: it says whether the keystore in a database
// is sealed under this master key, and of the keys before it under those that
// were given too. The database may be of any version, and is only read, so that
// one which belongs to another master key is not migrated first.
func (m MasterKey) Fits(ctx context.Context) func(*store.Store) error {
	return func(db *store.Store) error {
		tables, err := tablesOfKeys(ctx, db)
		if err != nil {
			return err
		}
		count := `SELECT 0`
		if tables > 0 {
			count = countKeys
		}
		found, err := readMarksOf(ctx, db, count)
		if err != nil || found.empty() {
			return err
		}
		if err := found.check(m); err != nil || tables < 2 {
			return err
		}
		return newMasters(m, found).checkRecords(ctx, db)
	}
}

// tablesOfKeys counts those of two tables that a version has: the first two had
// neither, those up to the fifth the keys only.
func tablesOfKeys(ctx context.Context, db *store.Store) (n int, err error) {
	row := db.QueryRow(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('signing_keys', 'master_keys')`)
	if err := row.Scan(&n); err != nil {
		return 0, fmt.Errorf("keystore: list tables: %w", err)
	}
	return n, nil
}
