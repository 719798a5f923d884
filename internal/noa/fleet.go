package noa

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// A Fleet is an organization at Noa as one key sees it, and a manner of asking. All its calls share
// one token. It may be used by many at once.
type Fleet struct {
	*access
	background bool // nobody waits for the answers
	fresh      bool // no answer from before will do
}

// An access is what all fleets of a credential have in common.
type access struct {
	noa        *Noa
	credential Credential
	source     *source
	share      *share

	mu    sync.Mutex
	reads map[string]*flight[reading] // under way, by what they ask
}

// Background asks for what nobody waits for: polls, counts, exports. Its calls
// are fewer in a second and give way to the others.
func (f *Fleet) Background() *Fleet {
	return &Fleet{access: f.access, background: true, fresh: f.fresh}
}

// Fresh asks Noa itself each time, for what is about to be changed: no answer
// of a moment ago and no old one in its place.
func (f *Fleet) Fresh() *Fleet {
	return &Fleet{access: f.access, background: f.background, fresh: true}
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

func newFleet(n *Noa, c Credential, s *share) *Fleet {
	return &Fleet{access: &access{
		noa:        n,
		credential: c,
		source:     newSource(c, n.exchange, n.settings.Log),
		share:      s,
		reads:      make(map[string]*flight[reading]),
	}}
}

// Credential is who asks.
func (f *Fleet) Credential() Credential { return f.credential }

// Scopes are what the token in hand grants. Without one it asks for one. While
// the token service is out of order they are those of the last token: what Noa
// said with it may be shown again, and nothing new can be asked.
func (f *Fleet) Scopes(ctx context.Context) (Scopes, error) {
	granted, err := f.granted(ctx)
	if err != nil && (granted == nil || !passing(err)) {
		return nil, err
	}
	return granted, nil
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
	ctx, cancel := context.WithTimeout(ctx, f.noa.limit)
	defer cancel()
	if !granted.Has(OrganizationRead) {
		_, err = f.fetch(ctx, request{method: http.MethodGet})
		return own, err
	}
	_, err = f.fetch(ctx, request{
		method: http.MethodGet, scope: OrganizationRead, path: []string{"organizations", f.credential.Organization},
		decode: func(a answer) (err error) { own, err = one[Organization](a); return err },
	})
	return own, err
}

// forget makes everything that was learnt with the token worthless.
func (f *Fleet) forget() {
	f.source.forget()
	f.share.changes.Add(1)
}
