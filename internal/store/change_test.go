package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/mattn/go-sqlite3"
)

// foreign opens a database with the driver's own settings.
func foreign(path string) driver.Connector {
	return connector{address(path, "mode=rwc"), &sqlite3.SQLiteDriver{}}
}

func TestChangeAndItsRecordAreBothThereOrNeither(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	s := open(t, t.TempDir())
	for name, c := range map[string]struct {
		e    Event
		f    func(*Tx) error
		want int
	}{
		"done":           {someone, put("done"), 1},
		"change fails":   {someone, func(tx *Tx) error { return errors.Join(put("fails")(tx), failed) }, 0},
		"no actor":       {Event{Action: "a"}, put("actor"), 0},
		"no action":      {Event{Actor: "a"}, put("action"), 0},
		"two of one row": {someone, func(tx *Tx) error { return errors.Join(put("twice")(tx), put("twice")(tx)) }, 0},
	} {
		rows, records := count(t, s, `SELECT count(*) FROM meta`), count(t, s, `SELECT count(*) FROM audit`)
		err := s.Change(context.Background(), c.e, c.f)
		rows, records = count(t, s, `SELECT count(*) FROM meta`)-rows, count(t, s, `SELECT count(*) FROM audit`)-records
		if (err == nil) != (c.want == 1) || rows != c.want || records != c.want {
			t.Errorf("%s: %d rows and %d records, want %d, %v", name, rows, records, c.want, err)
		}
	}
}

func TestRecordThatCannotBeWrittenTakesTheChangeBack(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	err := s.Change(context.Background(), someone, func(tx *Tx) error {
		if err := put("x")(tx); err != nil {
			return err
		}
		_, err := tx.Exec(`DROP TABLE audit`)
		return err
	})
	if err == nil || count(t, s, `SELECT count(*) FROM meta WHERE name = 'x'`) != 0 {
		t.Errorf("got %v", err)
	}
}

func TestPanicInAChangeLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	func() {
		defer func() { _ = recover() }()
		_ = s.Change(context.Background(), someone, func(tx *Tx) error {
			_ = put("x")(tx)
			panic("in a handler")
		})
	}()
	if err := s.Change(context.Background(), someone, put("y")); err != nil {
		t.Error(err)
	}
	if n := count(t, s, `SELECT count(*) FROM meta WHERE name = 'x'`); n != 0 {
		t.Error("half a change stayed")
	}
}

func TestChangeIgnoresThatItsRequestWasCancelled(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	err := s.Change(ctx, someone, func(tx *Tx) error {
		cancel()
		return put("x")(tx)
	})
	if err != nil || count(t, s, `SELECT count(*) FROM meta WHERE name = 'x'`) != 1 {
		t.Errorf("got %v", err)
	}
	if err := s.Bookkeep(ctx, put("y")); err != nil {
		t.Error(err)
	}
}

