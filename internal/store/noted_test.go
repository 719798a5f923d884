package store

import (
	"context"
	"strings"
	"testing"
)

func verifyNoted(t *testing.T, s *Store, heads ...Head) Verification {
	t.Helper()
	v, err := s.VerifyAudit(context.Background(), func(_, _ []byte) bool { return true }, heads...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// logOf gives a store with that many records.
func logOf(t *testing.T, records int, name string) *Store {
	t.Helper()
	s := open(t, t.TempDir())
	for range records {
		e := someone
		e.Object = name
		if err := s.Change(context.Background(), e, func(*Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func noteHead(t *testing.T, s *Store) Head {
	t.Helper()
	h, err := ParseHead(verifyNoted(t, s).Head)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestNotedHeadsAreHeadsOfTheLogThatGrew(t *testing.T) {
	t.Parallel()
	s := logOf(t, 0, "x")
	var heads []Head
	for range 9 {
		if err := s.Change(context.Background(), someone, func(*Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		heads = append(heads, noteHead(t, s))
	}
	if v := verifyNoted(t, s, heads...); len(v.Wrong) != 0 {
		t.Errorf("got %q", v.Wrong)
	}
}

// A log that was set back or written anew is sound in itself: only what was
// noted elsewhere tells.
func TestNotedHeadFindsALogThatWasSetBackOrWrittenAnew(t *testing.T) {
	t.Parallel()
	noted := noteHead(t, logOf(t, 5, "as it was"))
	for name, c := range map[string]struct {
		log  *Store
		want string
	}{
		"set back":     {logOf(t, 4, "as it was"), "of 5 records, but the log ends with record 4: it was set back"},
		"empty":        {logOf(t, 0, ""), "of 5 records, but the log ends with record 0"},
		"anew":         {logOf(t, 5, "otherwise"), "The first 5 records are not those of the noted head"},
		"anew, longer": {logOf(t, 8, "otherwise"), "The first 5 records are not those of the noted head"},
	} {
		if v := verifyNoted(t, c.log); len(v.Wrong) != 0 {
			t.Errorf("%s: not even sound: %q", name, v.Wrong)
		}
		if v := verifyNoted(t, c.log, noted); len(v.Wrong) != 1 || !strings.Contains(v.Wrong[0], c.want) {
			t.Errorf("%s: got %q", name, v.Wrong)
		}
	}
}

func FuzzParseHead(f *testing.F) {
	f.Add("3:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	f.Add("03:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	f.Add("-1:AAAA")
	f.Add("9223372036854775808:")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ParseHead(text)
		if err == nil && (h.String() != text || h.Size < 1) {
			t.Errorf("%q is read as %q", text, h)
		}
	})
}
