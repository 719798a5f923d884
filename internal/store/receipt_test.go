package store

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"noadesk/migrations"
)

func macOf(text []byte) []byte {
	mac := hmac.New(sha256.New, []byte("a key of this test"))
	mac.Write(text)
	return mac.Sum(nil)
}

func checkMac(text, mac []byte) bool { return hmac.Equal(macOf(text), mac) }

func sealMac(_ *Store, text []byte) ([]byte, error) { return macOf(text), nil }

// withReceipt gives a backup of a store that has rows of all kinds.
func withReceipt(t testing.TB, s *Store) string {
	t.Helper()
	for i := range 60 {
		if err := s.Change(context.Background(), someone, put(fmt.Sprint("x", i))); err != nil {
			t.Fatal(err)
		}
	}
	tamper(t, s, `INSERT INTO organisations (uuid, slug, name, created) VALUES ('a', 'fleet', 'Fleet', 1), ('b', 'other', 'Other', 2)`,
		`INSERT INTO key_uses (fingerprint, hour, uses) VALUES ('a', 1, 2), ('a', 2, 3)`)
	file := filepath.Join(t.TempDir(), "backup.db")
	if err := s.BackupWithReceipt(context.Background(), file, sealMac); err != nil {
		t.Fatal(err)
	}
	return file
}

