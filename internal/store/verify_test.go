package store

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// sign stands for what the keystore makes of a head.
func sign(head []byte) []byte {
	mac := hmac.New(sha256.New, []byte("a key"))
	mac.Write(head)
	return mac.Sum(nil)
}

func check(head, mac []byte) bool { return hmac.Equal(sign(head), mac) }

func signHead(t testing.TB, s *Store) Head {
	t.Helper()
	head, err := s.SignHead(context.Background(), sign)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

func verify(t testing.TB, s *Store) Verification {
	t.Helper()
	v, err := s.VerifyAudit(context.Background(), check)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// newLog gives a folder whose log has 9 records, heads over 5 and over 9 of them,
// and no triggers that would hinder whoever tampers with it.
func newLog(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	s := mustOpen(t, dir)
	for i := range 9 {
		if err := s.Change(context.Background(), someone, put(fmt.Sprint(i+1))); err != nil {
			t.Fatal(err)
		}
		if i == 4 || i == 8 {
			signHead(t, s)
		}
	}
	if v := verify(t, s); len(v.Wrong) > 0 || v.Records != 9 {
		t.Fatalf("got %+v", v)
	}
	tamper(t, s, `DROP TRIGGER audit_is_not_changed`, `DROP TRIGGER audit_is_not_shortened`,
		`DROP TRIGGER audit_hashes_are_not_changed`, `DROP TRIGGER audit_hashes_are_not_removed`,
		`DROP TRIGGER audit_heads_are_not_changed`, `DROP TRIGGER audit_heads_are_not_removed`)
	closeStore(t, s)
	return dir
}

func tamper(t testing.TB, s *Store, statements ...string) {
	t.Helper()
	err := s.Bookkeep(context.Background(), func(tx *Tx) error {
		for _, q := range statements {
			if _, err := tx.Exec(q); err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// forged is a record that looks like the desk's.
func forged(seq int) string {
	return fmt.Sprintf(`INSERT INTO audit SELECT %d, at, organisation, actor, action, object,
		replace(record, '"seq":9', '"seq":%d') FROM audit WHERE seq = 9`, seq, seq)
}

func TestWhatIsDoneToTheLogIsFound(t *testing.T) {
	t.Parallel()
	change := `UPDATE audit SET record = replace(record, 'test@example.org', 'nobody@example.org') WHERE seq = 4`
	for name, c := range map[string]struct {
		done []string
		want []string // what is said, in this order
	}{
		"nothing":          {nil, nil},
		"text changed":     {[]string{change}, []string{"Record 4 was changed: its text does not have", "Record 4 was changed: its text has another actor"}},
		"one blank more":   {[]string{`UPDATE audit SET record = record || ' ' WHERE seq = 4`}, []string{"Record 4 was changed: its text does not have"}},
		"text trashed":     {[]string{`UPDATE audit SET record = '{' WHERE seq = 9`}, []string{"Record 9 was changed: its text does not have", "Record 9 was changed: its text cannot be read"}},
		"time changed":     {[]string{`UPDATE audit SET at = at - 1 WHERE seq = 2`}, []string{"Record 2 was changed: its text has another time"}},
		"actor changed":    {[]string{`UPDATE audit SET actor = 'nobody' WHERE seq = 2`}, []string{"Record 2 was changed: its text has another actor"}},
		"organisation":     {[]string{`UPDATE audit SET organisation = 'o' WHERE seq = 2`}, []string{"Record 2 was changed: its text has another organisation"}},
		"action and thing": {[]string{`UPDATE audit SET action = 'a', object = 'b' WHERE seq = 2`}, []string{"another action", "another object"}},
		"first removed":    {[]string{`DELETE FROM audit WHERE seq = 1`}, []string{"Record 1 was removed."}},
		"middle removed":   {[]string{`DELETE FROM audit WHERE seq IN (4, 5)`}, []string{"Record 4 was removed.", "Record 5 was removed."}},
		"last removed":     {[]string{`DELETE FROM audit WHERE seq = 9`}, []string{"Record 9 was removed."}},
		"all removed":      {[]string{`DELETE FROM audit`}, []string{"Record 1 was removed.", "Record 9 was removed."}},
		"inserted":         {[]string{forged(10)}, []string{"Record 10 was inserted"}},
		"inserted far off": {[]string{forged(1 << 40)}, []string{"The records 10 to 1099511627775 are missing.", "Record 1099511627776 was inserted"}},
		"inserted before":  {[]string{forged(0)}, []string{"Record 0 was inserted"}},
		"swapped": {
			[]string{
				`CREATE TEMP TABLE old AS SELECT seq, record FROM audit`,
				`UPDATE audit SET record = (SELECT old.record FROM old WHERE old.seq = 9 - audit.seq) WHERE seq IN (4, 5)`,
			},
			[]string{"Record 4 was changed: its text does not", "Record 4 was changed: its text has another number", "Record 5 was changed: its text does not"},
		},
		"numbers swapped": {
			[]string{`UPDATE audit SET seq = 100 WHERE seq = 4`, `UPDATE audit SET seq = 4 WHERE seq = 5`, `UPDATE audit SET seq = 5 WHERE seq = 100`},
			[]string{"Record 4 was changed", "Record 5 was changed"},
		},
		"leaf changed": {[]string{`UPDATE audit_hashes SET hash = zeroblob(32) WHERE id = 0`}, []string{"Record 1 was inserted", "The hash over the records 1 to 2 does not fit"}},
		"node changed": {[]string{`UPDATE audit_hashes SET hash = randomblob(32) WHERE id = 2`}, []string{"The hash over the records 1 to 2 does not fit them."}},
		"node removed": {[]string{`DELETE FROM audit_hashes WHERE id = 2`}, []string{"The hash over the records 1 to 2 is missing."}},
		"node added":   {[]string{`INSERT INTO audit_hashes VALUES (500, zeroblob(32))`}, []string{"The hash with the number 500 does not belong"}},
		"no nodes":     {[]string{`DELETE FROM audit_hashes`}, []string{"Record 1 was inserted", "Record 9 was inserted"}},
		"mac changed":  {[]string{`UPDATE audit_heads SET mac = randomblob(32) WHERE size = 5`}, []string{"was not sealed by this desk"}},
		"head moved":   {[]string{`UPDATE audit_heads SET at = at + 86400000 WHERE size = 9`}, []string{"was not sealed by this desk"}},
		"head forged":  {[]string{`INSERT INTO audit_heads (size, root, at, mac) SELECT size, root, at + 1, mac FROM audit_heads`}, []string{"was not sealed", "was not sealed"}},
		"rolled back": {
			[]string{`DELETE FROM audit WHERE seq > 5`, fmt.Sprintf(`DELETE FROM audit_hashes WHERE id >= %d`, tlog.StoredHashCount(5))},
			[]string{"vouches for 9 records, but the log ends with record 5"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, newLog(t))
			tamper(t, s, c.done...)
			v := verify(t, s)
			said := strings.Join(v.Wrong, "\n")
			for _, want := range c.want {
				_, rest, found := strings.Cut(said, want)
				if !found {
					t.Fatalf("does not say %q:\n%s", want, strings.Join(v.Wrong, "\n"))
				}
				said = rest
			}
			if (len(c.want) == 0) != (len(v.Wrong) == 0) {
				t.Errorf("got %q", v.Wrong)
			}
		})
	}
}

func TestLogWhoseHashesWereMadeAnewDoesNotFitItsHeads(t *testing.T) {
	t.Parallel()
	s := open(t, newLog(t))
	tamper(t, s, `UPDATE audit SET record = replace(record, '"object":"row"', '"object":"wor"'), object = 'wor' WHERE seq = 7`, `DELETE FROM audit_hashes`)
	if err := s.Bookkeep(context.Background(), (*Tx).plant); err != nil {
		t.Fatal(err)
	}
	v := verify(t, s)
	if len(v.Wrong) != 1 || !strings.Contains(v.Wrong[0], "does not fit the first 9 records") || v.HeadAt.IsZero() {
		t.Errorf("got %+v, want that the second head does not fit, and the first does", v)
	}
}

func TestWhatWasTamperedWithStaysFoundAsTheLogGrows(t *testing.T) {
	t.Parallel()
	for name, done := range map[string]string{
		"Record 10 was inserted":                    forged(10),
		"Record 9 was removed":                      `DELETE FROM audit WHERE seq = 9`,
		"Record 9 was inserted":                     fmt.Sprintf(`DELETE FROM audit_hashes WHERE id >= %d`, tlog.StoredHashCount(8)),
		"Record 3 was changed":                      `UPDATE audit SET record = replace(record, 'row', 'wor') WHERE seq = 3`,
		"The hash over the records 1 to 2 does not": `UPDATE audit_hashes SET hash = randomblob(32) WHERE id = 2`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, newLog(t))
			tamper(t, s, done)
			for range 8 {
				if err := s.Change(context.Background(), someone, func(*Tx) error { return nil }); err != nil {
					t.Fatal(err)
				}
			}
			signHead(t, s)
			v := verify(t, s)
			if !slices.ContainsFunc(v.Wrong, func(text string) bool { return strings.Contains(text, name) }) {
				t.Errorf("got %q", v.Wrong)
			}
		})
	}
}

func TestFindingsAreCountedWhereTheyAreTooMany(t *testing.T) {
	t.Parallel()
	s := open(t, newLog(t))
	tamper(t, s, `DELETE FROM audit_hashes`,
		`WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO audit SELECT i, 0, '', '', '', '', '' FROM n`)
	v := verify(t, s)
	if len(v.Wrong) != mostWrong+1 || !strings.Contains(v.Wrong[mostWrong], "further findings") {
		t.Errorf("got %d sentences, the last being %q", len(v.Wrong), v.Wrong[len(v.Wrong)-1])
	}
}

func TestHeadsOfAnotherMasterKeyAreNotTaken(t *testing.T) {
	t.Parallel()
	s := open(t, newLog(t))
	v, err := s.VerifyAudit(context.Background(), func(_, _ []byte) bool { return false })
	if err != nil || len(v.Wrong) != 2 || !v.HeadAt.IsZero() {
		t.Errorf("got %+v, %v", v, err)
	}
}

func TestEmptyLogIsSoundAndHasNoHead(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	head := signHead(t, s)
	if v := verify(t, s); head.Size != 0 || v.Records != 0 || v.Root != "" || len(v.Wrong) != 0 || !v.HeadAt.IsZero() {
		t.Errorf("got %+v and %+v", head, v)
	}
}

func TestHeadSaysWhatTheTextsMake(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, newLog(t))
	var stored []tlog.Hash
	n := int64(0)
	nodes := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	err := s.EachRecord(ctx, RecordQuery{}, func(_ Record, text string) error {
		hashes, err := tlog.StoredHashes(n, []byte(text), nodes)
		stored, n = append(stored, hashes...), n+1
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	root, err := tlog.TreeHash(n, nodes)
	head, v := signHead(t, s), verify(t, s)
	if err != nil || head.Root != root.String() || v.Root != root.String() || head.Size != 9 || !v.HeadAt.Equal(head.At) {
		t.Errorf("got %+v and %+v, want root %s, %v", head, v, root, err)
	}
	if want := fmt.Sprintf("noadesk audit head\n9\n%s\n%d\n", root, head.At.UnixMilli()); !bytes.Equal(head.text(), []byte(want)) {
		t.Errorf("got %q, want %q", head.text(), want)
	}
}

func TestHashesAndHeadsAreNeitherChangedNorRemoved(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if err := s.Change(context.Background(), someone, put("x")); err != nil {
		t.Fatal(err)
	}
	signHead(t, s)
	for _, q := range []string{
		`UPDATE audit_hashes SET hash = zeroblob(32)`, `DELETE FROM audit_hashes`,
		`UPDATE audit_heads SET mac = x''`, `DELETE FROM audit_heads`,
	} {
		err := s.Bookkeep(context.Background(), func(tx *Tx) error {
			_, err := tx.Exec(q)
			return err
		})
		if err == nil {
			t.Errorf("%s: done", q)
		}
	}
}
