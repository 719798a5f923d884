// Package noa is Noa's API as Go: typed resources, one token for an
// organisation and key, one kind of error. It needs a signature, not a key:
// whoever calls it brings a [Signer]. The wire facts it relies on are in
// docs/noa.md.
package noa

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// A Signer signs an assertion with the key of that fingerprint. It lets the
// keys stay where they are kept.
type Signer interface {
	Sign(ctx context.Context, fingerprint string, claims jwt.Claims) (string, error)
}

// Settings say where Noa is and how it may be asked.
type Settings struct {
	API     *url.URL       // base of the API, with the trailing slash: https://api.lock8.me/api/
	STS     *url.URL       // token endpoint, as it is: https://sts.lock8.me/jwt
	CA      *x509.CertPool // private CA for both in place of the system's, nil for the system's
	Version string         // the desk's version, for User-Agent
	Log     *slog.Logger   // one line a failed exchange; never a token, an assertion or a body
	Rate    float64        // requests a second for an organization, 0 for no limit
	Keep    time.Duration  // so long an answer to a read is given again without asking, 0 for not at all

	Used    func(Credential, Scope) // is told of each call that a scope opened; may be nil
	Observe func(Call)              // is told of each call and each exchange; may be nil
}

// A Credential names who asks: a client application of an organization and
// the key that it signs with.
type Credential struct {
	Organization string // uuid
	Client       string // the client application's name, iss of the assertion
	Fingerprint  string // of the key in the keystore
}

// Noa is the way to Noa's API for any number of organizations and keys.
type Noa struct {
	settings Settings
	signer   Signer
	wrong    error // of the settings; every call fails with it
	api      *http.Client
	sts      *http.Client
	clock    clock
	gate     *gate
	breakers *breakers
	weather  *station
	shelf    *shelf
	heavy    chan struct{} // one for each large body that is being read
	limit    time.Duration // on a call

	mu     sync.Mutex
	fleets map[Credential]*Fleet
	shares map[string]*share // by organization
}

// New makes a Noa. It asks nothing yet. Settings that [Settings.Check] refuses make every call fail.
func New(s Settings, signer Signer) *Noa {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	return &Noa{
		settings: s,
		signer:   signer,
		wrong:    s.Check(),
		api:      newClient(s.CA, headersLimit),
		sts:      newClient(s.CA, exchangeLimit),
		gate:     new(gate),
		breakers: newBreakers(),
		weather:  newStation(),
		shelf:    newShelf(s.Keep),
		heavy:    make(chan struct{}, maxHeavy),
		limit:    callLimit,
		fleets:   make(map[Credential]*Fleet),
		shares:   make(map[string]*share),
	}
}

// Fleet is the fleet of c's organization as c's key sees it. The same
// credential gives the same fleet, with one token.
func (n *Noa) Fleet(c Credential) *Fleet {
	c.Organization = strings.ToLower(c.Organization)
	n.mu.Lock()
	defer n.mu.Unlock()
	f := n.fleets[c]
	if f == nil {
		f = newFleet(n, c, n.shareOf(c.Organization))
		n.fleets[c] = f
		n.weather.join(f.source)
	}
	return f
}

// Forget drops the token of c and what is on its way to become one. The next
// call asks for a new one.
func (n *Noa) Forget(c Credential) {
	c.Organization = strings.ToLower(c.Organization)
	n.mu.Lock()
	f := n.fleets[c]
	n.mu.Unlock()
	if f != nil {
		f.forget()
	}
}

// Close gives up the connections that wait for further calls.
func (n *Noa) Close() {
	n.api.CloseIdleConnections()
	n.sts.CloseIdleConnections()
}

func (n *Noa) shareOf(organization string) *share {
	s := n.shares[organization]
	if s == nil {
		s = newShare(n.gate, n.settings.Rate)
		n.shares[organization] = s
	}
	return s
}
