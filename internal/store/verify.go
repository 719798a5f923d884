package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// A Verification is what [Store.VerifyAudit] found.
type Verification struct {
	Records int64
	Head    string    // as [Head.String] writes it, "" where there are no records
	Root    string    // of the tree over all records, "" where there are none
	HeadAt  time.Time // of the newest head that fits, zero where there is none
	Wrong   []string  // what does not fit, a sentence each; empty if the log is sound
}

// mostWrong is how many sentences a verification has at most.
const mostWrong = 100

// VerifyAudit reads the whole audit log and says whether it is still what was
// written: every record's text against its leaf, every node against the two
// below it, every head against the tree, and what check says of a head's mac. Heads
// that were noted elsewhere have to be heads of this log: no other finds that an
// older file was put in its place, or one that was written anew as a whole.
func (s *Store) VerifyAudit(ctx context.Context, check func(head, mac []byte) bool, noted ...Head) (Verification, error) {
	tx, err := s.read.BeginTx(ctx, nil) // one state of the file for all that is read
	if err != nil {
		return Verification{}, named(err)
	}
	defer func() { _ = tx.Rollback() }() // it has written nothing
	v := verifier{ctx: ctx, tx: tx}
	for _, step := range []func() error{
		v.readNodes, v.records, v.nodes,
		func() error { return v.heads(check) }, func() error { return v.noted(noted) },
	} {
		if err := step(); err != nil {
			return Verification{}, fmt.Errorf("store: verify audit log: %w", named(err))
		}
	}
	return v.result(), nil
}

// A verifier goes through a log once.
type verifier struct {
	ctx    context.Context
	tx     *sql.Tx
	stored map[int64]tlog.Hash // the nodes as they lie in the file
	leaves []tlog.Hash         // the leaf of every number, stored or, where none is, of the text
	tree   []tlog.Hash         // the nodes as the leaves make them
	found  Verification
	more   int
}

func (v *verifier) wrong(format string, args ...any) {
	if len(v.found.Wrong) == mostWrong {
		v.more++
		return
	}
	v.found.Wrong = append(v.found.Wrong, fmt.Sprintf(format, args...))
}

func (v *verifier) query(q string, args ...any) (*sql.Rows, error) {
	return v.tx.QueryContext(v.ctx, q, args...)
}

func (v *verifier) readNodes() error {
	rows, err := v.query(`SELECT id, hash FROM audit_hashes ORDER BY id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	v.stored = map[int64]tlog.Hash{}
	for rows.Next() {
		var id int64
		var hash sql.RawBytes
		if err := rows.Scan(&id, &hash); err != nil {
			return err
		}
		if id < 0 || len(hash) != tlog.HashSize {
			v.wrong("The hash with the number %d does not belong to the log.", id)
			continue
		}
		v.stored[id] = tlog.Hash(hash)
	}
	return rows.Err()
}

// row is a record with the columns that it is found by.
type row struct {
	recordText
	text string
}

func (v *verifier) records() error {
	rows, err := v.query(`SELECT seq, at, organisation, actor, action, object, record FROM audit ORDER BY seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.Seq, &r.At, &r.Organisation, &r.Actor, &r.Action, &r.Object, &r.text); err != nil {
			return err
		}
		v.record(r)
	}
	v.removedUpTo(v.size())
	return rows.Err()
}

// size is how many leaves the stored nodes make, by their count: the number of a
// forged one could be anything.
func (v *verifier) size() int64 {
	if len(v.stored) == 0 {
		return 0
	}
	return leavesAt(int64(len(v.stored)) - 1)
}

func (v *verifier) record(r row) {
	if r.Seq < 1 {
		v.wrong("Record %d was inserted: numbers begin with 1.", r.Seq)
		return
	}
	v.removedUpTo(r.Seq - 1)
	v.found.Records++
	leaf := tlog.RecordHash([]byte(r.text))
	stored, is := v.stored[tlog.StoredHashIndex(0, r.Seq-1)]
	switch {
	case !is:
		v.wrong("Record %d was inserted: the log has no hash of it.", r.Seq)
		stored = leaf
	case stored == tlog.Hash{}:
		v.wrong("Record %d was inserted: it was not written by the desk.", r.Seq)
	case stored != leaf:
		v.wrong("Record %d was changed: its text does not have the hash that it was written with.", r.Seq)
	}
	v.leaves = append(v.leaves, stored)
	v.columns(r)
}

