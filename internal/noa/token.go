package noa

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// How a token is kept; see docs/noa.md, "Tokens".
const (
	spare        = 5 * time.Second  // before its end a token is not sent any more
	proofAge     = time.Minute      // a token that young is proof of its key
	forcedPause  = 30 * time.Second // between renewals that a 401 asked for
	transientMax = 30 * time.Second
	permanentMin = 30 * time.Second
	permanentMax = 5 * time.Minute
	retryMax     = time.Minute // no Retry-After makes us wait longer
)

var (
	errForgotten  = errors.New("noa: the credential was withdrawn during the exchange")
	errRejected   = errors.New("noa: the renewed token was rejected too")
	errShortLived = errors.New("noa: the token is at its end already")
)

// A token is what Noa gave for an assertion. Times are of this machine's clock.
type token struct {
	value      secret
	scopes     Scopes
	got        time.Time
	expires    time.Time
	soft       time.Time // from then on a new one is asked for while this one serves
	generation uint64
}

// alive asks both clocks: the monotonic one stands still while a machine
// sleeps, and the other one may be set.
func (t *token) alive(now time.Time) bool {
	end := t.expires.Add(-spare)
	return now.Before(end) && now.Round(0).Before(end.Round(0))
}

// A grant is a token fresh from the token service.
type grant struct {
	value   secret
	scopes  Scopes
	expires time.Time
}

// A source keeps one credential's token. However many ask, one exchange at a
// time is under way, it belongs to no caller, and no lock is held during it.
type source struct {
	credential Credential
	exchange   func(context.Context, Credential) (grant, error)
	log        *slog.Logger

	mu         sync.Mutex
	held       *token
	running    *flight[*token]
	epoch      uint64 // moved by forget: an exchange of an older one does not count
	generation uint64
	rejected   uint64    // the newest generation that Noa answered with 401
	forced     time.Time // the last renewal that a 401 asked for
	renewals   int       // that were
	barred     time.Time // until then a renewed token was rejected too
	notBefore  time.Time // no exchange earlier
	fails      int
	last       *TokenError
}

func newSource(c Credential, exchange func(context.Context, Credential) (grant, error), log *slog.Logger) *source {
	return &source{credential: c, exchange: exchange, log: log}
}

// get gives a token; rejected is the generation that just got a 401, 0 for none.
// Where the exchange that it waited for was forgotten meanwhile, it asks anew:
// what was withdrawn can no longer sign, and all others go on.
func (s *source) get(ctx context.Context, rejected uint64) (*token, error) {
	t, err := s.once(ctx, rejected)
	if errors.Is(err, errForgotten) {
		return s.once(ctx, 0)
	}
	return t, err
}

func (s *source) once(ctx context.Context, rejected uint64) (*token, error) {
	s.mu.Lock()
	now := time.Now()
	s.reject(now, rejected)
	t, fl, err := s.next(now)
	s.mu.Unlock()
	if fl == nil {
		return t, err
	}
	return s.wait(ctx, fl)
}

// prove gives a token whose exchange is less than a minute old.
func (s *source) prove(ctx context.Context) (*token, error) {
	s.mu.Lock()
	now := time.Now()
	if s.usable(now) && !now.Before(s.barred) && now.Sub(s.held.got) < proofAge {
		t := s.held
		s.mu.Unlock()
		return t, nil
	}
	s.calm()
	fl := s.running
	if fl == nil {
		fl = s.start()
	}
	s.mu.Unlock()
	return s.wait(ctx, fl)
}

// note takes down that a renewed token got a 401 as well.
func (s *source) note(generation uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reject(time.Now(), generation)
}

// forget drops the token. An exchange under way goes on to its end, for nothing.
func (s *source) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	s.held, s.running = nil, nil
	s.calm()
}

// calm forgets failures, so that the next exchange is tried at once.
func (s *source) calm() {
	s.fails, s.last, s.notBefore, s.barred = 0, nil, time.Time{}, time.Time{}
}

func (s *source) wait(ctx context.Context, fl *flight[*token]) (*token, error) {
	t, err := fl.wait(ctx)
	if err != nil && err == ctx.Err() {
		return nil, &TokenError{kind: gaveUp(err), cause: err}
	}
	return t, err
}

