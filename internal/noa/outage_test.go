package noa

import (
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
