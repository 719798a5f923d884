package noa

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// went is a call of our organization that took so long and ended so.
func went(endpoint string, took time.Duration, status int, err error) Call {
	return Call{Organization: ourOrganization, Method: http.MethodGet, Endpoint: endpoint, Status: status, Took: took, Err: err}
}

func broke(status int) Call {
	return went("bicycles", time.Millisecond, status, &Error{Status: status, kind: meaning(status, true)})
}

func times(n int, c Call) []Call { return slices.Repeat([]Call{c}, n) }

func TestTheWordFollowsFromTheLastFiveMinutes(t *testing.T) {
	t.Parallel()
	quick, slow := went("bicycles", 40*time.Millisecond, 200, nil), went("trips", 2500*time.Millisecond, 200, nil)
	for name, c := range map[string]struct {
		calls []Call
		later time.Duration
		want  Word
	}{
		"nothing asked":                       {nil, 0, Unknown},
		"all well":                            {times(50, quick), 0, Fine},
		"two failures are chance":             {times(2, broke(502)), 0, Fine},
		"three are not":                       {times(3, broke(502)), 0, Failing},
		"a fifth":                             {append(times(12, quick), times(3, broke(503))...), 0, Failing},
		"less than a fifth":                   {append(times(13, quick), times(3, broke(503))...), 0, Fine},
		"answers that say no are answers":     {append(times(30, broke(404)), times(30, broke(403))...), 0, Fine},
		"Noa wants fewer calls":               {times(3, broke(429)), 0, Failing},
		"one in twenty is slow":               {append(times(19, quick), slow), 0, Fine},
		"more than one in twenty":             {append(times(18, quick), slow, slow), 0, Slow},
		"failing goes before slow":            {append(times(3, slow), times(3, broke(500))...), 0, Failing},
		"what failed six minutes ago":         {times(9, broke(502)), 6 * time.Minute, Fine},
		"what was slow six minutes ago":       {times(9, slow), 6 * time.Minute, Fine},
		"nothing asked for more than an hour": {times(9, broke(502)), 61 * time.Minute, Unknown},
		"whoever left tells nothing":          {times(9, went("bicycles", 0, 0, context.Canceled)), 0, Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &Noa{weather: newStation(), breakers: newBreakers()}
				for _, call := range c.calls {
					n.observe(call)
				}
				time.Sleep(c.later)
				if sky := n.Sky(strings.ToUpper(ourOrganization)); sky.Word != c.want {
					t.Errorf("got %+v, want %s", sky, c.want)
				}
				if sky := n.Sky("5d1c0a7e-0000-4b8e-9c61-7a2f0e9d4b13"); sky.Word != Unknown {
					t.Errorf("another organization has %+v", sky)
				}
			})
		})
	}
}

func TestAnHourIsForgottenMinuteByMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &Noa{weather: newStation(), breakers: newBreakers()}
		for range 90 {
			n.observe(went("bicycles", time.Millisecond, 200, nil))
			n.observe(broke(500))
			time.Sleep(time.Minute)
		}
		w := n.Weather(ourOrganization)
		if w.All.Calls != 118 || w.All.Failed != 59 || w.At.Sub(w.Since) != time.Hour {
			t.Errorf("got %+v since %s", w.All, w.At.Sub(w.Since))
		}
		if sky := w.Sky; sky.Calls != 8 || sky.Failed != 4 || sky.Word != Failing {
			t.Errorf("got %+v", sky)
		}
		time.Sleep(time.Hour)
		w = n.Weather(ourOrganization)
		if w.Word != Unknown || w.All.Calls != 0 || len(w.Endpoints) != 0 || len(w.Failures) != 0 {
			t.Errorf("after a quiet hour: %+v", w)
		}
	})
}

func TestErrorsAreCountedByKind(t *testing.T) {
	t.Parallel()
	n := &Noa{weather: newStation(), breakers: newBreakers()}
	for _, status := range []int{400, 401, 403, 404, 404, 409, 429, 500, 504} {
		n.observe(broke(status))
	}
	n.observe(went("bicycles", callLimit, 0, &Error{kind: ErrUnreachable, cause: context.DeadlineExceeded}))
	n.observe(went("bicycles", 0, 0, &Error{kind: ErrUnreachable, cause: io.ErrUnexpectedEOF}))
	n.observe(went("bicycles", 0, 0, &Error{kind: ErrUnreachable, cause: os.ErrDeadlineExceeded}))
	n.observe(went("bicycles", 0, 502, &Error{Status: 502, kind: ErrUnknownOutcome}))
	n.observe(went("bicycles", 0, 200, &Error{Status: 200, kind: ErrAnswer}))
	n.observe(went("bicycles", 0, 200, nil))
	w := n.Weather(ourOrganization)
	want := "[{401 1} {403 1} {404 2} {409 1} {429 1} {5xx 3} {timeout 2} {no answer 1} {other 2}]"
	if got := fmt.Sprint(w.Endpoints[0].Errors); got != want || w.All.Calls != 15 || w.All.Failed != 8 {
		t.Errorf("got %s, %d calls, %d failed", got, w.All.Calls, w.All.Failed)
	}
	if len(w.Failures) != 14 || w.Failures[0].Kind != "other" || w.Failures[13].Status != 400 {
		t.Errorf("got %+v", w.Failures)
	}
}

