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
		{0, "bicycle:read", "used"},
		{0, "trip:read", "not used for 30 days"},
		{0, "moon:read", "not used for 30 days"},
		{0, "zone:write", none},
		{1, "bicycle:read", "not used yet"},
		{1, "zone:write", "asked, refused"},
		{2, "trip:read", "asked"},
	} {
		if got := word(c.row, c.scope); got != c.want {
			t.Errorf("%s of %s: %q, want %q", c.scope, m.Rows[c.row].Key.Client, got, c.want)
		}
	}
	if got := m.idle(m.Rows[0]); got != "trip:read, moon:read" {
		t.Errorf("idle: %q", got)
	}
}
