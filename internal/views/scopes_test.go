package views

import (
	"slices"
	"testing"
	"time"
)

func TestMatrixHoldsEveryScopeThatAKeyHasOrWasRefused(t *testing.T) {
	t.Parallel()
	old := noon.Add(-90 * 24 * time.Hour)
	keys := []Key{
		{Fingerprint: "a", Client: "old", State: "active", Created: old, ProvedAt: old, ProvedScopes: []string{"bicycle:read", "trip:read", "moon:read"}},
		{Fingerprint: "b", Client: "new", State: "ready", Created: noon, ProvedAt: noon, ProvedScopes: []string{"bicycle:read"}, AskedAt: noon, AskedScopes: []string{"bicycle:read", "zone:write"}},
		{Fingerprint: "c", Client: "asking", State: "unproved", Created: noon, AskedAt: noon, AskedScopes: []string{"trip:read"}},
		{Fingerprint: "d", Client: "gone", State: "retired", Created: old, ProvedAt: old, ProvedScopes: []string{"bicycle:read"}},
		{Fingerprint: "e", Client: "unknown", State: "ready", Created: noon},
	}
	use := map[string]map[string]time.Time{"a": {"bicycle:read": noon.Add(-29 * 24 * time.Hour), "trip:read": noon.Add(-31 * 24 * time.Hour)}}
	m := ScopeMatrix(keys, use)
	if len(m.Rows) != 3 || !slices.Contains(m.Scopes, "moon:read") || !slices.Contains(m.Scopes, "zone:write") || len(m.Scopes) != 8 {
		t.Fatalf("got %d rows over %v", len(m.Rows), m.Scopes)
	}
	word := func(row int, scope string) string { return m.Rows[row].Words[slices.Index(m.Scopes, scope)] }
	for _, c := range []struct {
		row         int
		scope, want string
	}{
		{0, "bicycle:read", usedScope},
		{0, "trip:read", idleScope},
		{0, "moon:read", idleScope},
		{0, "zone:write", none},
		{1, "bicycle:read", freshScope},
		{1, "zone:write", refusedScope},
		{2, "trip:read", askedScope},
	} {
		if got := word(c.row, c.scope); got != c.want {
			t.Errorf("%s of %s: %q, want %q", c.scope, m.Rows[c.row].Key.Client, got, c.want)
		}
	}
	if got := m.idle(m.Rows[0]); got != "trip:read (not since 13 April), moon:read (never)" {
		t.Errorf("idle: %q", got)
	}
	if got := m.refused(m.Rows[1]); got != "zone:write" {
		t.Errorf("refused: %q", got)
	}
	for i, want := range []string{"bicycle:write, organization:read, support-ticket:read, support-ticket:write", "", ""} {
		if got := m.absent(m.Rows[i]); got != want {
			t.Errorf("absent from row %d: %q, want %q", i, got, want)
		}
	}
}

func TestLegendExplainsEveryWordOfTheMatrix(t *testing.T) {
	t.Parallel()
	explained := map[string]bool{}
	for _, l := range scopeLegend {
		explained[l.Value] = l.Text != ""
	}
	marks := map[string]bool{}
	for word, mark := range scopeMarks {
		if !explained[word] || marks[mark] {
			t.Errorf("%q: explained %t, shares its mark %t", word, explained[word], marks[mark])
		}
		marks[mark] = true
	}
	if !explained[none] {
		t.Error("nothing is not explained")
	}
}
