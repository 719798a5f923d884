package staff

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestUnknownWrongAndDisabledLookAlike(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := newStaff(t)
	add(t, s, "right@example.org", Viewer, "")
	add(t, s, "gone@example.org", Viewer, "")
	add(t, s, "admin@example.org", Admin, "")
	if err := s.Disable(ctx, someone, "gone@example.org"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ email, password string }{
		"unknown":  {"nobody@example.org", password},
		"wrong":    {"right@example.org", password + "x"},
		"disabled": {"gone@example.org", password},
		"empty":    {"", ""},
	} {
		if p, err := s.SignIn(ctx, c.email, c.password); !errors.Is(err, ErrSignIn) || err.Error() != ErrSignIn.Error() || p.ID != "" {
			t.Errorf("%s: got %+v, %v", name, p, err)
		}
	}
	if p, err := s.SignIn(ctx, " RIGHT@example.org ", password); err != nil || p.Email != "right@example.org" {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestUnknownAccountTakesTheSameWork(t *testing.T) {
	t.Parallel()
	s, _ := newStaff(t)
	add(t, s, "right@example.org", Viewer, "")
	known, _, err := s.stored(context.Background(), "right@example.org")
	if err != nil {
		t.Fatal(err)
	}
	unknown, _, err := s.stored(context.Background(), "nobody@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if unknown.cost != known.cost || len(unknown.salt) != len(known.salt) || len(unknown.sum) != len(known.sum) {
		t.Errorf("an unknown account is compared with %v, a known one with %v", unknown.cost, known.cost)
	}
}

func TestDelayGrowsAndEnds(t *testing.T) {
	t.Parallel()
	for tries, want := range map[int]int{0: 0, 1: 0, 2: 0, 3: 0, 4: 1, 5: 2, 6: 4, 13: 512, 14: 900, 15: 900, 1_000_000: 900} {
		if got := delay(tries); got != time.Duration(want)*time.Second {
			t.Errorf("after %d tries %s, want %d s", tries, got, want)
		}
	}
}

func TestAccountThatIsTriedHasToWaitAndIsNeverLocked(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, email := range []string{"right@example.org", "nobody@example.org"} {
		s, c := newStaff(t)
		add(t, s, "right@example.org", Viewer, "")
		add(t, s, "colleague@example.org", Viewer, "")
		for i := range 4 {
			if _, err := s.SignIn(ctx, email, "wrong"); !errors.Is(err, ErrSignIn) {
				t.Fatalf("%s, try %d: %v", email, i+1, err)
			}
		}
		_, err := s.SignIn(ctx, email, password)
		var wait ErrWait
		if !errors.As(err, &wait) || !wait.Until.Equal(c.now().Add(time.Second)) {
			t.Errorf("%s: got %v", email, err)
		}
		if _, err := s.SignIn(ctx, "colleague@example.org", password); err != nil {
			t.Errorf("a colleague: %v", err)
		}
		c.pass(time.Second)
		if _, err := s.SignIn(ctx, email, password); (err == nil) != (email == "right@example.org") {
			t.Errorf("%s after waiting: %v", email, err)
		}
	}
}

func TestSuccessBeginsToCountAnew(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := newStaff(t)
	add(t, s, "right@example.org", Viewer, "")
	for range 5 {
		for range 3 {
			if _, err := s.SignIn(ctx, "right@example.org", "wrong"); !errors.Is(err, ErrSignIn) {
				t.Fatal(err)
			}
		}
		if _, err := s.SignIn(ctx, "right@example.org", password); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTenThousandGuessesAreAHundredHashesAnHour(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, c := newStaff(t)
	add(t, s, "right@example.org", Viewer, "")
	hashes := 0
	for range 10_000 {
		c.pass(360 * time.Millisecond)
		if _, err := s.SignIn(ctx, "right@example.org", "wrong"); errors.Is(err, ErrSignIn) {
			hashes++
		}
	}
	if hashes < 4 || hashes > 100 {
		t.Errorf("%d hashes in an hour", hashes)
	}
	c.pass(15 * time.Minute)
	if _, err := s.SignIn(ctx, "right@example.org", password); err != nil {
		t.Errorf("its owner: %v", err)
	}
}

func TestGuessesAtOnceAreCountedOneByOne(t *testing.T) {
	t.Parallel()
	s, _ := newStaff(t)
	s.slots = newSlots(20, 100)
	add(t, s, "right@example.org", Viewer, "")
	var hashes atomic.Int32
	var all sync.WaitGroup
	for range 60 {
		all.Go(func() {
			if _, err := s.SignIn(context.Background(), "right@example.org", "wrong"); errors.Is(err, ErrSignIn) {
				hashes.Add(1)
			}
		})
	}
	all.Wait()
	if n := hashes.Load(); n != 4 {
		t.Errorf("%d passwords were looked at", n)
	}
}

func TestTooManyAtOnceAreTurnedAway(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := newStaff(t)
	s.slots = newSlots(1, 0)
	add(t, s, "right@example.org", Viewer, "")
	free, err := s.slots.take(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if _, err := s.SignIn(ctx, "right@example.org", password); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v", err)
		}
	}
	free()
	if _, err := s.SignIn(ctx, "right@example.org", password); err != nil {
		t.Errorf("turning away was counted: %v", err)
	}
}

func TestRefusedSignInsDoNotFloodTheLog(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, c := newStaff(t)
	add(t, s, "right@example.org", Viewer, "")
	for i := range 3 {
		for _, email := range []string{"right@example.org", "hunter2 my password", fmt.Sprintf("guess%d@example.org", i)} {
			if _, err := s.SignIn(ctx, email, "wrong"); !errors.Is(err, ErrSignIn) {
				t.Fatal(err)
			}
		}
		c.pass(20 * time.Second)
	}
	list := records(t, s, "sign-in.refused")
	if len(list) != 2 {
		t.Errorf("%d records in a minute", len(list))
	}
	for _, r := range list {
		if r.Object != "right@example.org" && r.Object != "unknown account" {
			t.Errorf("record about %q", r.Object)
		}
	}
	if _, err := s.SignIn(ctx, "right@example.org", "wrong"); !errors.Is(err, ErrSignIn) {
		t.Fatal(err)
	}
	if list := records(t, s, "sign-in.refused"); len(list) != 3 {
		t.Errorf("%d records after a minute", len(list))
	}
}

// BenchmarkSignIn is what a sign-in takes with the usual cost.
func BenchmarkSignIn(b *testing.B) {
	s, _ := newStaff(b)
	s.cost = usualCost
	add(b, s, "right@example.org", Viewer, "")
	for b.Loop() {
		if _, err := s.SignIn(context.Background(), "right@example.org", password); err != nil {
			b.Fatal(err)
		}
	}
}
