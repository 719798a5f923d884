// Package sandbox is a Noa of one's own: token service and fleet API with a
// practice fleet in Astana, for the demo and for tests. It is written from
// Noa's contract in Noa's own spelling and shares nothing with the desk's
// client, so that it cannot agree with the client's mistakes.
package sandbox

import (
	"cmp"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Options say what a [Sandbox] holds. The zero value is the practice fleet.
type Options struct {
	Seed      uint64           // the same seed makes the same fleet
	Bicycles  int              // of the organization and its descendant, 0 is 160
	Trips     int              // 0 is 280
	TokenLife time.Duration    // of access tokens, 0 is 30 minutes
	Curve     elliptic.Curve   // of pairs made for new client applications, nil is P-384
	Attempts  int              // how many wrong passwords lock an e-mail, 0 is 6
	Lockout   time.Duration    // for how long they do, 0 is 5 minutes
	Now       func() time.Time // the clock, nil is time.Now; the fleet's times count back from it
	Log       *slog.Logger     // one line a request; nil is silent
}

// A Sandbox is a Noa with one fleet. It may be used from many goroutines.
type Sandbox struct {
	options   Options
	secret    []byte // signs access tokens
	city      *city
	endpoints []endpoint

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
	s := &Sandbox{options: o.complete(), city: ground, endpoints: table()}
	s.secret = make([]byte, 64)
	rand.Read(s.secret)
	s.fleet = seedFleet(s.options, ground)
	s.addPeople()
	s.lockout = lockout{s.options.Attempts, s.options.Lockout, s.secret, map[string]failure{}}
	s.clients, s.deleted = map[clientName]*client{}, map[clientName]bool{}
	if err := s.addPracticeClients(); err != nil {
		return nil, fmt.Errorf("sandbox: make client applications: %w", err)
	}
	return s, nil
}

func (o Options) check() error {
	switch {
	case o.Bicycles < 0 || o.Trips < 0 || o.TokenLife < 0 || o.Attempts < 0 || o.Lockout < 0:
		return errors.New("sandbox: bicycles, trips, token life, attempts and lockout must not be negative")
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

// Organization is the practice organization, to which the practice client
// applications belong.
func (s *Sandbox) Organization() Organization {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return Organization{UUID: s.fleet.main().uuid, Name: s.fleet.main().name}
}

// Handler answers the API under /api/, the token service at /jwt and the
// sandbox's own controls under /_sandbox/.
func (s *Sandbox) Handler() http.Handler {
	control := s.control()
	mux := http.NewServeMux()
	mux.HandleFunc("/jwt", s.token)
	mux.Handle("/_sandbox/", http.NewCrossOriginProtection().Handler(control))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isAPI(r.URL.Path) {
			s.api(w, r) // by hand: a mux would clean paths that Noa answers with 404
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// reset makes the fleet anew, as of now. Client applications stay.
func (s *Sandbox) reset() {
	fresh := seedFleet(s.options, s.city)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fleet = fresh
}

// String leaves out all that is secret.
func (s *Sandbox) String() string { return "sandbox of " + s.Organization().Name }

// GoString leaves out all that is secret.
func (s *Sandbox) GoString() string { return s.String() }
