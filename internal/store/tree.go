package store

import (
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// The audit log is a Merkle tree: record n is its leaf n-1, and the nodes lie in
// audit_hashes in the order of tlog. A leaf of zeros stands for a record that
// somebody wrote past the one door; no text has that hash, so it stays found.

// treeSize is how many leaves the tree has.
func (t *Tx) treeSize() (int64, error) {
	var last sql.NullInt64
	if err := t.QueryRow(`SELECT max(id) FROM audit_hashes`).Scan(&last); err != nil || !last.Valid {
		return 0, err
	}
	return leavesAt(last.Int64), nil
}

// leavesAt says how many leaves a tree has whose last node has this index: that
// node is the highest one that its last leaf completed.
func leavesAt(index int64) int64 {
	level, n := tlog.SplitStoredHashIndex(index)
	return (n + 1) << level
}

// grow adds the leaf of a record. The records before it that have none did not
// pass the door.
func (t *Tx) grow(seq int64, text string) error {
	size, err := t.treeSize()
	if err != nil {
		return fmt.Errorf("store: read size of audit tree: %w", err)
	}
	for ; size < seq-1; size++ {
		if err := t.addLeaf(size, tlog.Hash{}); err != nil {
			return err
		}
	}
	return t.addLeaf(seq-1, tlog.RecordHash([]byte(text)))
}

func (t *Tx) addLeaf(n int64, leaf tlog.Hash) error {
	hashes, err := tlog.StoredHashesForRecordHash(n, leaf, tlog.HashReaderFunc(t.readHashes))
	if err != nil {
		return fmt.Errorf("store: hash audit record %d: %w", n+1, err)
	}
	first := tlog.StoredHashIndex(0, n)
	for i, h := range hashes {
		if _, err := t.Exec(`INSERT INTO audit_hashes (id, hash) VALUES ($1, $2)`, first+int64(i), h[:]); err != nil {
			return fmt.Errorf("store: keep hash of audit record %d: %w", n+1, err)
		}
	}
	return nil
}

func (t *Tx) readHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		var hash []byte
		err := t.QueryRow(`SELECT hash FROM audit_hashes WHERE id = $1`, index).Scan(&hash)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("%w: a hash of the audit log is missing", ErrDamaged)
		}
		if err != nil {
			return nil, err
		}
		copy(hashes[i][:], hash)
	}
	return hashes, nil
}

// plant builds the tree of a log that was written before there was one.
func (t *Tx) plant() error {
	var records int64
	if err := t.QueryRow(`SELECT coalesce(max(seq), 0) FROM audit`).Scan(&records); err != nil {
		return err
	}
	for first := int64(1); first <= records; first += plantedAtOnce {
		if err := t.plantFrom(first); err != nil {
			return err
		}
	}
	return nil
}

// plantedAtOnce is how many texts are held in memory.
const plantedAtOnce = 1000

func (t *Tx) plantFrom(first int64) error {
	rows, err := t.Query(`SELECT seq, record FROM audit WHERE seq >= $1 AND seq < $2 ORDER BY seq`, first, first+plantedAtOnce)
	if err != nil {
		return err
	}
	defer rows.Close()
	var texts []numbered
	for rows.Next() {
		var n numbered
		if err := rows.Scan(&n.seq, &n.text); err != nil {
			return err
		}
		texts = append(texts, n)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, n := range texts {
		if err := t.grow(n.seq, n.text); err != nil {
			return err
		}
	}
	return nil
}

// numbered is the text of a record beside the number of its row.
type numbered struct {
	seq  int64
	text string
}
