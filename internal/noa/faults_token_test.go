package noa

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestS01ATokenServiceThatIsDownFromTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		p.sts = says(502, `<html>`)
		f := p.wiredFleet(Settings{})
		for range 6000 {
			for range 10 {
				go func() {
					began := time.Now()
					_, err := f.Bicycle(t.Context(), someBicycle)
					var e *TokenError
					if !errors.Is(err, ErrUnreachable) || !errors.As(err, &e) || e.Status != 502 || !e.Retry.After(began) || time.Since(began) > 3*time.Second {
						t.Errorf("%v after %v", err, time.Since(began))
					}
				}()
			}
			time.Sleep(10 * time.Millisecond)
		}
		if n := p.exchanges.Load(); n < 4 || n > 10 {
			t.Errorf("%d exchanges for 60,000 calls in a minute", n)
		}
		synctest.Wait()
		p.sts = nil
		time.Sleep(transientMax)
		if mustRead(t, f); p.calls.Load() != 1 {
			t.Errorf("%d calls, want the one with a token", p.calls.Load())
		}
	})
}

func TestS02ATokenServiceThatGoesDownIsNotMissedUntilTheTokensEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		p.life = 10 * time.Minute
		f := p.wiredFleet(Settings{})
		proof, err := f.Prove(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		p.sts = says(503, ``)
		for ; err == nil; time.Sleep(100 * time.Millisecond) {
			_, err = f.Fresh().Bicycle(t.Context(), someBicycle)
		}
		var e *TokenError
		if left := time.Until(proof.Expires) + 100*time.Millisecond; left < spare-time.Second || left > spare || !errors.As(err, &e) || e.Status != 503 {
			t.Errorf("%v, with %v of the token left", err, left)
		}
	})
}

func TestS03ATokenServiceThatTakesItsTime(t *testing.T) {
	t.Parallel()
	for takes, want := range map[time.Duration]error{9 * time.Second: nil, 11 * time.Second: ErrUnreachable} {
		synctest.Test(t, func(t *testing.T) {
			n, w := newMutePeer(t, some).wired(Settings{})
			w.takes = func(r *http.Request) time.Duration {
				if r.URL.Path == "/jwt" {
					return takes
				}
				return 0
			}
			f := n.Fleet(ourKey("f"))
			hurried, leave := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, leave)
			began := time.Now()
			if _, err := f.Bicycle(hurried, someBicycle); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) || time.Since(began) != time.Second {
				t.Errorf("a caller who leaves: %v after %v", err, time.Since(began))
			}
			_, err := f.Bicycle(t.Context(), someBicycle)
			if took := time.Since(began); !errors.Is(err, want) || (err == nil) != (want == nil) || took != min(takes, exchangeLimit) {
				t.Errorf("%v: %v after %v", takes, err, took)
			}
			synctest.Wait()
		})
	}
}