func TestAPercentileLiesBetweenTheBoundsOfTheTrueOne(t *testing.T) {
	t.Parallel()
	for range 200 {
		var counted tally
		var took []time.Duration
		for range 1 + rand.N(400) {
			d := time.Duration(rand.ExpFloat64() * float64(rand.N(3*time.Second)+1))
			took = append(took, d)
			counted.add(went("bicycles", d, 200, nil))
		}
		slices.Sort(took)
		for _, p := range []int{50, 95} {
			exact := took[(len(took)*p+99)/100-1]
			i, _ := slices.BinarySearch(bounds[:], exact)
			low, high := time.Duration(0), took[len(took)-1]
			if i > 0 {
				low = bounds[i-1]
			}
			if i < len(bounds) {
				high = min(high, bounds[i])
			}
			if got := counted.percentile(uint32(p)); got < low || got > high {
				t.Fatalf("p%d of %d calls is %s, want from %s to %s", p, len(took), got, low, high)
			}
		}
	}
	if got := new(tally).percentile(95); got != 0 {
		t.Errorf("without calls %s", got)
	}
}

func TestTheWeatherTakesNoMoreMemoryThanItMay(t *testing.T) {
	t.Parallel()
	s, now := newStation(), time.Now()
	for i := range 3 * maxClimates {
		c := broke(500)
		c.Organization = fmt.Sprint(i)
		for j := range 2 * maxFailures {
			c.Endpoint = fmt.Sprint(j)
			s.note(c, now.Add(time.Duration(i+j)*time.Minute))
		}
	}
	if len(s.of) != maxClimates {
		t.Errorf("%d organizations", len(s.of))
	}
	for name, at := range s.of {
		if len(at.hours) > maxEndpoints || len(at.failures) > maxFailures || len(*at.hours[elsewhere]) > hourMinutes {
			t.Errorf("%s: %d endpoints, %d failures, %d minutes", name, len(at.hours), len(at.failures), len(*at.hours[elsewhere]))
		}
	}
	last := s.of[fmt.Sprint(3*maxClimates-1)].lastFailures(now)
	if len(last) != maxFailures || last[0].Endpoint != fmt.Sprint(2*maxFailures-1) || !last[0].At.After(last[1].At) {
		t.Errorf("%d failures, the newest %+v", len(last), last[0])
	}
}

func TestANoaThatFailsIsSeenInTheWeather(t *testing.T) {
	t.Parallel()
	p := newPeer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Noa-RequestId", "req-7f3a")
		reply(w, http.StatusBadGateway, `{}`)
	})
	n := p.noa(0)
	f := n.Fleet(Credential{Organization: ourOrganization, Client: "desk", Fingerprint: "ab9f2c"})
	for range 4 {
		if _, err := f.Bicycles(t.Context(), BicycleQuery{Search: "SECRET"}); err == nil {
			t.Fatal("got bicycles")
		}
	}
	w := n.Weather(ourOrganization)
	if w.Word != Failing || w.Failed != 5 || !slices.Equal(w.Given, []string{"bicycles"}) || w.NoToken {
		t.Errorf("got %+v", w.Sky)
	}
	if len(w.Failures) != 5 || w.Failures[0].RequestID != "req-7f3a" || w.Failures[0].Status != 502 || w.Failures[0].Endpoint != "bicycles" {
		t.Errorf("got %+v", w.Failures)
	}
	if len(w.Endpoints) != 2 || w.Endpoints[1].Endpoint != "jwt" || w.Endpoints[1].Calls != 1 || !w.SkewKnown {
		t.Errorf("got %+v", w.Endpoints)
	}
	if len(w.Tokens) != 1 || !w.Tokens[0].Usable || w.Tokens[0].Generation != 1 || w.Tokens[0].Fingerprint != "ab9f2c" {
		t.Errorf("got %+v", w.Tokens)
	}
	if told := fmt.Sprintf("%+v", w); strings.Contains(told, "SECRET") || strings.Contains(told, "eyJ") {
		t.Errorf("the weather tells too much: %s", told)
	}
}