// columns compares what records are found by with what they say.
func (v *verifier) columns(r row) {
	said, err := decodeRecord(r.text)
	if err != nil {
		v.wrong("Record %d was changed: its text cannot be read.", r.Seq)
		return
	}
	for _, c := range []struct {
		name string
		same bool
	}{
		{"number", said.Seq == r.Seq},
		{"time", said.At.UnixMilli() == r.At},
		{"organisation", said.Organisation == r.Organisation},
		{"actor", said.Actor == r.Actor},
		{"action", said.Action == r.Action},
		{"object", said.Object == r.Object},
	} {
		if !c.same {
			v.wrong("Record %d was changed: its text has another %s than its row.", r.Seq, c.name)
		}
	}
}

// removedUpTo names the numbers that have no record although a later one, or the
// tree, has gone past them.
func (v *verifier) removedUpTo(seq int64) {
	for n := int64(len(v.leaves)); n < seq; n++ {
		if n >= v.size() && seq-n > mostWrong { // a forged number may be far off
			v.wrong("The records %d to %d are missing.", n+1, seq)
			return
		}
		v.wrong("Record %d was removed.", n+1)
		v.leaves = append(v.leaves, v.stored[tlog.StoredHashIndex(0, n)])
	}
}

// nodes makes the tree from its leaves and compares it with what is stored.
func (v *verifier) nodes() error {
	for n, leaf := range v.leaves {
		hashes, err := tlog.StoredHashesForRecordHash(int64(n), leaf, tlog.HashReaderFunc(v.readTree))
		if err != nil {
			return err
		}
		for _, h := range hashes {
			v.node(int64(len(v.tree)), h)
			v.tree = append(v.tree, h)
		}
	}
	v.beyond()
	return nil
}

// beyond names the stored nodes that no record accounts for.
func (v *verifier) beyond() {
	for _, index := range slices.Sorted(maps.Keys(v.stored)) {
		if index >= int64(len(v.tree)) {
			v.wrong("The hash with the number %d does not belong to the log.", index)
		}
	}
}

func (v *verifier) node(index int64, made tlog.Hash) {
	level, n := tlog.SplitStoredHashIndex(index)
	if level == 0 {
		return // leaves were compared with the texts
	}
	stored, is := v.stored[index]
	switch {
	case !is:
		v.wrong("The hash over the records %d to %d is missing.", n<<level+1, (n+1)<<level)
	case stored != made:
		v.wrong("The hash over the records %d to %d does not fit them.", n<<level+1, (n+1)<<level)
	}
}

func (v *verifier) readTree(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(v.tree)) {
			return nil, errors.New("node is not made yet")
		}
		hashes[i] = v.tree[index]
	}
	return hashes, nil
}

func (v *verifier) heads(check func(head, mac []byte) bool) error {
	heads, err := readHeads(v.query)
	if err != nil {
		return err
	}
	for _, h := range heads {
		fits, err := v.head(h, check)
		if err != nil {
			return err
		}
		if fits {
			v.found.HeadAt = h.At
		}
	}
	return nil
}

func (v *verifier) head(h Head, check func(head, mac []byte) bool) (fits bool, err error) {
	date := h.At.Format("2006-01-02 15:04:05 MST")
	if !check(h.text(), h.mac) {
		v.wrong("The head of %s was not sealed by this desk.", date)
		return false, nil
	}
	if h.Size > int64(len(v.leaves)) {
		v.wrong("The head of %s vouches for %d records, but the log ends with record %d.", date, h.Size, len(v.leaves))
		return false, nil
	}
	fits, err = v.fits(h)
	if err == nil && !fits {
		v.wrong("The head of %s does not fit the first %d records.", date, h.Size)
	}
	return fits, err
}

// fits compares a head with the tree over as many records as it vouches for.
func (v *verifier) fits(h Head) (bool, error) {
	root, err := tlog.TreeHash(h.Size, tlog.HashReaderFunc(v.readTree))
	return root == h.root, err
}

func (v *verifier) noted(heads []Head) error {
	for _, h := range heads {
		if h.Size > int64(len(v.leaves)) {
			v.wrong("The noted head is of %d records, but the log ends with record %d: it was set back or cut off.", h.Size, len(v.leaves))
			continue
		}
		fits, err := v.fits(h)
		if err != nil {
			return err
		}
		if !fits {
			v.wrong("The first %d records are not those of the noted head: the log was written anew.", h.Size)
		}
	}
	return nil
}

func (v *verifier) result() Verification {
	if v.more > 0 {
		v.found.Wrong = append(v.found.Wrong, fmt.Sprintf("There is more that does not fit: %d further findings.", v.more))
	}
	if n := int64(len(v.leaves)); n > 0 {
		if root, err := tlog.TreeHash(n, tlog.HashReaderFunc(v.readTree)); err == nil {
			h := Head{Size: n, Root: root.String()}
			v.found.Root, v.found.Head = h.Root, h.String()
		}
	}
	return v.found
}
