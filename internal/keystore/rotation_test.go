package keystore

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"noadesk/internal/store"
)

func importKey(t testing.TB, keys *Keys, org string) Key {
	t.Helper()
	key, already, err := keys.Import(context.Background(), someone, org, "desk", newPEM(t), nil)
	if err != nil || already {
		t.Fatalf("import: already %t, %v", already, err)
	}
	return key
}

func newPEM(t testing.TB) []byte {
	t.Helper()
	s, _ := newSketch(t, curves()[0])
	return asPEM("PRIVATE KEY", s.pkcs8())
}

func prove(t testing.TB, keys *Keys, key Key) Key {
	t.Helper()
	key, err := keys.Proved(context.Background(), someone, key.Fingerprint, []string{"bicycle:read", "trip:read"}, 1500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// wantStates wants the fleet's keys to be in these states, in the order they came.
func wantStates(t *testing.T, keys *Keys, want ...State) {
	t.Helper()
	list, err := keys.List(context.Background(), fleet)
	if err != nil {
		t.Fatal(err)
	}
	var got []State
	for _, key := range list {
		got = append(got, key.State)
	}
	if !slices.Equal(got, want) {
		t.Errorf("states %v, want %v", got, want)
	}
}

// ticking makes sure that keys made one after the other are listed in that order.
func ticking(keys *Keys) *Keys {
	now := time.UnixMilli(1_800_000_000_000)
	keys.now = func() time.Time { now = now.Add(time.Second); return now }
	return keys
}

func TestFirstImportedKeyIsActiveAtOnce(t *testing.T) {
	t.Parallel()
	keys, _, _ := newKeys(t)
	ticking(keys)
	if _, err := keys.Active(context.Background(), fleet); !errors.Is(err, ErrNoKey) {
		t.Errorf("without keys: %v", err)
	}
	generate(t, keys, fleet, "P-256")
	first := importKey(t, keys, fleet)
	importKey(t, keys, fleet)
	wantStates(t, keys, Unproved, Active, Ready)
	if key, err := keys.Active(context.Background(), fleet); err != nil || key.Fingerprint != first.Fingerprint {
		t.Errorf("active is %v, %v", key.Fingerprint, err)
	}
	if other := importKey(t, keys, otherFleet); other.State != Active {
		t.Errorf("the first of another organisation is %s", other.State)
	}
}

func TestFirstProofMakesAGeneratedKeyActive(t *testing.T) {
	t.Parallel()
	keys, _, _ := newKeys(t)
	ticking(keys)
	key := prove(t, keys, generate(t, keys, fleet, "P-256"))
	if key.State != Active || key.ProvedAt.IsZero() || key.ProvedSkew != 1500*time.Millisecond || !slices.Equal(key.ProvedScopes, []string{"bicycle:read", "trip:read"}) {
		t.Errorf("got %+v", key)
	}
	prove(t, keys, generate(t, keys, fleet, "P-256"))
	importKey(t, keys, fleet)
	wantStates(t, keys, Active, Ready, Ready)
}

func TestSwitchNeedsAProofAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, _, _ := newKeys(t)
	ticking(keys)
	first, second, third := importKey(t, keys, fleet), importKey(t, keys, fleet), importKey(t, keys, fleet)
	if err := keys.Switch(ctx, someone, second.Fingerprint); !errors.As(err, &Refusal{}) {
		t.Errorf("without a proof: %v", err)
	}
	wantStates(t, keys, Active, Ready, Ready)
	for _, step := range []struct {
		to   Key
		want []State
	}{
		{prove(t, keys, second), []State{Retiring, Active, Ready}},
		{second, []State{Retiring, Active, Ready}},
		{first, []State{Active, Retiring, Ready}},
		{second, []State{Retiring, Active, Ready}},
		{prove(t, keys, third), []State{Retired, Retiring, Active}},
	} {
		if err := keys.Switch(ctx, someone, step.to.Fingerprint); err != nil {
			t.Fatal(err)
		}
		wantStates(t, keys, step.want...)
	}
	if err := keys.Switch(ctx, someone, first.Fingerprint); !errors.Is(err, ErrRetired) {
		t.Errorf("back to a retired one: %v", err)
	}
}

func TestActiveKeyIsNotRetired(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, _, _ := newKeys(t)
	ticking(keys)
	first, second := importKey(t, keys, fleet), importKey(t, keys, fleet)
	if err := keys.Retire(ctx, someone, first.Fingerprint); !errors.As(err, &Refusal{}) {
		t.Errorf("got %v", err)
	}
	for range 2 {
		if err := keys.Retire(ctx, someone, second.Fingerprint); err != nil {
			t.Error(err)
		}
	}
	wantStates(t, keys, Active, Retired)
	if _, err := keys.Proved(ctx, someone, second.Fingerprint, nil, 0); !errors.Is(err, ErrRetired) {
		t.Errorf("proof of a retired key: %v", err)
	}
}

func TestNameIsCorrectedUntilTheFirstProof(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, _, _ := newKeys(t)
	key := importKey(t, keys, fleet)
	if err := keys.Rename(ctx, someone, key.Fingerprint, "fleet-desk"); err != nil {
		t.Fatal(err)
	}
	if key, _ = keys.Key(ctx, fleet, key.Fingerprint); key.Client != "fleet-desk" || key.Label != "fleet-desk" || key.State != Active {
		t.Errorf("renamed: %+v", key)
	}
	for _, name := range []string{"", "a\x00", "\u202ea"} {
		if err := keys.Rename(ctx, someone, key.Fingerprint, name); !errors.As(err, new(Refusal)) {
			t.Errorf("%q: %v", name, err)
		}
	}
	prove(t, keys, key)
	if err := keys.Rename(ctx, someone, key.Fingerprint, "another"); !errors.As(err, new(Refusal)) {
		t.Errorf("after a proof: %v", err)
	}
}

func TestEveryStepIsOnRecord(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, db, _ := newKeys(t)
	ticking(keys)
	first, second := importKey(t, keys, fleet), generate(t, keys, fleet, "P-384")
	prove(t, keys, second)
	for _, f := range []string{second.Fingerprint, second.Fingerprint} {
		if err := keys.Switch(ctx, someone, f); err != nil {
			t.Fatal(err)
		}
	}
	if err := keys.Retire(ctx, someone, first.Fingerprint); err != nil {
		t.Fatal(err)
	}
	if err := keys.Relabel(ctx, someone, second.Fingerprint, "Workshop"); err != nil {
		t.Fatal(err)
	}
	records, err := db.Records(ctx, store.RecordQuery{Organisation: fleet})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range slices.Backward(records) {
		got = append(got, r.Action)
		if r.Actor != someone.Actor || r.Detail["client"] != "desk" || (r.Object != first.Fingerprint && r.Object != second.Fingerprint) {
			t.Errorf("record %+v", r)
		}
	}
	want := []string{"key.import", "key.generate", "key.prove", "key.switch", "key.retire", "key.relabel"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestImportTwiceIsOneKey(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, db, _ := newKeys(t)
	text := newPEM(t)
	first, _, err := keys.Import(ctx, someone, fleet, "desk", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	again, already, err := keys.Import(ctx, someone, fleet, "another name", text, nil)
	if err != nil || !already || again.Client != "desk" || again.Fingerprint != first.Fingerprint {
		t.Errorf("got already %t, client %q, %v", already, again.Client, err)
	}
	if _, _, err := keys.Import(ctx, someone, otherFleet, "desk", text, nil); !errors.As(err, &Refusal{}) {
		t.Errorf("into another organisation: %v", err)
	}
	if records, err := db.Records(ctx, store.RecordQuery{Action: "key.import"}); err != nil || len(records) != 1 {
		t.Errorf("%d records, %v", len(records), err)
	}
}

func TestDamagedKeyIsMendedByImportingItAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, db, mk := newKeys(t)
	text := newPEM(t)
	key, _, err := keys.Import(ctx, someone, fleet, "desk", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	alter(t, db, `UPDATE signing_keys SET sealed = zeroblob(238), curve = 'P-384'`)
	keys = openKeys(t, db, mk)
	beside := openKeys(t, db, mk) // another process
	if _, err := beside.Active(ctx, fleet); !errors.Is(err, ErrDamaged) || !errors.Is(err, ErrNoKey) {
		t.Errorf("active while damaged: %v", err)
	}
	mended, already, err := keys.Import(ctx, someone, fleet, "desk", text, nil)
	if err != nil || already || mended.State != Active || mended.Fingerprint != key.Fingerprint {
		t.Errorf("got %+v, already %t, %v", mended, already, err)
	}
	for _, k := range []*Keys{keys, beside} {
		if active, err := k.Active(ctx, fleet); err != nil || active.State != Active {
			t.Errorf("active after that: %v", err)
		}
		if _, err := sign(k, mended); err != nil {
			t.Error(err)
		}
	}
}

func TestImportWantsAnOrganisationAndAClient(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, _, _ := newKeys(t)
	if _, _, err := keys.Import(ctx, someone, "nobody", "desk", newPEM(t), nil); !errors.Is(err, ErrNoOrganisation) {
		t.Errorf("unknown organisation: %v", err)
	}
	for _, client := range []string{"", "  ", "a\nb", "\xff", string(make([]byte, 129))} {
		if _, _, err := keys.Import(ctx, someone, fleet, client, newPEM(t), nil); !errors.As(err, &Refusal{}) {
			t.Errorf("client %q: %v", client, err)
		}
		if _, err := keys.Generate(ctx, someone, fleet, client, ""); !errors.As(err, &Refusal{}) {
			t.Errorf("client %q: %v", client, err)
		}
	}
	if _, err := keys.Generate(ctx, someone, fleet, "desk", "P-224"); !errors.As(err, &Refusal{}) {
		t.Errorf("P-224: %v", err)
	}
}
