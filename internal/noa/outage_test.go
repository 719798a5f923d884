package noa

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestATokenServesUntilFiveSecondsBeforeItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		s := sts.source()
		got := mustGet(t, s).got
		sts.down.Store(true)
		served := 0
		var failed time.Time
		for range 20 * 60 * 10 {
			_, err := s.get(t.Context(), 0)
			switch {
			case err == nil && !failed.IsZero():
				t.Fatalf("served again %v after the exchange", time.Since(got))
			case err == nil:
				served++
			case failed.IsZero():
				failed = time.Now()
			}
			time.Sleep(100 * time.Millisecond)
		}
		if last := failed.Sub(got); last < 594*time.Second || last > 596*time.Second || served < 5900 {
			t.Errorf("served %d times, until %v", served, last)
		}
		if n := sts.count.Load(); n < 20 || n > 80 {
			t.Errorf("%d exchanges in 20 minutes", n)
		}
		sts.down.Store(false)
		back := time.Now()
		for time.Since(back) < 31*time.Second {
			if _, err := s.get(t.Context(), 0); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Error("not back within 31 seconds")
	})
}

func TestAColdOutageIsAskedSeldom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		sts.down.Store(true)
		s := sts.source()
		for range 6000 {
			for range 10 {
				go func() { _, _ = s.get(t.Context(), 0) }()
			}
			time.Sleep(10 * time.Millisecond)
		}
		if n := sts.count.Load(); n < 4 || n > 10 {
			t.Errorf("%d exchanges for 60,000 callers in a minute", n)
		}
		_, err := s.get(t.Context(), 0)
		var e *TokenError
		if !errors.As(err, &e) || e.Status != 502 || !e.Retry.After(time.Now()) || !errors.Is(err, ErrUnreachable) {
			t.Errorf("got %v", err)
		}
	})
}

func TestADayCostsFewExchanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		s := sts.source()
		for range 24 * 60 * 60 {
			if _, err := s.get(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if n := sts.count.Load(); n < 150 || n > 190 {
			t.Errorf("%d exchanges in a day of 10-minute tokens", n)
		}
	})
}

func TestRenewingAheadMakesNobodyWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		s := sts.source()
		mustGet(t, s)
		sts.takes = 9 * time.Second
		for range 600 {
			before := time.Now()
			mustGet(t, s)
			if waited := time.Since(before); waited > 0 {
				t.Fatalf("waited %v", waited)
			}
			time.Sleep(time.Second)
		}
		if sts.count.Load() != 2 {
			t.Errorf("%d exchanges, want 2", sts.count.Load())
		}
	})
}

func TestASlowTokenServiceIsCutOffAtTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		sts.takes = 9 * time.Second
		mustGet(t, sts.source())
		sts.takes = 11 * time.Second
		before := time.Now()
		_, err := sts.source().get(t.Context(), 0)
		if waited := time.Since(before); !errors.Is(err, ErrUnreachable) || waited != exchangeLimit {
			t.Errorf("%v after %v", err, waited)
		}
		hurried, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		if _, err := sts.source().get(hurried, 0); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ErrUnreachable) {
			t.Errorf("hurried: %v", err)
		}
		time.Sleep(time.Minute) // the exchanges under way come to their end
	})
}

func TestAPanicInAnExchangeIsAnErrorAndPasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		sts.panic.Store(true)
		s := sts.source()
		if _, err := s.get(t.Context(), 0); !errors.Is(err, errPanic) {
			t.Errorf("got %v", err)
		}
		sts.panic.Store(false)
		time.Sleep(permanentMin)
		mustGet(t, s)
	})
}

func TestPausesGrow(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		err      TokenError
		fails    int
		min, max time.Duration
	}{
		"first transient":   {TokenError{kind: ErrUnreachable}, 1, 500 * time.Millisecond, time.Second},
		"fourth transient":  {TokenError{kind: ErrUnreachable}, 4, 4 * time.Second, 8 * time.Second},
		"many transient":    {TokenError{kind: ErrUnreachable}, 1000, 15 * time.Second, 30 * time.Second},
		"first permanent":   {TokenError{kind: ErrRefused}, 1, 30 * time.Second, 30 * time.Second},
		"second permanent":  {TokenError{kind: ErrRefused}, 2, time.Minute, time.Minute},
		"many permanent":    {TokenError{kind: ErrAnswer}, 1000, 5 * time.Minute, 5 * time.Minute},
		"asked to wait":     {TokenError{kind: ErrBusy, after: 7 * time.Second}, 1, 7 * time.Second, 7 * time.Second},
		"asked for an hour": {TokenError{kind: ErrBusy, after: time.Hour}, 1, time.Minute, time.Minute},
	} {
		for range 100 {
			if got := pause(&row.err, row.fails); got < row.min || got > row.max {
				t.Errorf("%s: %v, want %v to %v", name, got, row.min, row.max)
			}
		}
	}
}
