package noa

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// keeping are the settings of a desk that keeps answers for two seconds.
var keeping = Settings{Keep: 2 * time.Second}

// aBicycle answers with a bicycle of that name.
func aBicycle(name string) http.HandlerFunc {
	return says(http.StatusOK, `{"uuid": "`+someBicycle+`", "name": "`+name+`"}`)
}

func TestAnAnswerIsGivenAgainForTwoSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		f := p.wiredFleet(keeping)
		first := mustRead(t, f)
		time.Sleep(keeping.Keep - 1)
		again := mustRead(t, f)
		if first.Kept || !again.Kept || again.Old() || !again.Fetched.Equal(first.Fetched) || p.calls.Load() != 1 {
			t.Errorf("got %+v and then %+v after %d calls", first.AsOf, again.AsOf, p.calls.Load())
		}
		time.Sleep(time.Nanosecond)
		later := mustRead(t, f)
		if later.Kept || later.Fetched.Sub(first.Fetched) != keeping.Keep || p.calls.Load() != 2 {
			t.Errorf("two seconds later: %+v after %d calls", later.AsOf, p.calls.Load())
		}
	})
}

func TestNothingIsKeptWhereNothingIsToBeKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		f := p.wiredFleet(Settings{})
		if mustRead(t, f); mustRead(t, f).Kept || p.calls.Load() != 2 {
			t.Errorf("%d calls, want 2", p.calls.Load())
		}
	})
}

func TestRowsCountByWhatTheyTakeInMemory(t *testing.T) {
	t.Parallel()
	p := newPeer(t, says(200, `[{"uuid": "`+someBicycle+`"}]`))
	f := p.fleet()
	if _, err := f.Bicycles(t.Context(), BicycleQuery{}); err != nil {
		t.Fatal(err)
	}
	if least := uint64(reflect.TypeFor[Bicycle]().Size()); f.noa.shelf.cache.WeightedSize() < least {
		t.Errorf("a row of %d bytes counts as %d", least, f.noa.shelf.cache.WeightedSize())
	}
}

func TestAFreshReadJoinsNoneThatMayShowWhatWas(t *testing.T) {
	t.Parallel()
	let, open := closedGate()
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		<-let
		some(w, r)
	})
	defer open()
	f := p.fleet()
	var all sync.WaitGroup
	for _, how := range []*Fleet{f, f, f.Fresh(), f.Fresh()} {
		all.Go(func() { _, _ = how.Bicycle(t.Context(), someBicycle) })
	}
	waitFor(t, func() bool { return p.calls.Load() == 2 })
	open()
	all.Wait()
	if n := p.calls.Load(); n != 2 {
		t.Errorf("%d calls, want one for those who take any answer and one for those who want a fresh one", n)
	}
}

func TestWhoeverWantsFreshAnswersGetsThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newScript(some)
		p := newMutePeer(t, api.ServeHTTP)
		f := p.wiredFleet(keeping)
		mustRead(t, f)
		if mustRead(t, f.Fresh()).Kept || mustRead(t, f.Background().Fresh()).Kept || p.calls.Load() != 3 {
			t.Errorf("%d calls, want 3", p.calls.Load())
		}
		if !mustRead(t, f).Kept || !mustRead(t, f.Background()).Kept {
			t.Error("nobody else is given what they got")
		}
		api.turn(says(502, ``))
		if b, err := f.Fresh().Bicycle(t.Context(), someBicycle); !errors.Is(err, ErrUnreachable) || b.UUID != "" {
			t.Errorf("in trouble: %+v, %v", b, err)
		}
	})
}

func TestAnAnswerFromBeforeAChangeIsNotGivenAfterIt(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer http.HandlerFunc
		calls  int64
	}{
		"filed":              {says(201, example(t, "support-ticket-create-response")), 3},
		"refused":            {says(400, example(t, "support-ticket-error-needs-bicycle")), 3},
		"nobody knows":       {says(502, ``), 3},
		"the line was lost":  {hangUp, 3},
		"the answer is HTML": {page("text/html"), 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newMutePeer(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					row.answer(w, r)
					return
				}
				some(w, r)
			})
			f := p.wiredFleet(keeping)
			mustRead(t, f)
			_, _ = f.FileTicket(t.Context(), NewTicket{Message: "m"})
			if b := mustRead(t, f); b.Kept || p.calls.Load() != row.calls {
				t.Errorf("%s: got %+v after %d calls, want %d", name, b.AsOf, p.calls.Load(), row.calls)
			}
		})
	}
}

func TestAReadThatAChangeOvertookIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newScript(inTurn(aBicycle("before"), aBicycle("after")))
		p := newMutePeer(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				reply(w, 201, example(t, "support-ticket-create-response"))
				return
			}
			api.ServeHTTP(w, r)
		})
		n, _ := p.wired(keeping)
		n.api.Transport = lateAnswer{n.api.Transport, 3 * time.Second, new(atomic.Bool)}
		f := n.Fleet(ourKey("f"))
		go func() { _, _ = f.Bicycle(t.Context(), someBicycle) }()
		time.Sleep(time.Second)
		if _, err := f.FileTicket(t.Context(), NewTicket{Message: "m"}); err != nil {
			t.Fatal(err)
		}
		if b := mustRead(t, f); b.Name != "after" {
			t.Errorf("got %s: joined a read from before the change", b.Name)
		}
		time.Sleep(2 * time.Second) // the overtaken read has landed
		api.turn(says(502, ``))
		if b := mustRead(t, f); b.Name != "after" || !b.Old() {
			t.Errorf("in trouble: got %s, %+v", b.Name, b.AsOf)
		}
	})
}

// A lateAnswer holds back the first answer.
type lateAnswer struct {
	http.RoundTripper
	by   time.Duration
	past *atomic.Bool
}

func (l lateAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if !l.past.Swap(true) {
		err = errors.Join(err, sleep(r.Context(), l.by))
	}
	return resp, err
}

func TestForgettingACredentialDropsWhatWasKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		f := p.wiredFleet(keeping)
		mustRead(t, f)
		f.noa.Forget(f.Credential())
		if mustRead(t, f).Kept || p.calls.Load() != 2 {
			t.Errorf("%d calls, want 2", p.calls.Load())
		}
		synctest.Wait()
		p.sts = says(401, example(t, "sts-error-unauthorized"))
		f.noa.Forget(f.Credential())
		if b, err := f.Bicycle(t.Context(), someBicycle); !errors.Is(err, ErrRefused) || b.UUID != "" {
			t.Errorf("a key that is refused now: got %+v, %v", b, err)
		}
	})
}

func TestAnAnswerIsForItsOrganizationAndScopesOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		p.many = true
		n, _ := p.wired(keeping)
		mustRead(t, n.Fleet(ourKey("f")))
		if !mustRead(t, n.Fleet(ourKey("another key"))).Kept {
			t.Error("a key with the same scopes asked again")
		}
		if mustRead(t, n.Fleet(Credential{anOrganization(1), "desk", "f"})).Kept {
			t.Error("another organization was given our answer")
		}
		p.scopes = []Scope{BicycleRead}
		lesser := n.Fleet(ourKey("lesser"))
		if mustRead(t, lesser).Kept {
			t.Error("a key with other scopes was given the answer")
		}
		n.shelf.keep = 0
		p.api = hangUp
		if b, err := n.Fleet(Credential{anOrganization(2), "desk", "f"}).Bicycle(t.Context(), someBicycle); err == nil {
			t.Errorf("in trouble an organization was given another's bicycle, %+v", b)
		}
	})
}

// A token that is renewed on the way may grant other things than the one before it.
func TestAnAnswerIsKeptUnderTheScopesThatBroughtIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, inTurn(says(401, example(t, "error-401-expired")), aBicycle("in part"), aBicycle("whole")))
		n, _ := p.wired(keeping)
		f, other := n.Fleet(ourKey("f")), n.Fleet(ourKey("other"))
		for _, g := range []*Fleet{f, other} {
			if _, err := g.Scopes(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		p.scopes = []Scope{BicycleRead}
		if b := mustRead(t, f); b.Name != "in part" {
			t.Fatalf("got %s", b.Name)
		}
		if b := mustRead(t, other); b.Kept || b.Name != "whole" {
			t.Errorf("a key with all scopes got %q, kept %v", b.Name, b.Kept)
		}
		if b := mustRead(t, f); !b.Kept || b.Name != "in part" {
			t.Errorf("the key with fewer scopes got %q, kept %v", b.Name, b.Kept)
		}
	})
}