func TestTwoStoresOnOneFileNumberWithoutGaps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stores := []*Store{open(t, dir), open(t, dir)}
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if err := stores[i%2].Change(context.Background(), someone, put(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := count(t, stores[0], `SELECT count(*) FROM audit WHERE seq BETWEEN 1 AND 40`); n != 40 {
		t.Errorf("%d records from 1 to 40", n)
	}
	if n := count(t, stores[1], `SELECT max(seq) FROM audit`); n != 40 {
		t.Errorf("the last is %d", n)
	}
}

func TestAuditLogIsNeitherChangedNorShortened(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if err := s.Change(context.Background(), someone, put("x")); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{`UPDATE audit SET actor = 'nobody'`, `DELETE FROM audit`} {
		err := s.Bookkeep(context.Background(), func(tx *Tx) error {
			_, err := tx.Exec(q)
			return err
		})
		if err == nil {
			t.Errorf("%s: done", q)
		}
	}
}

func TestRecordsAreFilteredAndNewestFirst(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, t.TempDir())
	for i, e := range []Event{
		{Actor: "a", Action: "key.import", Organisation: "o1", Object: "1", Detail: map[string]string{"b": "<2>", "a": "1"}},
		{Actor: "b", Action: "key.import", Organisation: "o2", Object: "2"},
		{Actor: "a", Action: "staff.add", Organisation: "", Object: "3"},
		{Actor: "a", Action: "key.retire", Organisation: "o1", Object: "4"},
	} {
		if err := s.Change(ctx, e, put(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	for want, q := range map[string]RecordQuery{
		"4 3 2 1": {},
		"4 1":     {Organisation: "o1"},
		"4 3 1 ":  {Organisation: "o1", Desk: true},
		"2 1":     {Action: "key.import"},
		"4 3 1":   {Actor: "a"},
		"1":       {Actor: "a", Action: "key.import"},
		"2 1 ":    {Before: 3},
		"4 3":     {Limit: 2},
		"":        {Organisation: "o3"},
	} {
		records, err := s.Records(ctx, q)
		var got []string
		for _, r := range records {
			got = append(got, r.Object)
		}
		if strings.Join(got, " ") != strings.TrimSpace(want) || err != nil {
			t.Errorf("%+v: got %v, want %s, %v", q, got, want, err)
		}
	}
}

func TestRecordIsKeptAsItWasWritten(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, t.TempDir())
	e := Event{Actor: "ä@example.org", Action: "a", Object: "<b>", Detail: map[string]string{"z": "1", "a": "&"}}
	if err := s.Change(ctx, e, put("x")); err != nil {
		t.Fatal(err)
	}
	var text string
	var at int64
	if err := s.QueryRow(ctx, `SELECT record, at FROM audit`).Scan(&text, &at); err != nil {
		t.Fatal(err)
	}
	want := `{"seq":1,"at":` + strconv.FormatInt(at, 10) +
		`,"actor":"ä@example.org","organisation":"","action":"a","object":"<b>","detail":{"a":"&","z":"1"}}`
	if text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	records, err := s.Records(ctx, RecordQuery{})
	if err != nil || records[0].At.UnixMilli() != at || records[0].Detail["a"] != "&" {
		t.Errorf("got %+v, %v", records, err)
	}
}

func TestFolderIsLockedForOneProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second := open(t, dir), open(t, dir)
	release, err := first.Lock()
	if err != nil {
		t.Fatal(err)
	}
	_, err = second.Lock()
	var locked ErrLocked
	var config *ConfigError
	if !errors.As(err, &locked) || locked.PID != os.Getpid() || !errors.As(err, &config) || !strings.Contains(config.Sentence, strconv.Itoa(os.Getpid())) {
		t.Errorf("got %v", err)
	}
	if err := second.Change(context.Background(), someone, put("x")); err != nil {
		t.Errorf("a command beside it: %v", err)
	}
	release()
	release, err = second.Lock()
	if err != nil {
		t.Fatal(err)
	}
	release()
}

func TestExpectOneTakesOneRowOnly(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	for where, want := range map[string]bool{`name = 'instance_id'`: true, `name = 'nothing'`: false} {
		err := s.Bookkeep(context.Background(), func(tx *Tx) error {
			return tx.ExpectOne(`UPDATE meta SET value = value WHERE ` + where)
		})
		if (err == nil) != want || (err != nil && !errors.Is(err, ErrNoRow)) {
			t.Errorf("%s: %v", where, err)
		}
	}
}

func TestFullDiskIsNamed(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if _, err := s.write.Exec(`PRAGMA max_page_count = 1`); err != nil {
		t.Fatal(err)
	}
	err := s.Bookkeep(context.Background(), func(tx *Tx) error {
		_, err := tx.Exec(`INSERT INTO meta (name, value) VALUES ('x', zeroblob(100000))`)
		return err
	})
	if !errors.Is(err, ErrFull) {
		t.Errorf("got %v", err)
	}
	if err := s.Bookkeep(context.Background(), put("small")); err != nil {
		t.Errorf("the next change: %v", err)
	}
}
