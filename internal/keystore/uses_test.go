package keystore

import (
	"context"
	"slices"
	"testing"
	"time"
)

func TestTheLastHoursAreAllThere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	keys, _, _ := newKeys(t)
	key := generate(t, keys, fleet, "P-256")
	for _, hours := range []int{0, 20, 22, 22, 24} {
		at(keys, noon.Add(time.Duration(hours)*time.Hour))
		keys.Use(ctx, key.Fingerprint)
	}
	at(keys, noon.Add(24*time.Hour+49*time.Minute))
	got, err := keys.LastHours(ctx, key.Fingerprint, 24)
	if err != nil || len(got) != 24 {
		t.Fatalf("%d hours, %v", len(got), err)
	}
	first := noon.Truncate(time.Hour).Add(time.Hour)
	for i, want := range slices.Concat(make([]int, 19), []int{1, 0, 2, 0, 1}) {
		if hour := first.Add(time.Duration(i) * time.Hour); got[i].Uses != want || !got[i].Hour.Equal(hour) {
			t.Errorf("hour %d: %v, want %d at %s", i, got[i], want, hour)
		}
	}
}
