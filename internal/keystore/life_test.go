package keystore

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// at sets the keystore's clock.
func at(keys *Keys, now time.Time) { keys.now = func() time.Time { return now } }

var noon = time.Date(2026, 3, 1, 12, 10, 0, 0, time.UTC)

func TestUsesAreCountedByTheHour(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, db, mk := newKeys(t)
	key, other := generate(t, keys, fleet, "P-256"), generate(t, keys, fleet, "P-256")
	for _, minutes := range []int{0, 0, 0, 20, 60, 61} {
		at(keys, noon.Add(time.Duration(minutes)*time.Minute))
		if _, err := sign(keys, key); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := sign(keys, other); err != nil {
		t.Fatal(err)
	}
	if err := keys.Close(ctx); err != nil {
		t.Fatal(err)
	}
	hour := noon.Truncate(time.Hour)
	for since, want := range map[time.Time][]Count{
		{}:                      {{hour, 4}, {hour.Add(time.Hour), 2}},
		noon.Add(time.Hour):     {{hour.Add(time.Hour), 2}},
		noon.Add(3 * time.Hour): nil,
	} {
		got, err := openKeys(t, db, mk).Uses(ctx, key.Fingerprint, since)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("since %s: %v, want %v, %v", since, got, want, err)
		}
	}
}

