package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// newRecords gives a log of five records, a minute apart.
func newRecords(t testing.TB) *Store {
	t.Helper()
	s := open(t, t.TempDir())
	for i, e := range []Event{
		{Actor: "mara@example.org", Action: "key.import", Organisation: "o1", Object: "4711", Detail: map[string]string{"client": "100% desk"}},
		{Actor: "mara@example.org", Action: "key.retire", Organisation: "o1", Object: "4711"},
		{Actor: "jon_s@example.org", Action: "key.import", Organisation: "o2", Object: "4712", Detail: map[string]string{"client": "jones"}},
		{Actor: "command line", Action: "staff.add", Object: "jonas@example.org"},
		{Actor: "the desk", Action: "seal", Object: `back\slash`},
	} {
		err := s.Bookkeep(context.Background(), func(tx *Tx) error { return tx.record(e, minute(i+1)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func minute(n int) time.Time { return time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC) }

func TestLogIsFilteredForThePageAndForTheExport(t *testing.T) {
	t.Parallel()
	s := newRecords(t)
	for name, c := range map[string]struct {
		q    RecordQuery
		want string
	}{
		"all":              {RecordQuery{}, "5 4 3 2 1"},
		"object":           {RecordQuery{Object: "4711"}, "2 1"},
		"object, in part":  {RecordQuery{Object: "471"}, ""},
		"after":            {RecordQuery{After: minute(4)}, "5 4"},
		"until":            {RecordQuery{Until: minute(2)}, "1"},
		"between":          {RecordQuery{After: minute(2), Until: minute(4)}, "3 2"},
		"text of actor":    {RecordQuery{Text: "MARA@"}, "2 1"},
		"text of action":   {RecordQuery{Text: ".retire"}, "2"},
		"text of detail":   {RecordQuery{Text: "jones"}, "3"},
		"percent":          {RecordQuery{Text: "%"}, "1"},
		"underscore":       {RecordQuery{Text: "n_s"}, "3"},
		"backslash":        {RecordQuery{Text: `k\s`}, "5"},
		"no member's name": {RecordQuery{Text: "organisation"}, ""},
		"organisation":     {RecordQuery{Organisation: "o1", Desk: true, Text: "a"}, "5 4 2 1"},
		"together":         {RecordQuery{Organisation: "o1", Actor: "mara@example.org", Action: "key.import", Object: "4711", Before: 2}, "1"},
		"quote":            {RecordQuery{Text: "' OR 1=1 --"}, ""},
	} {
		records, err := s.Records(context.Background(), c.q)
		var got, each []string
		for _, r := range records {
			got = append(got, fmt.Sprint(r.Seq))
		}
		if strings.Join(got, " ") != c.want || err != nil {
			t.Errorf("%s: got %v, want %s, %v", name, got, c.want, err)
		}
		err = s.EachRecord(context.Background(), c.q, func(r Record, text string) error {
			if !strings.HasPrefix(text, fmt.Sprintf(`{"seq":%d,`, r.Seq)) {
				t.Errorf("record %d has the text %s", r.Seq, text)
			}
			each = append([]string{fmt.Sprint(r.Seq)}, each...)
			return nil
		})
		if strings.Join(each, " ") != c.want || err != nil {
			t.Errorf("%s: each is %v, want %s, %v", name, each, c.want, err)
		}
	}
}

func TestExportEndsWithItsReader(t *testing.T) {
	t.Parallel()
	gone, n := errors.New("gone"), 0
	err := newRecords(t).EachRecord(context.Background(), RecordQuery{}, func(Record, string) error {
		n++
		return gone
	})
	if !errors.Is(err, gone) || n != 1 {
		t.Errorf("%d records, %v", n, err)
	}
}

func TestFiltersUseTheirIndex(t *testing.T) {
	t.Parallel()
	s := newRecords(t)
	for index, q := range map[string]RecordQuery{
		"audit_organisation": {Organisation: "o1"}, "audit_actor": {Actor: "a"}, "audit_action": {Action: "a"}, "audit_object": {Object: "a"},
	} {
		where, args := q.where()
		var id, parent, unused int
		var plan string
		err := s.QueryRow(context.Background(), `EXPLAIN QUERY PLAN SELECT record FROM audit`+where+` ORDER BY seq DESC LIMIT 100`, args...).
			Scan(&id, &parent, &unused, &plan)
		if err != nil || !strings.Contains(plan, "USING INDEX "+index) {
			t.Errorf("%s: %s, %v", index, plan, err)
		}
	}
}
