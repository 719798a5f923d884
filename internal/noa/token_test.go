package noa

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stand is a token service without sockets: it takes its time, may be down,
// and counts.
type stand struct {
	takes time.Duration
	life  time.Duration
	down  atomic.Bool
	panic atomic.Bool
	count atomic.Int64
}

func (s *stand) exchange(ctx context.Context, _ Credential) (grant, error) {
	s.count.Add(1)
	if err := sleep(ctx, s.takes); err != nil {
		return grant{}, &TokenError{kind: ErrUnreachable, cause: err}
	}
	if s.panic.Load() {
		panic("the assertion")
	}
	if s.down.Load() {
		return grant{}, &TokenError{Status: 502, kind: ErrUnreachable}
	}
	return grant{value: newSecret("t"), scopes: Scopes{BicycleRead}, expires: time.Now().Add(s.life)}, nil
}

func (s *stand) source() *source {
	return newSource(Credential{}, s.exchange, slog.New(slog.DiscardHandler))
}

func newStand() *stand { return &stand{takes: 100 * time.Millisecond, life: 10 * time.Minute} }

func TestTheFirstCallerMayLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		s := sts.source()
		first, leave := context.WithCancel(t.Context())
		var left error
		var served atomic.Int64
		go func() { _, left = s.get(first, 0) }()
		synctest.Wait()
		for range 999 {
			go func() {
				if _, err := s.get(t.Context(), 0); err == nil {
					served.Add(1)
				}
			}()
		}
		leave()
		time.Sleep(time.Second)
		synctest.Wait()
		if !errors.Is(left, context.Canceled) || errors.Is(left, ErrUnreachable) || served.Load() != 999 || sts.count.Load() != 1 {
			t.Errorf("first: %v, served %d, exchanges %d", left, served.Load(), sts.count.Load())
		}
	})
}

func TestAStormOf401RenewsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		s := sts.source()
		old := mustGet(t, s)
		var all sync.WaitGroup
		for range 500 {
			all.Go(func() {
				if tok, err := s.get(t.Context(), old.generation); err != nil || tok.generation != 2 {
					t.Errorf("got %+v, %v", tok, err)
				}
			})
		}
		all.Wait()
		time.Sleep(time.Minute)
		if tok, err := s.get(t.Context(), old.generation); err != nil || tok.generation != 2 {
			t.Errorf("a late 401 of the old token: got %+v, %v", tok, err)
		}
		if sts.count.Load() != 2 {
			t.Errorf("%d exchanges, want 2", sts.count.Load())
		}
	})
}

func TestASecond401IsNotFollowedByAnotherExchange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		s := sts.source()
		first := mustGet(t, s)
		second, err := s.get(t.Context(), first.generation)
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			_, err := s.get(t.Context(), second.generation)
			var e *TokenError
			if !errors.As(err, &e) || !errors.Is(err, ErrRefused) || e.Retry.Before(time.Now()) {
				t.Fatalf("got %v", err)
			}
		}
		if _, err := s.get(t.Context(), 0); !errors.Is(err, ErrRefused) || sts.count.Load() != 2 {
			t.Errorf("everybody else: %v, exchanges %d", err, sts.count.Load())
		}
		time.Sleep(forcedPause)
		if tok := mustGet(t, s); tok.generation != 2 {
			t.Errorf("after the pause: generation %d, want another try of 2", tok.generation)
		}
		if tok, err := s.get(t.Context(), 2); err != nil || tok.generation != 3 {
			t.Errorf("after the pause a 401 may renew again: got %+v, %v", tok, err)
		}
	})
}

func TestA401OfASupersededTokenIsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		s := sts.source()
		old := mustGet(t, s)
		time.Sleep(2 * time.Minute)
		if _, err := s.prove(t.Context()); err != nil {
			t.Fatal(err)
		}
		if tok, err := s.get(t.Context(), old.generation); err != nil || tok.generation != 2 {
			t.Errorf("got %+v, %v, want the newer token", tok, err)
		}
		if tok, err := s.get(t.Context(), 2); err != nil || tok.generation != 3 {
			t.Errorf("got %+v, %v: the late 401 must not stand in the way of a renewal", tok, err)
		}
	})
}

func TestAnExchangeThatWasForgottenDoesNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		s := sts.source()
		var got *token
		var waiting error
		go func() { got, waiting = s.get(t.Context(), 0) }()
		synctest.Wait()
		s.forget()
		time.Sleep(time.Minute)
		synctest.Wait()
		if waiting != nil || got == nil || got.generation != 1 || sts.count.Load() != 2 {
			t.Errorf("got %v, %v after %d exchanges, want the token of the second", got, waiting, sts.count.Load())
		}
	})
}

func TestP6ATokenEndsOnEitherClock(t *testing.T) {
	t.Parallel()
	tok := &token{expires: time.Now().Add(time.Minute)}
	if !tok.alive(time.Now()) {
		t.Error("dead a minute early")
	}
	if tok.alive(time.Now().Add(55*time.Second + time.Millisecond)) {
		t.Error("alive five seconds before its end")
	}
	if tok.alive(time.Now().Round(0).Add(time.Minute)) {
		t.Error("alive after its end on the wall clock")
	}
}

func TestAProofNeedsAYoungToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		s := sts.source()
		mustGet(t, s)
		time.Sleep(59 * time.Second)
		if tok, err := s.prove(t.Context()); err != nil || tok.generation != 1 {
			t.Errorf("a young token: %+v, %v", tok, err)
		}
		time.Sleep(2 * time.Second)
		if tok, err := s.prove(t.Context()); err != nil || tok.generation != 2 || mustGet(t, s) != tok {
			t.Errorf("an older token: %+v, %v", tok, err)
		}
	})
}

func TestAProofDoesNotWaitForEarlierFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		sts.down.Store(true)
		s := sts.source()
		if _, err := s.get(t.Context(), 0); err == nil {
			t.Fatal("got a token")
		}
		sts.down.Store(false)
		if _, err := s.get(t.Context(), 0); err == nil || sts.count.Load() != 1 {
			t.Errorf("during the pause: %v, exchanges %d", err, sts.count.Load())
		}
		if _, err := s.prove(t.Context()); err != nil {
			t.Error(err)
		}
		mustGet(t, s)
	})
}

func mustGet(t *testing.T, s *source) *token {
	t.Helper()
	tok, err := s.get(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