func receiptOf(t testing.TB, file string) ReceiptCheck {
	t.Helper()
	s, err := OpenFile(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	got, err := s.VerifyReceipt(context.Background(), checkMac)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestReceiptNamesTheTableThatDoesNotFit(t *testing.T) {
	t.Parallel()
	file := withReceipt(t, open(t, t.TempDir()))
	if got := receiptOf(t, file); !got.There || len(got.Wrong) != 0 {
		t.Fatalf("as it was: %+v", got)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const schema = "The table sqlite_schema is not what was backed up."
	for change, want := range map[string]string{
		`UPDATE organisations SET name = 'Float' WHERE uuid = 'a'`:     "The table organisations is not what was backed up.",
		`UPDATE key_uses SET uses = 4 WHERE hour = 2`:                  "The table key_uses is not what was backed up.",
		`DELETE FROM key_uses WHERE hour = 2`:                          "The table key_uses is not what was backed up.",
		`INSERT INTO meta VALUES ('new', x'')`:                         "The table meta is not what was backed up.",
		`UPDATE meta SET value = CAST('y' AS BLOB) WHERE name = 'x3'`:  "The table meta is not what was backed up.",
		`UPDATE organisations SET rowid = rowid + 10`:                  "The table organisations is not what was backed up.",
		`CREATE TABLE more (a)`:                                        "The table more was not there when the backup was made. " + schema,
		`DROP TABLE key_policies`:                                      schema + " The table key_policies is missing; it was there when the backup was made.",
		`DROP TRIGGER audit_is_not_changed`:                            schema,
		`UPDATE backup_receipt SET rows = 7 WHERE name = 'people'`:     "The table people is not what was backed up. The receipt of the backup is not as this desk sealed it.",
		`UPDATE backup_receipt SET sum = zeroblob(32) WHERE name = ''`: "The receipt of the backup is not as this desk sealed it.",
		`DELETE FROM backup_receipt WHERE name = ''`:                   "The receipt of the backup is not as this desk sealed it.",
	} {
		changed := filepath.Join(t.TempDir(), "changed.db")
		write(t, changed, text)
		db := openRaw(changed, "mode=rw")
		if _, err := db.Exec(change); err != nil {
			t.Fatalf("%s: %v", change, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if got := receiptOf(t, changed); !got.There || strings.Join(got.Wrong, " ") != want {
			t.Errorf("%s: got %q", change, got.Wrong)
		}
	}
}

func TestFileWithoutReceiptIsSaidToHaveNone(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	file := filepath.Join(t.TempDir(), "backup.db")
	if err := s.Backup(context.Background(), file); err != nil {
		t.Fatal(err)
	}
	if got := receiptOf(t, file); got.There || len(got.Wrong) != 0 {
		t.Errorf("got %+v", got)
	}
}

// everyNth is how far apart the flipped bytes are: no divisor of a page, so that
// they come to lie everywhere in them.
const everyNth = 397

// TestEveryFlipThatChangesContentIsFound compares what is read of the flipped
// backup with what is read of the sound one, in another way than the sums do.
func TestEveryFlipThatChangesContentIsFound(t *testing.T) {
	t.Parallel()
	file := withReceipt(t, open(t, t.TempDir()))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := dump(t, file)
	flipped := filepath.Join(t.TempDir(), "flipped.db")
	flips, found := 0, 0
	for i := 0; i < len(text); i += everyNth {
		bad := bytes.Clone(text)
		bad[i] ^= 1 << (i % 8)
		write(t, flipped, bad)
		flips++
		if refused(flipped) {
			found++
		} else if dump(t, flipped) != want {
			t.Errorf("byte %d changes what is read and is not found", i)
		}
	}
	t.Logf("%d of %d flips found, the others change nothing", found, flips)
	if found == 0 {
		t.Error("nothing was found")
	}
}

func refused(file string) bool {
	s, err := OpenFile(context.Background(), file)
	if err != nil {
		return true
	}
	defer s.Close()
	got, err := s.VerifyReceipt(context.Background(), checkMac)
	return err != nil || !got.There || len(got.Wrong) > 0
}

// dump is all that is in a file, as text.
func dump(t testing.TB, file string) string {
	t.Helper()
	db := openRaw(file, "mode=ro&immutable=1")
	defer db.Close()
	var out strings.Builder
	names, err := columnOf(db, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'backup_receipt' ORDER BY name`)
	if err != nil {
		return err.Error()
	}
	for _, name := range append(names, "sqlite_schema") {
		columns, err := columnOf(db, `SELECT 'quote("' || name || '")' FROM pragma_table_info('`+name+`') WHERE name <> 'rootpage'`)
		if err != nil {
			return err.Error()
		}
		rows, err := columnOf(db, `SELECT concat_ws(',', `+strings.Join(columns, ", ")+`) AS r FROM "`+name+`" ORDER BY r`)
		fmt.Fprintln(&out, name, rows, err)
	}
	return out.String()
}

func columnOf(db *sql.DB, q string) (values []string, err error) {
	rows, err := db.Query(q)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, rows.Err()
}

func TestReceiptEndsWhereABackupBecomesTheDatabase(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	file := withReceipt(t, open(t, t.TempDir()))
	restored, copied := t.TempDir(), t.TempDir()
	if _, err := Restore(ctx, restored, file); err != nil {
		t.Fatal(err)
	}
	if got := receiptOf(t, filepath.Join(restored, fileName)); got.There {
		t.Error("the restored database still has it")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(copied, fileName), text)
	for _, dir := range []string{restored, copied} {
		s := open(t, dir)
		if err := s.Change(ctx, someone, put("later")); err != nil {
			t.Fatal(err)
		}
		if got := receiptOf(t, s.Path()); got.There {
			t.Error("the database has it")
		}
		again := filepath.Join(t.TempDir(), "again.db")
		if err := s.BackupWithReceipt(ctx, again, sealMac); err != nil {
			t.Fatal(err)
		}
		if got := receiptOf(t, again); !got.There || len(got.Wrong) != 0 {
			t.Errorf("its backup: %+v", got)
		}
	}
}

// A backup of an earlier version is brought up to date to be looked at; its
// receipt is about what it was before.
func TestReceiptOfAnOlderVersionIsHeldAgainstTheFileItself(t *testing.T) {
	t.Parallel()
	dir := released(t, migrations.Version-1, 3)
	file := filepath.Join(dir, fileName)
	raw := openRaw(file, "mode=rw&_journal_mode=DELETE")
	r := receipt{version: migrations.Version - 1}
	var err error
	if r.found, err = sumTables(context.Background(), raw); err != nil {
		t.Fatal(err)
	}
	r.mac = macOf(r.text(r.found))
	if err := r.write(context.Background(), raw); err != nil {
		t.Fatal(err)
	}
	if got := receiptOf(t, file); !got.There || len(got.Wrong) != 0 {
		t.Errorf("got %+v", got)
	}
	if _, err := raw.Exec(`INSERT INTO people (id, email, name, password, created) VALUES ('a', 'b', 'c', 'd', 1)`); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	if got := receiptOf(t, file); len(got.Wrong) != 1 || got.Wrong[0] != "The table people is not what was backed up." {
		t.Errorf("got %+v", got)
	}
}
