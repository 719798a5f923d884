package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// A Head says what the audit log was at some time: so many records, and the root
// of the tree over them.
type Head struct {
	Size int64
	Root string // base64, as tlog writes it
	At   time.Time

	root tlog.Hash
	mac  []byte
}

// String is how a head is noted elsewhere: SIZE:ROOT.
func (h Head) String() string { return strconv.FormatInt(h.Size, 10) + ":" + h.Root }

// ParseHead reads a head as [Head.String] writes it.
func ParseHead(text string) (Head, error) {
	size, root, _ := strings.Cut(text, ":")
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 1 {
		return Head{}, errors.New("store: head without a number of records")
	}
	hash, err := tlog.ParseHash(root)
	if err != nil {
		return Head{}, errors.New("store: head without a root")
	}
	h := Head{Size: n, Root: hash.String(), root: hash}
	if h.String() != text {
		return Head{}, errors.New("store: head is written in another way")
	}
	return h, nil
}

// text is what a head's mac is made of. It never changes.
func (h Head) text() []byte {
	return fmt.Appendf(nil, "noadesk audit head\n%d\n%s\n%d\n", h.Size, h.root, h.At.UnixMilli())
}

// SignHead keeps today's head of the audit log with the mac that sign makes of
// it. A log without records has none.
func (s *Store) SignHead(ctx context.Context, sign func(head []byte) []byte) (Head, error) {
	var h Head
	err := s.Bookkeep(ctx, func(tx *Tx) error {
		var err error
		if h, err = tx.head(time.Now()); err != nil || h.Size == 0 {
			return err
		}
		_, err = tx.Exec(`INSERT INTO audit_heads (size, root, at, mac) VALUES ($1, $2, $3, $4)`,
			h.Size, h.root[:], h.At.UnixMilli(), sign(h.text()))
		return err
	})
	if err != nil {
		return Head{}, fmt.Errorf("store: sign head of audit log: %w", err)
	}
	return h, nil
}

func (t *Tx) head(at time.Time) (Head, error) {
	size, err := t.treeSize()
	if err != nil {
		return Head{}, err
	}
	root, err := tlog.TreeHash(size, tlog.HashReaderFunc(t.readHashes))
	if err != nil {
		return Head{}, err
	}
	return Head{Size: size, Root: root.String(), At: at.UTC().Truncate(time.Millisecond), root: root}, nil
}

type query func(q string, args ...any) (*sql.Rows, error)

// readHeads gives all heads, the oldest first.
func readHeads(read query) ([]Head, error) {
	rows, err := read(`SELECT size, root, at, mac FROM audit_heads ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("store: list heads of audit log: %w", err)
	}
	defer rows.Close()
	var heads []Head
	for rows.Next() {
		var h Head
		var root []byte
		var at int64
		if err := rows.Scan(&h.Size, &root, &at, &h.mac); err != nil {
			return nil, err
		}
		copy(h.root[:], root)
		h.Root, h.At = h.root.String(), time.UnixMilli(at).UTC()
		heads = append(heads, h)
	}
	return heads, rows.Err()
}