// reject takes note of a 401. Only the generation in hand counts, so that a
// late answer does not throw away a newer token; and where the renewed token
// is rejected as well it is not the token that is wrong.
func (s *source) reject(now time.Time, generation uint64) {
	if s.held == nil || generation != s.held.generation || generation <= s.rejected {
		return
	}
	if !s.forced.IsZero() && now.Sub(s.forced) < forcedPause {
		s.barred = now.Add(forcedPause)
		return
	}
	s.rejected, s.forced = generation, now
	s.renewals++
}

// next gives the token to use, the exchange to wait for, or why there is neither.
func (s *source) next(now time.Time) (*token, *flight[*token], error) {
	switch {
	case now.Before(s.barred):
		return nil, nil, &TokenError{Status: 401, Retry: s.barred, kind: ErrRefused, cause: errRejected}
	case s.usable(now):
		if s.running == nil && !now.Before(s.held.soft) && !now.Before(s.notBefore) {
			s.start() // ahead of need: this caller does not wait
		}
		return s.held, nil, nil
	case s.running != nil:
		return nil, s.running, nil
	case now.Before(s.notBefore):
		cooling := *s.last
		cooling.Retry = s.notBefore
		return nil, nil, &cooling
	}
	return nil, s.start(), nil
}

// granted are the scopes of the last token, also where it has run out: they say whose answers may be shown again.
func (s *source) granted() Scopes {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		return nil
	}
	return s.held.scopes
}

func (s *source) usable(now time.Time) bool {
	return s.held != nil && s.held.generation > s.rejected && s.held.alive(now)
}

// start begins an exchange. The lock is held.
func (s *source) start() *flight[*token] {
	fl := newFlight[*token]()
	s.running = fl
	epoch := s.epoch
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), exchangeLimit)
		defer cancel()
		g, err := survive(func() (grant, error) { return s.exchange(ctx, s.credential) })
		if e := s.land(fl, epoch, g, err); e != nil {
			s.log.Warn("token exchange failed", "organization", s.credential.Organization,
				"client", s.credential.Client, "retry", e.Retry, "err", e)
		}
	}()
	return fl
}

// land ends an exchange and gives the failure that is news.
func (s *source) land(fl *flight[*token], epoch uint64, g grant, err error) *TokenError {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(fl.done)
	if s.epoch != epoch {
		fl.err = &TokenError{kind: ErrRefused, cause: errForgotten}
		return nil
	}
	s.running = nil
	now := time.Now()
	if err == nil && g.expires.Sub(now) <= spare {
		err = &TokenError{kind: ErrAnswer, cause: errShortLived}
	}
	if err != nil {
		e := s.failed(now, err)
		fl.err = e
		return e
	}
	fl.value = s.hold(now, g)
	return nil
}

func (s *source) hold(now time.Time, g grant) *token {
	s.generation++
	life := g.expires.Sub(now)
	ahead := max(time.Minute, life/10) + rand.N(20*time.Second)
	s.held = &token{
		value: g.value, scopes: g.scopes, generation: s.generation,
		got: now, expires: g.expires, soft: g.expires.Add(-min(ahead, life/2)),
	}
	s.calm()
	return s.held
}

// failed sets the pause until the next exchange.
func (s *source) failed(now time.Time, err error) *TokenError {
	var e *TokenError
	if !errors.As(err, &e) {
		e = &TokenError{kind: kindOf(err), cause: err}
	}
	s.fails++
	e.Retry = now.Add(pause(e, s.fails))
	s.notBefore, s.last = e.Retry, e
	return e
}

// pause is how long to leave the token service alone after so many failures.
func pause(e *TokenError, fails int) time.Duration {
	if e.after > 0 {
		return min(e.after, retryMax)
	}
	if errors.Is(e, ErrRefused) || errors.Is(e, ErrAnswer) {
		return min(permanentMin<<min(fails-1, 4), permanentMax)
	}
	d := min(time.Second<<min(fails-1, 5), transientMax)
	return d/2 + rand.N(d/2+1)
}
