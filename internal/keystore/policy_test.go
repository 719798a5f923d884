package keystore

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"noadesk/internal/store"
)

func TestSwitchingOverKeepsTwoKeysInUse(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, _, _ := newKeys(t)
	ticking(keys)
	first, second, third := importKey(t, keys, fleet), importKey(t, keys, fleet), importKey(t, keys, fleet)
	if err := keys.SwitchOver(ctx, someone, second.Fingerprint); !errors.As(err, new(Refusal)) {
		t.Errorf("without a proof: %v", err)
	}
	prove(t, keys, second)
	prove(t, keys, third)
	for _, to := range []Key{second, second, first, second} {
		if err := keys.SwitchOver(ctx, someone, to.Fingerprint); err != nil {
			t.Fatal(err)
		}
	}
	wantStates(t, keys, Retiring, Active, Ready)
	var refused Refusal
	if err := keys.SwitchOver(ctx, someone, third.Fingerprint); !errors.As(err, &refused) || !strings.Contains(refused.Sentence, "fallback") {
		t.Errorf("to a third: %v", err)
	}
	wantStates(t, keys, Retiring, Active, Ready)
	if err := errors.Join(keys.Retire(ctx, someone, first.Fingerprint), keys.SwitchOver(ctx, someone, third.Fingerprint)); err != nil {
		t.Error(err)
	}
	wantStates(t, keys, Retired, Retiring, Active)
	if err := keys.SwitchOver(ctx, someone, first.Fingerprint); !errors.Is(err, ErrRetired) {
		t.Errorf("back to a retired one: %v", err)
	}
	if err := keys.SwitchOver(ctx, someone, "unknown"); !errors.Is(err, ErrNotFound) {
		t.Errorf("to an unknown one: %v", err)
	}
}

func TestASwitchIsOnRecordWithBothFingerprints(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, db, _ := newKeys(t)
	ticking(keys)
	first, second := importKey(t, keys, fleet), prove(t, keys, importKey(t, keys, fleet))
	for _, to := range []Key{second, first} {
		if err := keys.SwitchOver(ctx, someone, to.Fingerprint); err != nil {
			t.Fatal(err)
		}
	}
	records, err := db.Records(ctx, store.RecordQuery{Action: "key.switch"})
	if err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, want := range [][2]string{{first.Fingerprint, second.Fingerprint}, {second.Fingerprint, first.Fingerprint}} {
		if r := records[i]; r.Object != want[0] || r.Detail["replaces"] != want[1] || r.Detail["client"] != "desk" {
			t.Errorf("record %d: %+v", i, r)
		}
	}
}

func TestSwitchesAtOneMomentLeaveTwoKeysInUse(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, _, _ := newKeys(t)
	ticking(keys)
	importKey(t, keys, fleet)
	var all []Key
	for range 4 {
		all = append(all, prove(t, keys, importKey(t, keys, fleet)))
	}
	results := make([]error, len(all))
	var wait sync.WaitGroup
	for i, key := range all {
		wait.Go(func() { results[i] = keys.SwitchOver(ctx, someone, key.Fingerprint) })
	}
	wait.Wait()
	done := 0
	for _, err := range results {
		switch {
		case err == nil:
			done++
		case !errors.As(err, new(Refusal)):
			t.Error(err)
		}
	}
	states := map[State]int{}
	list, err := keys.List(ctx, fleet)
	for _, key := range list {
		states[key.State]++
	}
	if err != nil || done != 1 || states[Active] != 1 || states[Retiring] != 1 || states[Retired] != 0 {
		t.Errorf("%d switches, %v, %v", done, states, err)
	}
}
