package noa

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// contextUntil is a context that ends when something is so.
func contextUntil(t *testing.T, so func() bool) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for !so() && ctx.Err() == nil {
			<-tick.C
		}
		cancel()
	}()
	return ctx, cancel
}

// some answers whatever it is asked, as long as nobody looks closely.
var some = says(http.StatusOK, `{"uuid": "`+someBicycle+`", "name": "Spatzrad", "results": []}`)

func TestProofAndFirstPagesShareOneToken(t *testing.T) {
	t.Parallel()
	p := newPeer(t, some)
	f := p.fleet()
	proof, err := f.Prove(t.Context())
	if err != nil || proof.Organization != "Spatzrad" || len(proof.Scopes) != 6 || !proof.SkewKnown || proof.Skew.Abs() > 2*time.Second {
		t.Errorf("got %+v, %v", proof, err)
	}
	if life := proof.Expires.Sub(proof.Exchanged); life < 29*time.Minute || life > 31*time.Minute {
		t.Errorf("the token lives %v", life)
	}
	for range 3 {
		if _, err := f.Bicycles(t.Context(), BicycleQuery{}); err != nil {
			t.Error(err)
		}
	}
	if scopes, err := f.Scopes(t.Context()); err != nil || !scopes.Has(TripRead) {
		t.Errorf("got %v, %v", scopes, err)
	}
	if again, err := f.Prove(t.Context()); err != nil || !again.Exchanged.Equal(proof.Exchanged) {
		t.Errorf("a second proof: %+v, %v", again, err)
	}
	if p.exchanges.Load() != 1 || p.calls.Load() != 5 {
		t.Errorf("%d exchanges, %d calls, want 1 and 5", p.exchanges.Load(), p.calls.Load())
	}
}

func TestAProofWithoutTheScopeAsksTheRoot(t *testing.T) {
	t.Parallel()
	var asked string
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		reply(w, 200, example(t, "api-root"))
	})
	p.scopes = []Scope{TicketWrite}
	proof, err := p.fleet().Prove(t.Context())
	if err != nil || proof.Organization != "" || asked != "/api/" || !proof.Scopes.Has(TicketWrite) {
		t.Errorf("asked %s: %+v, %v", asked, proof, err)
	}
}

func TestAKeyThatNoaDoesNotKnowIsNotProved(t *testing.T) {
	t.Parallel()
	p := newPeer(t, some)
	stranger := p.noa(0).Fleet(Credential{Organization: ourOrganization, Client: "stranger"})
	for range 2 {
		_, err := stranger.Prove(t.Context())
		var e *TokenError
		if !errors.Is(err, ErrRefused) || !errors.As(err, &e) || e.Status != 401 || e.Code != "unauthorized" {
			t.Errorf("got %v", err)
		}
	}
	if p.exchanges.Load() != 2 || p.calls.Load() != 0 {
		t.Errorf("%d exchanges, %d calls, want 2 and none", p.exchanges.Load(), p.calls.Load())
	}
	if _, err := stranger.Bicycles(t.Context(), BicycleQuery{}); !errors.Is(err, ErrRefused) || p.exchanges.Load() != 2 {
		t.Errorf("%v after %d exchanges, want a refusal without asking again", err, p.exchanges.Load())
	}
}

func TestAProofThatTheAPIDoesNotBearOutIsNone(t *testing.T) {
	t.Parallel()
	p := newPeer(t, says(401, example(t, "error-401-unknown-client-app")))
	if proof, err := p.fleet().Prove(t.Context()); !errors.Is(err, ErrRefused) || proof.Scopes != nil {
		t.Errorf("got %+v, %v", proof, err)
	}
}