func TestAKeyThatNoaRefusesIsSeenInTheWeather(t *testing.T) {
	t.Parallel()
	p := newPeer(t, says(200, `{}`))
	p.sts = says(http.StatusUnauthorized, `{"error": "unauthorized"}`)
	n := p.noa(0)
	if _, err := n.Fleet(Credential{Organization: ourOrganization, Client: "desk", Fingerprint: "f"}).Scopes(t.Context()); err == nil {
		t.Fatal("got a token")
	}
	for range 3 {
		w := n.Weather(ourOrganization)
		if w.Word != Failing || !w.NoToken || len(w.Tokens) != 1 || !w.Tokens[0].Refused || w.Tokens[0].Retry.Before(w.At) {
			t.Errorf("got %+v", w)
		}
	}
	if p.exchanges.Load() != 1 || p.calls.Load() != 0 {
		t.Errorf("looking made %d exchanges and %d calls", p.exchanges.Load(), p.calls.Load())
	}
}

func TestATokensStateTellsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sts := newStand()
		s := sts.source()
		is := func(when string, want TokenState, known bool) {
			t.Helper()
			got, ok := s.state(time.Now())
			got.Got, got.Until, got.Retry = time.Time{}, time.Time{}, time.Time{}
			if got != want || ok != known {
				t.Errorf("%s: got %+v, %v", when, got, ok)
			}
		}
		is("before", TokenState{}, false)
		first := mustGet(t, s)
		is("with a token", TokenState{Generation: 1, Usable: true}, true)
		if _, err := s.get(t.Context(), first.generation); err != nil {
			t.Fatal(err)
		}
		is("after a 401", TokenState{Generation: 2, Usable: true, Renewals: 1}, true)
		s.note(2)
		is("after a second", TokenState{Generation: 2, Refused: true, Trouble: "refused", Renewals: 1}, true)
		time.Sleep(sts.life)
		is("at its end", TokenState{Generation: 2, Renewals: 1}, true)
		if helpless([]*source{s}, time.Now()) {
			t.Error("there is no token, but nobody asked for one")
		}
		sts.down.Store(true)
		if _, err := s.get(t.Context(), 0); err == nil {
			t.Fatal("got a token")
		}
		is("while the service is down", TokenState{Generation: 2, Trouble: "status 502", Renewals: 1}, true)
		if !helpless([]*source{s}, time.Now()) || helpless(nil, time.Now()) {
			t.Error("a token is lacking")
		}
		other := newStand().source()
		mustGet(t, other)
		if all := []*source{s, other}; helpless(all, time.Now()) || !states(all, time.Now())[0].Usable {
			t.Error("another key has a token")
		}
	})
}

func BenchmarkTheWordOfTheHeader(b *testing.B) {
	n := &Noa{weather: newStation(), breakers: newBreakers()}
	for i := range maxEndpoints {
		for range 100 {
			n.observe(went(fmt.Sprint("endpoint", i), time.Millisecond, 200, nil))
		}
		n.breakers.breaker(fmt.Sprint("endpoint", i))
	}
	for b.Loop() {
		n.Sky(ourOrganization)
	}
}

func BenchmarkAnObservedCall(b *testing.B) {
	n := &Noa{weather: newStation(), breakers: newBreakers()}
	c := went("bicycles", 40*time.Millisecond, 200, nil)
	for b.Loop() {
		n.observe(c)
	}
}

func TestTheWeatherIsLookedAtWhileCallsEnd(t *testing.T) {
	t.Parallel()
	p := newPeer(t, says(http.StatusBadGateway, `{}`))
	n := p.noa(0)
	var all sync.WaitGroup
	for i := range 8 {
		f := n.Fleet(Credential{Organization: ourOrganization, Client: "desk", Fingerprint: fmt.Sprint(i)})
		all.Go(func() { _, _ = f.Bicycles(t.Context(), BicycleQuery{Search: fmt.Sprint(i)}) })
		all.Go(func() { n.Weather(ourOrganization) })
		all.Go(func() { n.Tokens() })
	}
	all.Wait()
	w := n.Weather(ourOrganization)
	if len(w.Tokens) != 8 || len(n.Tokens()) != 1 || w.All.Calls != int(p.calls.Load()+p.exchanges.Load()) {
		t.Errorf("%d tokens, %d calls of %d", len(w.Tokens), w.All.Calls, p.calls.Load()+p.exchanges.Load())
	}
}