func TestS04NoTokenInTheAnswer(t *testing.T) {
	t.Parallel()
	good := accessToken(ourOrganization, time.Now().Add(time.Hour), allScopes)
	for name, sts := range map[string]http.HandlerFunc{
		"garbage":      says(200, "\x00\xff garbage"),
		"empty":        says(200, ``),
		"HTML":         page("text/html"),
		"null":         says(200, `null`),
		"jwt null":     says(200, `{"jwt": null}`),
		"a number":     says(200, `{"jwt": 123}`),
		"a list":       says(200, `{"jwt": ["`+good+`"]}`),
		"JWT":          says(200, `{"JWT": "`+good+`"}`),
		"twice":        says(200, `{"jwt": "`+good+`", "jwt": "`+good+`"}`),
		"cut off":      says(200, `{"jwt": "`+good),
		"two parts":    says(200, `{"jwt": "a.b"}`),
		"unsigned":     says(200, `{"jwt": "`+good[:strings.LastIndex(good, ".")+1]+`"}`),
		"1 MB":         says(200, `{"jwt": "`+strings.Repeat("a", 1<<20)+`"}`),
		"17 KiB":       says(200, `{"jwt": "`+good+strings.Repeat("a", 17<<10)+`"}`),
		"204":          says(204, ``),
		"a redirect":   says(302, ``),
		"not modified": says(304, ``),
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newMutePeer(t, some)
			p.sts = sts
			f := p.wiredFleet(Settings{})
			began := time.Now()
			var err error
			for range 100 {
				_, err = f.Bicycle(t.Context(), someBicycle)
			}
			var e *TokenError
			if !errors.Is(err, ErrAnswer) || !errors.As(err, &e) || e.Retry.Sub(began) != permanentMin || p.exchanges.Load() != 1 || p.calls.Load() != 0 {
				t.Errorf("%s: %v after %d exchanges", name, err, p.exchanges.Load())
			}
			if text := fmt.Sprint(err); strings.Contains(text, "garbage") || strings.Contains(text, good[:20]) || len(text) > 200 {
				t.Errorf("%s: the error repeats the answer: %s", name, text)
			}
		})
	}
}

func TestS05ATokenAtItsEndIsNotTakenAndNotAskedForInALoop(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		life time.Duration
		want error
	}{
		"expired": {-time.Minute, ErrAnswer}, "in 3 s": {3 * time.Second, ErrAnswer}, "in 5 s": {5 * time.Second, ErrAnswer},
		"in 7 s": {7 * time.Second, nil}, "in 25 h": {25 * time.Hour, ErrAnswer},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newMutePeer(t, some)
			p.life = row.life
			f := p.wiredFleet(Settings{})
			for range 1000 {
				if _, err := f.Scopes(t.Context()); !errors.Is(err, row.want) || (err == nil) != (row.want == nil) {
					t.Fatalf("%s: %v", name, err)
				}
			}
			if p.exchanges.Load() != 1 {
				t.Errorf("%s: %d exchanges", name, p.exchanges.Load())
			}
		})
	}
}

func TestS06ATokenThatIsNotValidYet(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]error{-time.Minute: nil, 4 * time.Second: nil, 7 * time.Second: ErrAnswer} {
		synctest.Test(t, func(t *testing.T) {
			p := newMutePeer(t, some)
			p.sts = func(w http.ResponseWriter, _ *http.Request) {
				reply(w, 200, `{"jwt": "`+tokenOf(map[string]any{"nbf": time.Now().Add(wait).Unix(), "exp": time.Now().Add(time.Hour).Unix()})+`"}`)
			}
			if _, err := p.wiredFleet(Settings{}).Scopes(t.Context()); !errors.Is(err, want) || (err == nil) != (want == nil) {
				t.Errorf("valid in %v: %v", wait, err)
			}
		})
	}
}

func TestS07ATokenOfAnotherOrganizationIsNeverUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		p.sts = func(w http.ResponseWriter, _ *http.Request) {
			reply(w, 200, `{"jwt": "`+accessToken(someBicycle, time.Now().Add(time.Hour), allScopes)+`"}`)
		}
		f := p.wiredFleet(Settings{})
		for range 10 {
			if _, err := f.Bicycle(t.Context(), someBicycle); !errors.Is(err, ErrAnswer) || !errors.Is(err, errForeign) {
				t.Errorf("got %v", err)
			}
		}
		if p.exchanges.Load() != 1 || p.calls.Load() != 0 || f.source.held != nil {
			t.Errorf("%d exchanges, %d calls", p.exchanges.Load(), p.calls.Load())
		}
	})
}

