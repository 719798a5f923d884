package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
)

// A backup carries a receipt: a sum of every table, under a mac that only the
// master key can make. SQLite finds pages that are broken, and the seals and the
// audit log find what was changed in them; the receipt finds a flipped bit in
// any other row.
const receiptName = "backup_receipt"

// receipt is what a file says about its tables, beside what they are.
type receipt struct {
	version  int // user_version of the file
	recorded []tableSum
	mac      []byte // nil where the file has no receipt
	found    []tableSum
}

// A ReceiptCheck is what [Store.VerifyReceipt] found.
type ReceiptCheck struct {
	There bool     // a file that is no backup has none, nor have the backups of earlier versions
	Wrong []string // what does not fit, a sentence each
}

// BackupWithReceipt is [Store.Backup] with a receipt in the backup. seal makes
// the mac of it, and may look at the backup for that.
func (s *Store) BackupWithReceipt(ctx context.Context, file string, seal func(backup *Store, text []byte) ([]byte, error), checks ...func(*Store) error) error {
	return s.backup(ctx, file, func(part string) error {
		if err := writeReceipt(ctx, part, seal); err != nil {
			return err
		}
		return examine(ctx, part, checks)
	})
}

func writeReceipt(ctx context.Context, part string, seal func(*Store, []byte) ([]byte, error)) error {
	r, err := sealedReceipt(ctx, part, seal)
	if err != nil {
		return err
	}
	db := openRaw(part, "mode=rw&_txlock=immediate")
	return errors.Join(named(r.write(ctx, db)), db.Close())
}

func sealedReceipt(ctx context.Context, part string, seal func(*Store, []byte) ([]byte, error)) (r receipt, err error) {
	s := &Store{dir: filepath.Dir(part), name: filepath.Base(part), read: openRaw(part, "mode=ro&immutable=1")}
	defer func() { err = errors.Join(err, s.Close()) }()
	if r, err = s.sum(ctx); err != nil {
		return receipt{}, err
	}
	r.mac, err = seal(s, r.text(r.found))
	return r, err
}

// text is what the mac is made of. It never changes.
func (r receipt) text(sums []tableSum) []byte {
	text := fmt.Appendf(nil, "noadesk backup receipt\n%d\n", r.version)
	for _, s := range sums {
		text = fmt.Appendf(text, "%d %s %d %x\n", len(s.name), s.name, s.rows, s.sum)
	}
	return text
}

func (r receipt) write(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit there is nothing to roll back
	_, err = tx.ExecContext(ctx, `CREATE TABLE `+receiptName+` (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, sum BLOB NOT NULL) STRICT, WITHOUT ROWID`)
	if err != nil {
		return err
	}
	const insert = `INSERT INTO ` + receiptName + ` (name, rows, sum) VALUES ($1, $2, $3)`
	for _, s := range r.found {
		if _, err := tx.ExecContext(ctx, insert, s.name, s.rows, s.sum[:]); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, insert, "", 0, r.mac); err != nil {
		return err
	}
	return tx.Commit()
}

// sum sums the tables as they are.
func (s *Store) sum(ctx context.Context) (r receipt, err error) {
	if err := s.read.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&r.version); err != nil {
		return receipt{}, named(err)
	}
	r.found, err = sumTables(ctx, s.read)
	return r, err
}

// readReceipt reads the receipt of a file, and sums the tables if there is one.
func (s *Store) readReceipt(ctx context.Context) (receipt, error) {
	var there bool
	err := s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = $1)`, receiptName).Scan(&there)
	if err != nil || !there {
		return receipt{}, named(err)
	}
	r, err := s.sum(ctx)
	if err != nil {
		return receipt{}, err
	}
	rows, err := s.read.QueryContext(ctx, `SELECT name, rows, sum FROM `+receiptName+` ORDER BY name`)
	if err != nil {
		return receipt{}, named(err)
	}
	defer rows.Close()
	r.mac = []byte{}
	for rows.Next() {
		var t tableSum
		var sum []byte
		if err := rows.Scan(&t.name, &t.rows, &sum); err != nil {
			return receipt{}, err
		}
		if t.name == "" {
			r.mac = append(r.mac, sum...)
			continue
		}
		copy(t.sum[:], sum)
		r.recorded = append(r.recorded, t)
	}
	return r, named(rows.Err())
}

// VerifyReceipt says whether a backup is what was backed up: every table against
// its sum, and the receipt against what check says of its mac.
func (s *Store) VerifyReceipt(ctx context.Context, check func(text, mac []byte) bool) (ReceiptCheck, error) {
	r := s.receipt
	if r == nil {
		read, err := s.readReceipt(ctx)
		if err != nil {
			return ReceiptCheck{}, fmt.Errorf("store: verify receipt: %w", err)
		}
		r = &read
	}
	if r.mac == nil {
		return ReceiptCheck{}, nil
	}
	return ReceiptCheck{There: true, Wrong: r.wrong(check)}, nil
}

func (r receipt) wrong(check func(text, mac []byte) bool) (wrong []string) {
	recorded := map[string]tableSum{}
	for _, t := range r.recorded {
		recorded[t.name] = t
	}
	for _, t := range r.found {
		was, ok := recorded[t.name]
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("The table %s was not there when the backup was made.", t.name))
		case was.rows != t.rows || !bytes.Equal(was.sum[:], t.sum[:]):
			wrong = append(wrong, fmt.Sprintf("The table %s is not what was backed up.", t.name))
		}
		delete(recorded, t.name)
	}
	for _, t := range r.recorded {
		if _, gone := recorded[t.name]; gone {
			wrong = append(wrong, fmt.Sprintf("The table %s is missing; it was there when the backup was made.", t.name))
		}
	}
	if !check(r.text(r.recorded), r.mac) {
		wrong = append(wrong, "The receipt of the backup is not as this desk sealed it.")
	}
	return wrong
}

// dropReceipt takes the receipt out of a backup that becomes the database: its
// tables change from now on.
func dropReceipt(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, `DROP TABLE IF EXISTS `+receiptName)
	return err
}

// dropLeftReceipt does so where somebody copied a backup to the place of the database.
func (s *Store) dropLeftReceipt(ctx context.Context) error {
	var there bool
	err := s.write.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = $1)`, receiptName).Scan(&there)
	if err != nil || !there {
		return named(err)
	}
	s.wrote.Store(true)
	return named(dropReceipt(ctx, s.write))
}
