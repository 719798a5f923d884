// Package sandbox is a Noa of one's own: token service and fleet API with a
// practice fleet in Astana, for the demo and for tests. It is written from
// Noa's contract in Noa's own spelling and shares nothing with the desk's
// client, so that it cannot agree with the client's mistakes.
package sandbox

import (
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
	Now       func() time.Time // the clock, nil is time.Now; the fleet's times count back from it
	Log       *slog.Logger     // one line a request; nil is silent
}

// A Sandbox is a Noa with one fleet. It may be used from many goroutines.
type Sandbox struct {
	options   Options
	secret    []byte // signs access tokens
	city      *city
	operator  login
	endpoints []endpoint

	mu      sync.RWMutex // guards what follows; a write holds it as a whole
	fleet   *fleet
	clients map[clientName]*client
	given   []ClientApp
}

type login struct{ email, password string }

// An Organization is one of the fleet's organizations.
type Organization struct{ UUID, Name string }

// New makes a sandbox with a fresh fleet and fresh practice client
// applications.
func New(o Options) (*Sandbox, error) {
	if o.Bicycles < 0 || o.Trips < 0 || o.TokenLife < 0 {
		return nil, errors.New("sandbox: bicycles, trips and token life must not be negative")
	}
	ground, err := readCity()
	if err != nil {
		return nil, err
	}
	s := &Sandbox{options: o.complete(), city: ground, endpoints: table(), clients: map[clientName]*client{}}
	s.secret = make([]byte, 64)
	rand.Read(s.secret)
	s.operator = login{"operator@kulan.example", rand.Text()}
	s.fleet = seedFleet(s.options, ground)
	if err := s.addPracticeClients(); err != nil {
		return nil, fmt.Errorf("sandbox: make client applications: %w", err)
	}
	return s, nil
}

func (o Options) complete() Options {
	if o.Bicycles == 0 {
		o.Bicycles = 160
	}
	if o.Trips == 0 {
		o.Trips = 280
	}
	if o.TokenLife == 0 {
		o.TokenLife = 30 * time.Minute
	}
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

// Operator is the login of the person who may register client applications.
func (s *Sandbox) Operator() (email, password string) {
	return s.operator.email, s.operator.password
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
