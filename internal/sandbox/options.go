package sandbox

import (
	"cmp"
	"crypto/elliptic"
	"errors"
	"log/slog"
	"time"
)

// Options say what a [Sandbox] holds and how it answers where Noa's contract
// leaves a choice. The zero value is the practice fleet and Noa as it was
// seen. [Sandbox.Switch] changes them while it runs.
type Options struct {
	Seed      uint64         // the same seed makes the same fleet
	Bicycles  int            // of the organization and its descendant, 0 is 160
	Trips     int            // 0 is 280
	TokenLife time.Duration  // of access tokens, 0 is 30 minutes
	Curve     elliptic.Curve // of pairs made for new client applications, nil is P-384
	Attempts  int            // how many wrong passwords lock an e-mail, 0 is 6
	Lockout   time.Duration  // for how long they do, 0 is 5 minutes

	Skew          time.Duration // how far Noa's clock is ahead of Now: dates, tokens and stamps
	CallsAMinute  int           // of each caller, then 429; 0 is no limit
	DocLinks      bool          // links have the documentation's host and no /api
	BothTripNames bool          // trips have started and ended too
	LooseES512    bool          // a P-384 key may sign under the label ES512, as older signers do

	Now func() time.Time // the clock, nil is time.Now; the fleet's times count back from it
	Log *slog.Logger     // one line a request; nil is silent
}

func (o Options) check() error {
	switch {
	case o.Bicycles < 0 || o.Trips < 0 || o.TokenLife < 0 || o.Attempts < 0 || o.Lockout < 0 || o.CallsAMinute < 0:
		return errors.New("sandbox: counts, token life and lockout must not be negative")
	case o.Curve != nil && algorithm(o.Curve) == "":
		return errors.New("sandbox: the curve must be P-256, P-384 or P-521")
	}
	return nil
}

func (o Options) complete() Options {
	o.Bicycles, o.Trips = cmp.Or(o.Bicycles, 160), cmp.Or(o.Trips, 280)
	o.TokenLife = cmp.Or(o.TokenLife, 30*time.Minute)
	if o.Curve == nil {
		o.Curve = elliptic.P384()
	}
	o.Attempts, o.Lockout = cmp.Or(o.Attempts, 6), cmp.Or(o.Lockout, 5*time.Minute)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Switch changes options while the sandbox runs, until the next
// [Sandbox.Reset]. What the fleet is made of shows after [Sandbox.Renew].
func (s *Sandbox) Switch(change func(*Options)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := s.settings()
	change(&changed)
	if err := changed.check(); err != nil {
		return err
	}
	s.set(changed)
	return nil
}

// set wants the lock to be held for writing.
func (s *Sandbox) set(o Options) {
	o = o.complete()
	s.options.Store(&o)
	s.lockout.attempts, s.lockout.length = o.Attempts, o.Lockout
}

// settings are the options that hold now.
func (s *Sandbox) settings() Options { return *s.options.Load() }

// now is the time by Noa's clock, which need not be right.
func (s *Sandbox) now() time.Time {
	o := s.options.Load()
	return o.Now().Add(o.Skew)
}

func (s *Sandbox) log() *slog.Logger { return s.options.Load().Log }