func TestTheLastGoodAnswerStandsInWhereNoaIsInTrouble(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		api  http.HandlerFunc
		want error
		old  bool
	}{
		"the line is lost":  {hangUp, ErrUnreachable, true},
		"500":               {says(500, `<html>`), ErrUnreachable, true},
		"429":               {says(429, `{}`), ErrBusy, true},
		"HTML":              {page("text/html"), ErrAnswer, true},
		"a redirect":        {says(302, ``), ErrAnswer, true},
		"half an answer":    {says(200, `{"uuid": "`), ErrAnswer, true},
		"404 in HTML":       {page404, ErrAnswer, true},
		"400":               {says(400, `{"detail": {"name": [{"message": "Too long.", "code": "max_length"}]}}`), ErrInvalid, false},
		"401":               {says(401, example(t, "error-401-expired")), ErrRefused, false},
		"403":               {says(403, example(t, "error-403-missing-scope")), ErrForbidden, false},
		"404":               {says(404, `{"detail": {"non_field_errors": [{"message": "Not found.", "code": "not_found"}]}}`), ErrNotFound, false},
		"200 and something": {says(200, `[]`), ErrAnswer, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			api := newScript(some)
			f := newMutePeer(t, api.ServeHTTP).wiredFleet(keeping)
			first := mustRead(t, f)
			time.Sleep(time.Hour)
			api.turn(row.api)
			b, err := f.Bicycle(t.Context(), someBicycle)
			switch {
			case row.old && (err != nil || !b.Old() || !b.Kept || !errors.Is(b.Trouble, row.want) || !b.Fetched.Equal(first.Fetched) || b.UUID == ""):
				t.Errorf("%s: got %+v, %v", name, b.AsOf, err)
			case !row.old && (!errors.Is(err, row.want) || b.UUID != ""):
				t.Errorf("%s: got %+v, %v", name, b.AsOf, err)
			}
		})
	}
}

func TestTheLastGoodAnswerStandsInWhileNoTokenIsToBeHad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newMutePeer(t, some)
		f := p.wiredFleet(keeping)
		mustRead(t, f)
		time.Sleep(time.Hour) // the token has run out
		synctest.Wait()
		p.sts = says(503, ``)
		if b := mustRead(t, f); !b.Old() || !errors.Is(b.Trouble, ErrUnreachable) {
			t.Errorf("the token service is down: %+v", b.AsOf)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		p.sts = says(401, example(t, "sts-error-unauthorized"))
		if b, err := f.Bicycle(t.Context(), someBicycle); !errors.Is(err, ErrRefused) || b.UUID != "" {
			t.Errorf("the key is refused: %+v, %v", b.AsOf, err)
		}
	})
}

func TestAnAnswerOfYesterdayStandsInForNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newScript(some)
		f := newMutePeer(t, api.ServeHTTP).wiredFleet(keeping)
		mustRead(t, f)
		api.turn(hangUp)
		time.Sleep(keptFor - 2*time.Second)
		if !mustRead(t, f).Old() {
			t.Error("an answer of half a day is gone")
		}
		time.Sleep(3 * time.Second)
		if b, err := f.Bicycle(t.Context(), someBicycle); !errors.Is(err, ErrUnreachable) {
			t.Errorf("got %+v, %v", b.AsOf, err)
		}
	})
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	t.Parallel()
	s := newShelf(time.Minute)
	for i := range 1000 {
		s.put(reading{place: fmt.Sprint(i), size: 1 << 20, fetched: time.Now()})
	}
	kept := 0
	for i := range 1000 {
		if _, ok := s.last(fmt.Sprint(i)); ok {
			kept++
		}
	}
	if kept > maxKept>>20 || kept < maxKept>>21 {
		t.Errorf("%d answers of a megabyte are kept", kept)
	}
	s.put(reading{place: "large", size: maxKeptOne + 1, fetched: time.Now()})
	if _, ok := s.last("large"); ok {
		t.Error("a large answer is kept")
	}
}

func TestAnAnswerThatStillHoldsIsNotSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		p := newMutePeer(t, func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.Header.Get("If-None-Match"))
			w.Header().Set("ETag", `W/"1"`)
			if r.Header.Get("If-None-Match") == `W/"1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			some(w, r)
		})
		f := p.wiredFleet(keeping)
		first := mustRead(t, f)
		for range 3 {
			time.Sleep(time.Minute)
			b := mustRead(t, f)
			if b.Kept || b.Name != first.Name || !b.Fetched.Equal(time.Now()) {
				t.Errorf("got %q of %+v", b.Name, b.AsOf)
			}
		}
		if b := mustRead(t, f.Fresh()); b.Name != first.Name || b.Kept {
			t.Errorf("fresh: got %q of %+v", b.Name, b.AsOf)
		}
		if want := `["" "W/\"1\"" "W/\"1\"" "W/\"1\"" "W/\"1\""]`; fmt.Sprintf("%q", asked) != want {
			t.Errorf("asked with %q, want %s", asked, want)
		}
	})
}

// What several readers are given is one answer in memory: none may change what the next one gets.
func TestReadersDoNotShareTheirLists(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newMutePeer(t, says(200, `[{"uuid": "`+someBicycle+`", "name": "4711"}]`)).wiredFleet(keeping)
		first, err := f.Bicycles(t.Context(), BicycleQuery{})
		if err != nil {
			t.Fatal(err)
		}
		first.Items[0].Name = "mine"
		again, err := f.Bicycles(t.Context(), BicycleQuery{})
		if err != nil || again.Items[0].Name != "4711" || !again.Items[0].Kept || first.Items[0].Kept {
			t.Errorf("got %+v, %v", again, err)
		}
	})
}
