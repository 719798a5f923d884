package noa

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// A Fleet is an organization at Noa as one key sees it. All its calls share
// one token. It may be used by many at once.
type Fleet struct {
	noa        *Noa
	credential Credential
	source     *source
	pace       *pace
	slots      chan struct{} // one for each call under way

	mu     sync.Mutex
	reads  map[string]*flight[answer] // under way, by what they ask
	writes int                        // a read from before a write is not joined after it
}

// A Proof says what Noa made of a key: it was exchanged for a token, and a
// call with that token was answered.
type Proof struct {
	Scopes       Scopes
	Exchanged    time.Time
	Expires      time.Time     // of the token
	Skew         time.Duration // how far Noa's clock is ahead of this machine's
	SkewKnown    bool
	Organization string // its name at Noa, "" without [OrganizationRead]
	Timezone     string // in which it runs its fleet, "" without [OrganizationRead] or a preference
}

func newFleet(n *Noa, c Credential, p *pace) *Fleet {
	return &Fleet{
		noa:        n,
		credential: c,
		source:     newSource(c, n.exchange, n.settings.Log),
		pace:       p,
		slots:      make(chan struct{}, maxAtOnce),
		reads:      make(map[string]*flight[answer]),
	}
}

// Credential is who asks.
func (f *Fleet) Credential() Credential { return f.credential }

// Scopes are what the token in hand grants. Without one it asks for one.
func (f *Fleet) Scopes(ctx context.Context) (Scopes, error) {
	t, err := f.source.get(ctx, 0)
	if err != nil {
		return nil, err
	}
	return t.scopes, nil
}

// Prove asks Noa for a new token and makes one call with it. A token that is
// less than a minute old proves as much and is not asked for again. Where
// earlier failures make others wait, Prove does not.
func (f *Fleet) Prove(ctx context.Context) (Proof, error) {
	t, err := f.source.prove(ctx)
	if err != nil {
		return Proof{}, err
	}
	own, err := f.trial(ctx, t.scopes)
	if err != nil {
		return Proof{}, err
	}
	if t, err = f.source.get(ctx, 0); err != nil { // the call may have renewed it
		return Proof{}, err
	}
	p := Proof{Scopes: t.scopes, Exchanged: t.got, Expires: t.expires, Organization: own.Name}
	if own.Preference != nil {
		p.Timezone = own.Preference.Timezone
	}
	p.Skew, p.SkewKnown = f.noa.clock.skew()
	return p, nil
}

// trial makes one call with the token in hand, joined to no other: one that
// began earlier may have used another token.
func (f *Fleet) trial(ctx context.Context, granted Scopes) (own Organization, err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	if !granted.Has(OrganizationRead) {
		_, err = f.fetch(ctx, request{method: http.MethodGet})
		return own, err
	}
	a, err := f.fetch(ctx, request{method: http.MethodGet, path: []string{"organizations", f.credential.Organization}})
	if err != nil {
		return own, err
	}
	return one[Organization](a)
}

// forget makes everything that was learnt with the token worthless.
func (f *Fleet) forget() {
	f.source.forget()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes++
}
