// Package handlers answers the browser. A page reads and returns something to
// show, an action changes something and returns where to go next; who asks,
// may they, the frame, cookies and what a failure looks like is done once, round both. routes.go is the whole
// surface on one screen.
package handlers

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"noadesk/internal/desk"
	"noadesk/internal/keystore"
	"noadesk/internal/noa"
	"noadesk/internal/staff"
	"noadesk/internal/store"
	"noadesk/internal/views"
)

// Options are what the surface needs to know of the desk it belongs to.
type Options struct {
	Version        string
	URL            *url.URL       // that people type; https makes cookies Secure, its host is the allowed Host
	TrustedProxies []netip.Prefix // whose X-Forwarded-For counts
	Practice       string         // text of the practice band, "" outside the demo
	SessionIdle    time.Duration
	SessionMax     time.Duration
	API, STS       string // where Noa is, for the system page
	Log            *slog.Logger
	Observe        func(Answered) // is told of each request; may be nil
}

// An Answered is one request after its end. It holds nothing of what was asked for.
type Answered struct {
	Method string
	Route  string // the pattern, "" where no route fits
	Status int
	Took   time.Duration
}

// A Server is the desk's whole surface.
type Server struct {
	db        *store.Store
	keys      *keystore.Keys
	people    *staff.Staff
	sessions  *staff.Sessions
	rows      *desk.Desk
	api       *noa.Noa
	options   Options
	filed     *filings
	operators *operators
	mux       *chi.Mux
	handler   http.Handler
	draining  atomic.Bool
	started   time.Time
}

// New makes the surface over the rooms it shows.
func New(db *store.Store, keys *keystore.Keys, people *staff.Staff, rows *desk.Desk, api *noa.Noa, o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	secure := o.URL.Scheme == "https"
	name := "noadesk"
	if secure {
		name = "__Host-noadesk"
	}
	s := &Server{
		db: db, keys: keys, people: people, rows: rows, api: api, options: o,
		sessions:  staff.NewSessions(db, staff.SessionOptions{Name: name, Secure: secure, Idle: o.SessionIdle, Max: o.SessionMax}),
		filed:     newFilings(),
		operators: newOperators(),
		started:   views.Now(),
	}
	s.mux = s.routes()
	s.handler = s.chain(s.mux)
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Drain makes /readyz say no, so that a proxy sends nobody any more, while everything else goes on.
func (s *Server) Drain() { s.draining.Store(true) }

// cookieName is the name of the session's cookie.
func (s *Server) cookieName() string {
	if s.options.URL.Scheme == "https" {
		return "__Host-noadesk"
	}
	return "noadesk"
}