func TestA401RenewsTheTokenOnceForAll(t *testing.T) {
	t.Parallel()
	var turned sync.Map
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		if _, again := turned.LoadOrStore(r.URL.RequestURI(), true); !again {
			reply(w, 401, example(t, "error-401-expired"))
			return
		}
		some(w, r)
	})
	f := p.fleet()
	var all sync.WaitGroup
	for page := range 8 {
		all.Go(func() {
			if _, err := f.Bicycles(t.Context(), BicycleQuery{Page: page + 2}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if p.exchanges.Load() != 2 || p.calls.Load() != 16 {
		t.Errorf("%d exchanges, %d calls, want 2 and 16", p.exchanges.Load(), p.calls.Load())
	}
}

func TestATokenThatIsAlwaysRejectedIsNotAskedForAgainAndAgain(t *testing.T) {
	t.Parallel()
	p := newPeer(t, says(401, example(t, "error-401-unknown-client-app")))
	f := p.fleet()
	for range 20 {
		if _, err := f.Bicycles(t.Context(), BicycleQuery{}); !errors.Is(err, ErrRefused) {
			t.Errorf("got %v", err)
		}
	}
	if p.exchanges.Load() != 2 || p.calls.Load() != 2 {
		t.Errorf("%d exchanges, %d calls, want 2 and 2", p.exchanges.Load(), p.calls.Load())
	}
}

func TestASecond401ShortlyAfterARenewalIsToldAsItCame(t *testing.T) {
	t.Parallel()
	rejects := says(401, example(t, "error-401-expired"))
	p := newPeer(t, inTurn(rejects, some, rejects))
	f := p.fleet()
	if _, err := f.Bicycles(t.Context(), BicycleQuery{}); err != nil {
		t.Fatal(err)
	}
	_, err := f.Bicycles(t.Context(), BicycleQuery{})
	var e *Error
	if !errors.As(err, &e) || !e.Has("authentication_failed") || p.exchanges.Load() != 2 || p.calls.Load() != 3 {
		t.Errorf("%v after %d exchanges and %d calls", err, p.exchanges.Load(), p.calls.Load())
	}
}

func TestA403AsksForNoToken(t *testing.T) {
	t.Parallel()
	p := newPeer(t, says(403, example(t, "error-403-missing-scope")))
	f := p.fleet()
	for range 5 {
		if _, err := f.Trips(t.Context(), TripQuery{}); !errors.Is(err, ErrForbidden) {
			t.Errorf("got %v", err)
		}
	}
	if p.exchanges.Load() != 1 || p.calls.Load() != 5 {
		t.Errorf("%d exchanges, %d calls, want 1 and 5", p.exchanges.Load(), p.calls.Load())
	}
}

func TestAWrongClockIsPutRightOnce(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]int64{
		0: 1, 10 * time.Minute: 2, -10 * time.Minute: 2, 14 * time.Minute: 2,
	} {
		p := newPeer(t, some)
		p.ahead = ahead
		f := p.fleet()
		proof, err := f.Prove(t.Context())
		if err != nil || (proof.Skew-ahead).Abs() > 2*time.Second || p.exchanges.Load() != want {
			t.Errorf("%v ahead: skew %v, %v after %d exchanges, want %d", ahead, proof.Skew, err, p.exchanges.Load(), want)
		}
		if life := proof.Expires.Sub(proof.Exchanged); (life - 30*time.Minute).Abs() > 2*time.Second {
			t.Errorf("%v ahead: the token lives %v here", ahead, life)
		}
		f.noa.Forget(f.Credential())
		if _, err := f.Prove(t.Context()); err != nil || p.exchanges.Load() != want+1 {
			t.Errorf("%v ahead: afterwards %v and %d exchanges, want %d", ahead, err, p.exchanges.Load(), want+1)
		}
	}
}

func TestWhatTheTokenServiceSaysIsTold(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		sts    http.HandlerFunc
		want   error
		status int
		code   string
	}{
		"grant refused": {says(400, example(t, "sts-error-invalid-grant")), ErrRefused, 400, "invalid_grant"},
		"unauthorized":  {says(401, example(t, "sts-error-unauthorized")), ErrRefused, 401, "unauthorized"},
		"wrong address": {page404, ErrRefused, 404, ""},
		"busy":          {says(429, `{"error": "slow_down"}`), ErrBusy, 429, "slow_down"},
		"down":          {says(500, `<html>`), ErrUnreachable, 500, ""},
		"away":          {says(503, `<html>`), ErrUnreachable, 503, ""},
		"reset":         {reset, ErrUnreachable, 0, ""},
		"HTML":          {page("text/html"), ErrAnswer, 200, ""},
		"too much":      {endless, ErrAnswer, 200, ""},
		"odd code":      {says(400, `{"error": "a b\nc"}`), ErrRefused, 400, "?"},
	} {
		p := newPeer(t, some)
		p.sts = row.sts
		_, err := p.fleet().Bicycles(t.Context(), BicycleQuery{})
		var e *TokenError
		if !errors.Is(err, row.want) || !errors.As(err, &e) || e.Status != row.status || e.Code != row.code || !e.Retry.After(time.Now()) {
			t.Errorf("%s: %v", name, err)
		}
		if p.calls.Load() != 0 {
			t.Errorf("%s: %d calls without a token", name, p.calls.Load())
		}
	}
}

func page404(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusNotFound) }

func TestTheSameQuestionIsAskedOnceAtATime(t *testing.T) {
	t.Parallel()
	let, open := closedGate()
	defer open()
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			<-let
		}
		some(w, r)
	})
	f := p.fleet()
	var all sync.WaitGroup
	ask := func() {
		if b, err := f.Bicycle(t.Context(), someBicycle); err != nil || b.Name != "Spatzrad" {
			t.Errorf("got %+v, %v", b, err)
		}
	}
	for range 50 {
		all.Go(ask)
	}
	waitFor(t, func() bool { return p.calls.Load() == 1 })
	if _, err := f.FileTicket(t.Context(), NewTicket{Message: "m"}); err != nil {
		t.Error(err)
	}
	all.Go(ask) // a question after a change does not get an answer from before it
	waitFor(t, func() bool { return p.calls.Load() == 3 })
	open()
	all.Wait()
	if p.calls.Load() != 3 {
		t.Errorf("%d calls, want 3", p.calls.Load())
	}
}

func TestAtMostEightCallsOfAFleetAreUnderWay(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(5 * time.Millisecond) // so that the others could come if they might
		now.Add(-1)
		some(w, r)
	})
	f := p.fleet()
	var all sync.WaitGroup
	for n := range 64 {
		all.Go(func() {
			if _, err := f.Bicycles(t.Context(), BicycleQuery{Page: n + 2}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() > maxAtOnce || p.calls.Load() != 64 {
		t.Errorf("%d at once, %d in all", most.Load(), p.calls.Load())
	}
}

func TestForgettingACredentialDropsItsToken(t *testing.T) {
	t.Parallel()
	p := newPeer(t, some)
	f := p.fleet()
	for n := range int64(3) {
		if _, err := f.Scopes(t.Context()); err != nil || p.exchanges.Load() != n+1 {
			t.Errorf("%v after %d exchanges", err, p.exchanges.Load())
		}
		f.noa.Forget(f.Credential())
	}
}

// closedGate is closed until it is opened. Tests defer that: a server waits for its handlers.
func closedGate() (closed chan struct{}, open func()) {
	closed = make(chan struct{})
	return closed, sync.OnceFunc(func() { close(closed) })
}

func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	ctx, done := contextUntil(t, so)
	defer done()
	select {
	case <-ctx.Done():
	case <-time.After(4 * time.Second): // less than it takes until a call gives up
		t.Fatal("waited for nothing")
	}
}
