package noa

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// hushes asks to be left alone.
func hushes(status int, after string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", after)
		reply(w, status, `{}`)
	}
}

func TestU05WhoAsksToBeLeftAloneIs(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		after  string
		want   time.Duration
	}{
		"429 in 30 s":       {429, "30", 30 * time.Second},
		"429 in an hour":    {429, "3600", time.Minute},
		"429 in 10⁹ s":      {429, "1000000000", time.Minute},
		"429 in nonsense":   {429, "soon", oddRetry},
		"429 at a moment":   {429, time.Date(2000, 1, 1, 0, 0, 9, 0, time.UTC).Format(http.TimeFormat), 9 * time.Second},
		"503 in 10 s":       {503, "10", 10 * time.Second},
		"429, nothing said": {429, "", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newMutePeer(t, inTurn(hushes(row.status, row.after), some))
			f := p.wiredFleet(Settings{})
			began := time.Now()
			if _, err := f.Bicycle(t.Context(), someBicycle); err == nil {
				t.Fatalf("%s: no error", name)
			}
			for ; time.Since(began) < row.want; time.Sleep(500 * time.Millisecond) {
				f.holdHushed(t, name, row.want-time.Since(began))
			}
			if mustRead(t, f); p.calls.Load() != 2 {
				t.Errorf("%s: %d calls, want 2", name, p.calls.Load())
			}
		})
	}
}

// holdHushed holds that neither a read nor a change of bicycles goes to Noa now.
func (f *Fleet) holdHushed(t *testing.T, name string, left time.Duration) {
	t.Helper()
	_, read := f.Bicycle(t.Context(), someBicycle)
	_, change := f.CreateBicycle(t.Context(), NewBicycle{Name: "4711"})
	for _, err := range []error{read, change} {
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, ErrBusy) || errors.Is(err, ErrUnknownOutcome) || e.RetryAfter != left {
			t.Errorf("%s: %v with %v left: got %v", name, err, left, err)
		}
	}
}

func TestAHushIsForOneCollectionOfOneOrganization(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/trips/" {
				hushes(429, "60")(w, r)
				return
			}
			some(w, r)
		})
		p.many = true
		n, _ := p.wired(Settings{})
		f := n.Fleet(ourKey("f"))
		for range 2 {
			if _, err := f.Trips(t.Context(), TripQuery{}); !errors.Is(err, ErrBusy) {
				t.Errorf("got %v", err)
			}
		}
		mustRead(t, f)
		if _, err := n.Fleet(ourKey("other")).Trips(t.Context(), TripQuery{}); !errors.Is(err, errHushed) {
			t.Errorf("another key of the organization: got %v", err)
		}
		if _, err := n.Fleet(Credential{anOrganization(1), "desk", "f"}).Trips(t.Context(), TripQuery{}); !errors.Is(err, ErrBusy) || errors.Is(err, errHushed) {
			t.Errorf("another organization: got %v", err)
		}
		if p.calls.Load() != 3 {
			t.Errorf("%d calls, want 3", p.calls.Load())
		}
	})
}

// Calls that were waiting for their turn when Noa asked to be left alone do not go.
func TestAHushHoldsBackWhoIsInTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, hushes(429, "30"))
		n, w := p.wired(Settings{Rate: 20})
		w.takes = func(*http.Request) time.Duration { return 100 * time.Millisecond }
		f := n.Fleet(ourKey("f"))
		var all sync.WaitGroup
		for page := range 100 {
			all.Go(func() {
				if _, err := f.Bicycles(t.Context(), BicycleQuery{Page: page + 2}); !errors.Is(err, ErrBusy) {
					t.Errorf("got %v", err)
				}
			})
		}
		all.Wait()
		if p.calls.Load() > maxAtOnce {
			t.Errorf("%d calls, though the first answer was to leave it alone", p.calls.Load())
		}
	})
}

func TestTheLongestHushCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShare(new(gate), 0)
		s.hush("bicycles", 30*time.Second)
		s.hush("bicycles", time.Second)
		time.Sleep(29 * time.Second)
		if left := s.hushed("bicycles"); left != time.Second {
			t.Errorf("%v left, want a second", left)
		}
		time.Sleep(time.Second)
		if left := s.hushed("bicycles"); left > 0 || len(s.quiet) != 0 {
			t.Errorf("%v left", left)
		}
	})
}

// A log of moments, to count those of any second.
type moments struct {
	mu sync.Mutex
	at []time.Time
}

func (m *moments) note() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = append(m.at, time.Now())
}

func (m *moments) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.at)
}

// most is the largest number within any time as long as d.
func (m *moments) most(d time.Duration) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	most, first := 0, 0
	for i, at := range m.at {
		for at.Sub(m.at[first]) >= d {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

func TestWhatNobodyWaitsForYields(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var all, behind moments
		p := newMutePeer(t, func(w http.ResponseWriter, r *http.Request) {
			all.note()
			if r.URL.Path == "/api/trips/" {
				behind.note()
			}
			some(w, r)
		})
		f := p.wiredFleet(Settings{Rate: 20})
		ctx, stop := context.WithCancel(t.Context())
		var polls, people sync.WaitGroup
		for i := range 20 {
			polls.Go(func() {
				for page := i; ctx.Err() == nil; page += 20 {
					_, _ = f.Background().Trips(ctx, TripQuery{Page: page + 2})
				}
			})
		}
		time.Sleep(10 * time.Second)
		alone := behind.count()
		for i := range 8 {
			people.Go(func() {
				for n := range 50 {
					if _, err := f.Bicycles(t.Context(), BicycleQuery{Page: n*8 + i + 2}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		began := time.Now()
		people.Wait()
		took, beside := time.Since(began), behind.count()-alone
		stop()
		polls.Wait()
		time.Sleep(callLimit) // what is under way comes to its end
		if alone < 45 || alone > 50 || behind.most(time.Second) > 5 || all.most(time.Second) > 20 {
			t.Errorf("alone %d in 10 s; at most %d and %d in all in a second", alone, behind.most(time.Second), all.most(time.Second))
		}
		if took > 22*time.Second || beside > 15 {
			t.Errorf("400 calls at 20 a second took %v, beside %d that nobody waits for", took, beside)
		}
	})
}