func TestOldUsesAreForgotten(t *testing.T) {
	t.Parallel()
	keys, _, _ := newKeys(t)
	key := generate(t, keys, fleet, "P-256")
	for _, now := range []time.Time{noon, noon.Add(91 * day)} {
		at(keys, now)
		keys.Use(context.Background(), key.Fingerprint)
	}
	if got, err := keys.Uses(context.Background(), key.Fingerprint, time.Time{}); err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestScopesKnowWhenTheyWereUsedLast(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, _, _ := newKeys(t)
	key := generate(t, keys, fleet, "P-256")
	for _, days := range []int{0, 2, 1} {
		at(keys, noon.Add(time.Duration(days)*day))
		keys.UsedScope(ctx, key.Fingerprint, "trip:read")
		keys.UsedScope(ctx, key.Fingerprint, "trip:read")
	}
	use, err := keys.ScopeUse(ctx, fleet)
	if err != nil || len(use) != 1 || len(use[key.Fingerprint]) != 1 || !use[key.Fingerprint]["trip:read"].Equal(noon.Add(2*day).Truncate(day)) {
		t.Errorf("got %v, %v", use, err)
	}
	if use, err := keys.ScopeUse(ctx, otherFleet); err != nil || len(use) != 0 {
		t.Errorf("another organisation: %v, %v", use, err)
	}
}

func TestAskedScopesAreKept(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, _, _ := newKeys(t)
	key := generate(t, keys, fleet, "P-256")
	if err := keys.Asked(ctx, key.Fingerprint, []string{"trip:read", "future:fly", "trip:read"}); err != nil {
		t.Fatal(err)
	}
	got, err := keys.Key(ctx, fleet, key.Fingerprint)
	if err != nil || !slices.Equal(got.AskedScopes, []string{"future:fly", "trip:read"}) || got.AskedAt.IsZero() {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := keys.Asked(ctx, "unknown", nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown key: %v", err)
	}
}

func TestKeysHaveALabelAndAPurpose(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, _, _ := newKeys(t)
	key := generate(t, keys, fleet, "P-256")
	if err := keys.Describe(ctx, someone, key.Fingerprint, " Workshop ", "Repairs at night"); err != nil {
		t.Fatal(err)
	}
	if got, err := keys.Key(ctx, fleet, key.Fingerprint); err != nil || got.Label != "Workshop" || got.Purpose != "Repairs at night" {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range [][2]string{{"", "purpose"}, {"label", "a\x00"}} {
		if err := keys.Describe(ctx, someone, key.Fingerprint, bad[0], bad[1]); !errors.As(err, new(Refusal)) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestOnlyARetiredKeyIsDestroyedAndThenForGood(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, db, _ := newKeys(t)
	text := newPEM(t)
	importKey(t, keys, fleet)
	key, _, err := keys.Import(ctx, someone, fleet, "desk", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := keys.record(ctx, key.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Destroy(ctx, someone, key.Fingerprint); !errors.As(err, new(Refusal)) {
		t.Errorf("one that is ready: %v", err)
	}
	if err := errors.Join(keys.Retire(ctx, someone, key.Fingerprint), keys.Destroy(ctx, someone, key.Fingerprint)); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Key(ctx, fleet, key.Fingerprint); !errors.Is(err, ErrNotFound) {
		t.Errorf("after that: %v", err)
	}
	stones, err := keys.Destroyed(ctx, fleet)
	if err != nil || len(stones) != 1 || stones[0].Fingerprint != key.Fingerprint || stones[0].Client != "desk" {
		t.Errorf("got %v, %v", stones, err)
	}
	wantNowhere(t, db, r.sealed[headLen:])
	again, already, err := keys.Import(ctx, someone, fleet, "desk", text, nil)
	if err != nil || already || again.State != Ready {
		t.Errorf("imported again: %+v, %t, %v", again, already, err)
	}
	if err := errors.Join(keys.Retire(ctx, someone, key.Fingerprint), keys.Destroy(ctx, someone, key.Fingerprint)); err != nil {
		t.Errorf("destroyed again: %v", err)
	}
}

func TestReplacedKeyRestsBeforeItIsRetired(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, _, _ := newKeys(t)
	at(keys, noon)
	first := importKey(t, keys, fleet)
	at(keys, noon.Add(time.Second))
	second := prove(t, keys, importKey(t, keys, fleet))
	if _, err := sign(keys, first); err != nil {
		t.Fatal(err)
	}
	if err := keys.Switch(ctx, someone, second.Fingerprint); err != nil {
		t.Fatal(err)
	}
	if err := keys.RetireDrained(ctx, someone, first.Fingerprint); !errors.As(err, new(Refusal)) {
		t.Errorf("at once: %v", err)
	}
	if err := keys.SetPolicy(ctx, someone, fleet, Policy{Drain: time.Hour, MaxAge: 30 * day}); err != nil {
		t.Fatal(err)
	}
	at(keys, noon.Add(59*time.Minute))
	if err := keys.RetireDrained(ctx, someone, first.Fingerprint); !errors.As(err, new(Refusal)) {
		t.Errorf("too early: %v", err)
	}
	at(keys, noon.Add(61*time.Minute))
	if err := keys.RetireDrained(ctx, someone, first.Fingerprint); err != nil {
		t.Error(err)
	}
	wantStates(t, keys, Retired, Active)
}

func TestOldAndExposedKeysAreDue(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, db, _ := newKeys(t)
	at(keys, noon)
	active, ready := importKey(t, keys, fleet), importKey(t, keys, fleet)
	due := func(now time.Time, maxAge time.Duration) (fingerprints []string) {
		at(keys, now)
		list, err := keys.Due(ctx, fleet, maxAge)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range list {
			fingerprints = append(fingerprints, key.Fingerprint)
		}
		return fingerprints
	}
	if got := due(noon.Add(364*day), 0); len(got) != 0 {
		t.Errorf("before a year: %v", got)
	}
	if got := due(noon.Add(366*day), 0); !slices.Equal(got, []string{active.Fingerprint}) {
		t.Errorf("after a year: %v", got)
	}
	if got := due(noon.Add(31*day), 30*day); !slices.Equal(got, []string{active.Fingerprint}) {
		t.Errorf("after a month: %v", got)
	}
	alter(t, db, `UPDATE signing_keys SET exposed = 1 WHERE fingerprint = $1`, ready.Fingerprint)
	if got := due(noon, 0); !slices.Equal(got, []string{ready.Fingerprint}) {
		t.Errorf("after a leak: %v", got)
	}
}

func TestPolicyHasItsLimits(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, _, _ := newKeys(t)
	for _, p := range []Policy{{-1, 30 * day}, {91 * day, 30 * day}, {0, time.Hour}, {0, 4000 * day}} {
		if err := keys.SetPolicy(ctx, someone, fleet, p); !errors.As(err, new(Refusal)) {
			t.Errorf("%v: %v", p, err)
		}
	}
	if err := keys.SetPolicy(ctx, someone, "nobody", usual); !errors.Is(err, ErrNoOrganisation) {
		t.Errorf("unknown organisation: %v", err)
	}
	if p, err := keys.Policy(ctx, fleet); err != nil || p != usual {
		t.Errorf("got %v, %v", p, err)
	}
}

func TestCheckFindsAFlippedBitAndItsMending(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, db, _ := newKeys(t)
	key := generate(t, keys, fleet, "P-256")
	generate(t, keys, fleet, "P-384")
	r, err := keys.record(ctx, key.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	bad := bytes.Clone(r.sealed)
	bad[100] ^= 1
	alter(t, db, `UPDATE signing_keys SET sealed = $1 WHERE id = $2`, bad, r.id)
	damages, err := keys.Check(ctx)
	if err != nil || len(damages) != 1 || damages[0].Fingerprint != key.Fingerprint || damages[0].State != Damaged || damages[0].Problem == "" {
		t.Errorf("got %+v, %v", damages, err)
	}
	alter(t, db, `UPDATE signing_keys SET sealed = $1 WHERE id = $2`, r.sealed, r.id)
	if damages, err := keys.Check(ctx); err != nil || len(damages) != 0 {
		t.Errorf("mended: %+v, %v", damages, err)
	}
	if got, err := keys.Key(ctx, fleet, key.Fingerprint); err != nil || got.State != Unproved {
		t.Errorf("mended: %s, %v", got.State, err)
	}
}