func TestS08ClocksThatAreApart(t *testing.T) {
	t.Parallel()
	for ahead, row := range map[time.Duration]struct {
		want      error
		exchanges int64
	}{
		0: {nil, 1}, 10 * time.Minute: {nil, 2}, -10 * time.Minute: {nil, 2}, 14 * time.Minute: {nil, 2},
		20 * time.Minute: {ErrRefused, 1}, -20 * time.Minute: {ErrRefused, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newMutePeer(t, some)
			p.ahead = ahead
			proof, err := p.wiredFleet(Settings{}).Prove(t.Context())
			if !errors.Is(err, row.want) || (err == nil) != (row.want == nil) || p.exchanges.Load() != row.exchanges {
				t.Errorf("%v ahead: %v after %d exchanges", ahead, err, p.exchanges.Load())
			}
			var e *TokenError
			if errors.As(err, &e) && (e.Skew-ahead).Abs() > time.Second {
				t.Errorf("%v ahead: the error names %v", ahead, e.Skew)
			}
			if err == nil && ((proof.Skew-ahead).Abs() > time.Second || (proof.Expires.Sub(proof.Exchanged)-p.life).Abs() > 2*time.Second) {
				t.Errorf("%v ahead: got %+v", ahead, proof)
			}
		})
	}
}

// Which key takes over is for whoever holds the keys; here it counts that one key's failure does not keep another waiting.
func TestS09AKeyThatIsUnknownDoesNotKeepTheOneBeforeItWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		n, _ := p.wired(keeping)
		before, active := n.Fleet(ourKey("before")), n.Fleet(ourKey("active"))
		p.sts = says(400, example(t, "sts-error-invalid-grant"))
		for range 10 {
			_, err := active.Bicycle(t.Context(), someBicycle)
			var e *TokenError
			if !errors.Is(err, ErrRefused) || !errors.As(err, &e) || e.Code != "invalid_grant" || p.exchanges.Load() != 1 {
				t.Errorf("%v after %d exchanges", err, p.exchanges.Load())
			}
		}
		synctest.Wait()
		p.sts = nil
		mustRead(t, before)
		if _, err := active.Bicycle(t.Context(), someBicycle); !errors.Is(err, ErrRefused) {
			t.Errorf("a key that was refused lives on the other one's answers: %v", err)
		}
	})
}

func TestS10AnAssertionIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		seen := map[string]bool{}
		p.sts = func(w http.ResponseWriter, r *http.Request) {
			body := make([]byte, r.ContentLength)
			_, _ = r.Body.Read(body)
			if seen[string(body)] {
				p.problem("an assertion came twice")
			}
			seen[string(body)] = true
			hangUp(w, r)
		}
		f := p.wiredFleet(Settings{})
		for range 10 {
			if _, err := f.Scopes(t.Context()); !errors.Is(err, ErrUnreachable) {
				t.Errorf("got %v", err)
			}
			time.Sleep(transientMax)
		}
		if len(seen) != 10 {
			t.Errorf("%d assertions, want 10", len(seen))
		}
	})
}

func TestS11ATokenServiceThatSendsElsewhereIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, target := range []string{"https://elsewhere.example/jwt", "https://sts.noa.example:8443/jwt", "http://sts.noa.example/jwt", "/other"} {
			synctest.Test(t, func(t *testing.T) {
				p := newMutePeer(t, some)
				p.sts = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, status) }
				f := p.wiredFleet(Settings{})
				if _, err := f.Scopes(t.Context()); !errors.Is(err, ErrAnswer) || !errors.Is(err, errRedirect) || p.exchanges.Load() != 1 || p.calls.Load() != 0 {
					t.Errorf("%d to %s: %v after %d exchanges", status, target, err, p.exchanges.Load())
				}
			})
		}
	}
}

