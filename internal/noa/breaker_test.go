package noa

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// brokenTrips are trips that fail as said, beside bicycles that answer.
func brokenTrips(fail http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/bicycles/"+someBicycle+"/" {
			some(w, r)
			return
		}
		fail(w, r)
	}
}

// breakOpen fails the five times after which a collection is given up.
func breakOpen(t *testing.T, f *Fleet) {
	t.Helper()
	for range 3 { // twice each
		if _, err := f.Trips(t.Context(), TripQuery{}); !errors.Is(err, ErrUnreachable) {
			t.Fatal(err)
		}
	}
}

func TestFailingTripsDoNotCloseBicycles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, brokenTrips(says(502, ``)))
		p.many = true
		n, _ := p.wired(Settings{})
		f := n.Fleet(ourKey("f"))
		breakOpen(t, f)
		if p.calls.Load() != breakAfter {
			t.Errorf("%d calls before it was given up, want %d", p.calls.Load(), breakAfter)
		}
		for _, f := range []*Fleet{f, f.Background(), f.Fresh(), n.Fleet(ourKey("g")), n.Fleet(Credential{anOrganization(1), "desk", "f"})} {
			_, err := f.Trips(t.Context(), TripQuery{})
			var e *Error
			if !errors.Is(err, errBroken) || !errors.As(err, &e) || !errors.Is(err, ErrUnreachable) || e.RetryAfter <= 0 {
				t.Errorf("got %v", err)
			}
		}
		if mustRead(t, f); p.calls.Load() != breakAfter+1 {
			t.Errorf("%d calls, want those of before and one for the bicycle", p.calls.Load())
		}
	})
}

func TestAfterFiveSecondsOneCallTries(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		then http.HandlerFunc
		want error
	}{"well again": {some, nil}, "still broken": {says(502, ``), ErrUnreachable}} {
		synctest.Test(t, func(t *testing.T) {
			api := newScript(says(502, ``))
			p := newMutePeer(t, api.ServeHTTP)
			n, w := p.wired(Settings{})
			f := n.Fleet(ourKey("f"))
			breakOpen(t, f)
			time.Sleep(breakFor + 1)
			api.turn(row.then)
			w.takes = func(*http.Request) time.Duration { return time.Second }
			var all sync.WaitGroup
			for page := range 8 {
				all.Go(func() { _, _ = f.Trips(t.Context(), TripQuery{Page: page + 2}) })
			}
			time.Sleep(time.Second / 2)
			if got := p.calls.Load(); got != breakAfter {
				t.Fatalf("%s: %d calls", name, got)
			}
			all.Wait()
			if got := p.calls.Load(); got != breakAfter+1 {
				t.Errorf("%s: %d calls tried, want one", name, got-breakAfter)
			}
			if _, err := f.Trips(t.Context(), TripQuery{}); !errors.Is(err, row.want) || (err == nil) != (row.want == nil) {
				t.Errorf("%s: afterwards %v", name, err)
			}
		})
	}
}

func TestAChangeThatIsNotAskedForDidNotHappen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, hangUp)
		f := p.wiredFleet(Settings{})
		for range breakAfter {
			if _, err := f.FileTicket(t.Context(), NewTicket{Message: "m"}); !errors.Is(err, ErrUnknownOutcome) || errors.Is(err, ErrUnreachable) {
				t.Fatal(err)
			}
		}
		_, err := f.FileTicket(t.Context(), NewTicket{Message: "m"})
		if !errors.Is(err, errBroken) || !errors.Is(err, ErrUnreachable) || errors.Is(err, ErrUnknownOutcome) || p.calls.Load() != breakAfter {
			t.Errorf("%v after %d calls", err, p.calls.Load())
		}
	})
}

func TestWhatNoaAnswersBreaksNothing(t *testing.T) {
	t.Parallel()
	for name, api := range map[string]http.HandlerFunc{
		"400": says(400, `{}`), "401": says(401, example(t, "error-401-missing-token")), "403": says(403, `{}`), "404": says(404, `{}`),
		"409": says(409, `{}`), "429": says(429, `{}`), "HTML": page("text/html"), "a redirect": says(302, ``), "half": says(200, `{"uuid": "`),
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newMutePeer(t, api)
			f := p.wiredFleet(Settings{})
			for range 3 * breakAfter {
				if _, err := f.Trips(t.Context(), TripQuery{}); err == nil || errors.Is(err, errBroken) {
					t.Errorf("%s: got %v", name, err)
				}
			}
			if p.calls.Load() != 3*breakAfter {
				t.Errorf("%s: %d calls, want %d", name, p.calls.Load(), 3*breakAfter)
			}
		})
	}
}

func TestTheTryThatIsLostIsFollowedByAnother(t *testing.T) {
	t.Parallel()
	b := newBreakers()
	r := request{method: http.MethodGet, path: []string{"trips"}}
	fails := func() (answer, error) { return answer{}, r.failure(ErrUnreachable, nil) }
	synctest.Test(t, func(t *testing.T) {
		for range breakAfter {
			_, _ = b.try(r, fails)
		}
		time.Sleep(breakFor + 1)
		for _, lost := range []func() (answer, error){
			func() (answer, error) { panic("a fault of ours") },
			func() (answer, error) { return answer{}, r.failure(nil, nil) }, // its caller left
			func() (answer, error) { return answer{}, r.failure(ErrBusy, nil) },
		} {
			if _, err := survive(func() (answer, error) { return b.try(r, lost) }); errors.Is(err, errBroken) {
				t.Errorf("not tried: %v", err)
			}
		}
		well := func() (answer, error) { return answer{}, nil }
		for range 2 {
			if _, err := b.try(r, well); err != nil {
				t.Error(err)
			}
		}
	})
}

// Our own queue must not close Noa: a call that begins late is cut off early.
func TestACallThatWasCutShortSaysNothingOfNoa(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]error{time.Second: nil, headersLimit: errBroken} {
		synctest.Test(t, func(t *testing.T) {
			p := newMutePeer(t, some)
			n, w := p.wired(Settings{})
			f := n.Fleet(ourKey("f"))
			if _, err := f.Scopes(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.takes = func(*http.Request) time.Duration { return time.Minute }
			n.limit = left
			var all sync.WaitGroup
			for page := range breakAfter {
				all.Go(func() {
					if _, err := f.Trips(t.Context(), TripQuery{Page: page + 2}); !errors.Is(err, ErrUnreachable) || errors.Is(err, errBroken) {
						t.Errorf("%v left: got %v", left, err)
					}
				})
			}
			all.Wait()
			w.takes = nil
			if _, err := f.Trips(t.Context(), TripQuery{}); !errors.Is(err, want) {
				t.Errorf("%v left: afterwards %v, want %v", left, err, want)
			}
		})
	}
}
