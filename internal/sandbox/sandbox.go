// Package sandbox is a Noa of one's own: token service and fleet API with a
// practice fleet in Astana, for the demo and for tests. It is written from
// Noa's contract in Noa's own spelling and shares nothing with the desk's
// client, so that it cannot agree with the client's mistakes.
//
// It can be told to fail, in the same process or over the control addresses
// under /_sandbox/, which Noa does not have and no fault strikes:
//
//	noa.Fault(sandbox.Fault{Path: "/api/trips/", Status: 429, RetryAfter: time.Minute, Times: 3})
//	noa.Fault(sandbox.Fault{Method: sandbox.Writes, Kind: sandbox.CutAfter, Times: 1})
//	noa.Fault(sandbox.Fault{Path: "/jwt", Delay: 2 * time.Second})
//	noa.Switch(func(o *sandbox.Options) { o.TokenLife, o.Skew = 5*time.Second, time.Hour })
//	noa.Reset()
//
//	curl -d '{"path":"/api/trips/","status":429,"retry_after":"1m","times":3}' HOST/_sandbox/faults
//	curl -d '{"method":"WRITE","kind":"cut-after","times":1}' HOST/_sandbox/faults
//	curl -d '{"token_life":"5s","skew":"1h"}' HOST/_sandbox/options
//	curl -X POST HOST/_sandbox/reset
//
// GET /_sandbox/ names all controls and all kinds of fault.
package sandbox

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// A Sandbox is a Noa with one fleet. It may be used from many goroutines.
type Sandbox struct {
	start     Options // those of New, which hold again after a reset
	options   atomic.Pointer[Options]
	secret    []byte // signs access tokens
	city      *city
	endpoints []endpoint
	faults    faults
	throttle  throttle
	calls     tally

	mu      sync.RWMutex // guards what follows; a write holds it as a whole
	fleet   *fleet
	people  []*person // the operator first
	lockout lockout
	clients map[clientName]*client
	deleted map[clientName]bool // their names are not used again
	given   []ClientApp
}

// An Organization is one of the fleet's organizations.
type Organization struct{ UUID, Name string }

// New makes a sandbox with a fresh fleet and fresh practice client
// applications.
func New(o Options) (*Sandbox, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	ground, err := readCity()
	if err != nil {
		return nil, err
	}
	s := &Sandbox{start: o.complete(), city: ground, endpoints: table()}
	s.secret = make([]byte, 64)
	rand.Read(s.secret)
	s.lockout = lockout{secret: s.secret, failures: map[string]failure{}}
	s.set(s.start)
	s.fleet = seedFleet(s.settings(), ground)
	s.addPeople()
	s.clients, s.deleted = map[clientName]*client{}, map[clientName]bool{}
	if err := s.addPracticeClients(); err != nil {
		return nil, fmt.Errorf("sandbox: make client applications: %w", err)
	}
	return s, nil
}

// Organization is the practice organization, to which the practice client
// applications belong.
func (s *Sandbox) Organization() Organization {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return Organization{UUID: s.fleet.main().uuid, Name: s.fleet.main().name}
}

// Handler answers the API under /api/, the token service at /jwt and the
// sandbox's own controls under /_sandbox/, which no fault strikes.
func (s *Sandbox) Handler() http.Handler {
	control := http.NewCrossOriginProtection().Handler(s.control())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, controlPath) {
			control.ServeHTTP(w, r)
			return
		}
		struck := s.faults.strike(r)
		s.counted(w, r, func(w http.ResponseWriter) {
			s.suffer(struck, w, r, func(w http.ResponseWriter) { s.serve(w, r, struck.Kind) })
		})
	})
}

// serve finds the way by hand: a mux would clean paths that Noa answers with 404.
func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request, odd FaultKind) {
	switch {
	case isAPI(r.URL.Path):
		s.api(w, r, odd)
	case r.URL.Path == stsPath:
		s.token(w, r)
	default:
		http.NotFound(w, r)
	}
}

// Renew makes the fleet anew, as of now. Client applications, faults and
// switched options stay.
func (s *Sandbox) Renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fleet = seedFleet(s.settings(), s.city)
}

// Reset takes back every fault and every switched option and makes the fleet
// anew. Client applications stay: their keys are in other hands.
func (s *Sandbox) Reset() {
	s.ClearFaults()
	s.throttle.forget()
	s.calls.forget()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(s.start)
	s.fleet = seedFleet(s.settings(), s.city)
}

// String leaves out all that is secret.
func (s *Sandbox) String() string { return "sandbox of " + s.Organization().Name }

// GoString leaves out all that is secret.
func (s *Sandbox) GoString() string { return s.String() }