func TestS12APanicInAnExchangeIsAnErrorAndPasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		n, w := p.wired(Settings{})
		var fault atomic.Bool
		fault.Store(true)
		w.takes = func(*http.Request) time.Duration {
			if fault.Load() {
				panic("the assertion")
			}
			return 0
		}
		f := n.Fleet(ourKey("f"))
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if _, err := f.Bicycle(t.Context(), someBicycle); !errors.Is(err, ErrAnswer) || !errors.Is(err, errPanic) || strings.Contains(err.Error(), "assertion") {
					t.Errorf("got %v", err)
				}
			})
		}
		all.Wait()
		fault.Store(false)
		time.Sleep(permanentMin)
		mustRead(t, f)
		fault.Store(true) // now in a call
		if _, err := f.Bicycle(t.Context(), someBicycle); !errors.Is(err, errPanic) {
			t.Errorf("got %v", err)
		}
		fault.Store(false)
		mustRead(t, f)
		holdEmpty(t, n.gate)
	})
}

func TestAThousandFirstCallsCostOneExchange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		n, w := p.wired(Settings{})
		w.takes = func(*http.Request) time.Duration { return 50 * time.Millisecond }
		f := n.Fleet(ourKey("f"))
		var all sync.WaitGroup
		for i := range 1000 {
			all.Go(func() {
				if _, err := f.Bicycles(t.Context(), BicycleQuery{Page: i%100 + 2}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if p.exchanges.Load() != 1 || p.calls.Load() != 100 {
			t.Errorf("%d exchanges and %d calls, want 1 and 100", p.exchanges.Load(), p.calls.Load())
		}
	})
}

func TestAHundredOrganizationsCostAHundredExchanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		p.many = true
		n, w := p.wired(Settings{Rate: 20})
		w.takes = func(*http.Request) time.Duration { return 50 * time.Millisecond }
		var all sync.WaitGroup
		for i := range 100 {
			f := n.Fleet(Credential{anOrganization(i), "desk", "f"})
			for range 100 {
				all.Go(func() { mustRead(t, f) })
			}
		}
		all.Wait()
		if p.exchanges.Load() != 100 || p.calls.Load() != 100 {
			t.Errorf("%d exchanges and %d calls, want 100 of each", p.exchanges.Load(), p.calls.Load())
		}
	})
}

func TestFiveHundredRejectionsOfOneTokenCostOneRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var good []string
		rejects := says(401, example(t, "error-401-expired"))
		p := newMutePeer(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if !slices.Contains(good, r.Header.Get("Authorization")) {
				rejects(w, r)
				return
			}
			some(w, r)
		})
		p.sts = func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			value := accessToken(ourOrganization, time.Now().Add(30*time.Minute+time.Duration(p.exchanges.Load())*time.Second), allScopes)
			if p.exchanges.Load() > 1 {
				good = append(good, "JWT "+value)
			}
			reply(w, 200, `{"jwt": "`+value+`"}`)
		}
		n, w := p.wired(Settings{})
		f := n.Fleet(ourKey("f"))
		w.takes = func(*http.Request) time.Duration { return 50 * time.Millisecond }
		var all sync.WaitGroup
		for i := range 500 {
			all.Go(func() {
				if _, err := f.Bicycles(t.Context(), BicycleQuery{Name: strings.Repeat("n", i+1)}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if p.exchanges.Load() != 2 || p.calls.Load() > 1000 {
			t.Errorf("%d exchanges and %d calls, want 2 and one repetition of each", p.exchanges.Load(), p.calls.Load())
		}
	})
}

func TestADayOfCallsCostsAsManyExchangesAsTokensLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		f := p.wiredFleet(Settings{Keep: time.Minute})
		for range 24 * 60 * 60 {
			if b := mustRead(t, f); b.Old() {
				t.Fatal(b.Trouble)
			}
			time.Sleep(time.Second)
		}
		ahead := p.life/10 + 10*time.Second // and up to ten seconds more or less
		theory := float64(24*time.Hour) / float64(p.life-ahead)
		if n := float64(p.exchanges.Load()); n < 0.9*theory || n > 1.1*theory {
			t.Errorf("%.0f exchanges in a day, want %.1f", n, theory)
		}
		if n := p.calls.Load(); n < 1_400 || n > 1_500 {
			t.Errorf("%d calls in a day, want one a minute", n)
		}
	})
}
