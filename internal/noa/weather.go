package noa

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/sony/gobreaker/v2"
)

// A Call is one call of Noa, or one exchange for a token, after its end. It holds nothing secret.
type Call struct {
	Organization string // uuid, "" for an operator's calls
	Method       string
	Endpoint     string // the collection and what belongs to its members: "bicycles/actions"; [Exchanging] is one
	Status       int    // 0 where there was no answer
	RequestID    string // Noa's, where it gave one
	Began        time.Time
	Took         time.Duration
	Err          error // nil where it went well
}

// Exchanging is the endpoint of a call that is an exchange for a token.
const Exchanging = "jwt"

// A Word says in one word how Noa answers an organization's calls.
type Word string

// The words, and what makes each of them so.
const (
	Failing Word = "failing" // see [Sky]
	Slow    Word = "slow"    // one call in twenty of the last five minutes took more than two seconds
	Fine    Word = "fine"
	Unknown Word = "unknown" // not asked within the last hour
)

// What makes it [Failing] and [Slow].
const (
	skyMinutes  = 5
	failingFrom = 3 // calls that failed
	failingPart = 5 // of so many
	slowFrom    = 2 * time.Second
)

// A Sky is a word with what was measured of the last five minutes. It is
// [Failing] where at least three calls and a fifth of all failed through
// Noa's trouble, where calls of a collection are given up for a moment, or where
// a token was needed and there is none.
type Sky struct {
	Word    Word
	Calls   int
	Failed  int           // of these, through Noa's trouble: not answered, out of order, busy, senseless
	P95     time.Duration // one call in twenty took longer
	Given   []string      // up: endpoints whose calls are not made at the moment
	NoToken bool
}

// Weather is how Noa has answered an organization's calls within the last
// hour. It is measured by calls that were made anyway, and forgotten when the program ends.
type Weather struct {
	Sky
	At        time.Time
	Since     time.Time // an hour ago, or when measuring began
	All       Conditions
	Endpoints []Conditions // by name; see also [Exchanging]
	Failures  []Failure    // the last ones, the newest first
	Tokens    []TokenState // the one in use first
	Skew      time.Duration
	SkewKnown bool // Noa's clock is ahead of this machine's by Skew
}

// Conditions are what was measured of calls of one kind.
type Conditions struct {
	Endpoint string // "" for all
	Calls    int
	Failed   int          // through Noa's trouble
	Errors   []ErrorCount // of every kind that there was
	P50, P95 time.Duration
}

// An ErrorCount is how many calls failed in one way.
type ErrorCount struct {
	Kind  string // "404", "5xx", "timeout", …
	Count int
}

// A Failure is a call that failed.
type Failure struct {
	At        time.Time // its end
	Method    string
	Endpoint  string
	Kind      string
	Status    int    // 0 where there was no answer
	RequestID string // Noa's, where it gave one
	Took      time.Duration
}

// Sky says in a word how Noa answers an organization's calls. It costs a few microseconds.
func (n *Noa) Sky(organization string) Sky {
	now := time.Now()
	sky := n.weather.sky(organization, now)
	if sky.Word == Unknown && !sky.NoToken {
		return sky
	}
	for _, collection := range n.breakers.open() {
		if n.weather.asked(organization, collection) {
			sky.Given = append(sky.Given, collection)
		}
	}
	switch {
	case sky.NoToken, len(sky.Given) > 0, sky.Failed >= failingFrom && sky.Failed*failingPart >= sky.Calls:
		sky.Word = Failing
	case sky.P95 > slowFrom:
		sky.Word = Slow
	}
	return sky
}

// Weather tells how Noa has answered an organization's calls. It asks Noa nothing.
func (n *Noa) Weather(organization string) Weather {
	now := time.Now()
	w := n.weather.report(organization, now)
	w.Sky, w.At = n.Sky(organization), now
	w.Skew, w.SkewKnown = n.Skew()
	return w
}

// Skew is how far Noa's clock is ahead of this machine's, and whether that is known.
func (n *Noa) Skew() (time.Duration, bool) { return n.clock.skew() }

// Tokens are the states of the tokens in use, one for each organization that needed one.
func (n *Noa) Tokens() []TokenState { return n.weather.tokens(time.Now()) }

// observe takes a call down, and tells whoever else observes.
func (n *Noa) observe(c Call) {
	n.weather.note(c, time.Now())
	if n.settings.Observe != nil {
		n.settings.Observe(c)
	}
}

// open are the collections whose calls are given up for a moment.
func (b *breakers) open() (collections []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for collection, cb := range b.of {
		if cb.State() == gobreaker.StateOpen {
			collections = append(collections, collection)
		}
	}
	slices.Sort(collections)
	return collections
}

func callOf(organization string, r request, began time.Time, a answer, err error) Call {
	c := Call{
		Organization: organization, Method: r.method, Endpoint: r.collection(),
		Status: a.status, RequestID: a.requestID, Began: began, Took: time.Since(began), Err: err,
	}
	var e *Error
	if errors.As(err, &e) {
		c.Status, c.RequestID = e.Status, e.RequestID
	}
	return c
}

func exchangeOf(c Credential, began time.Time, err error) Call {
	call := Call{Organization: c.Organization, Method: http.MethodPost, Endpoint: Exchanging, Status: http.StatusOK, Began: began, Took: time.Since(began), Err: err}
	var e *TokenError
	if errors.As(err, &e) {
		call.Status = e.Status
	}
	return call
}
