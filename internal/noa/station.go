package noa

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limits on what the weather is measured by, so that it takes no more than some 30 MB.
const (
	maxClimates  = 256 // organizations
	maxEndpoints = 16  // of each
	maxFailures  = 50  // of each
)

// elsewhere is what endpoints count as that are one too many.
const elsewhere = "other endpoints"

// A station measures the weather.
type station struct {
	began time.Time

	mu      sync.Mutex
	of      map[string]*climate  // by organization
	sources map[string][]*source // by organization
}

// A climate is what was measured of one organization.
type climate struct {
	last     int64 // the minute of its last call
	hours    map[string]*hour
	failures []Failure // the oldest at next, once there are enough
	next     int
}

func newStation() *station {
	return &station{began: time.Now(), of: make(map[string]*climate), sources: make(map[string][]*source)}
}

// minute is counted by the clock that nobody sets.
func (s *station) minute(now time.Time) int64 { return int64(now.Sub(s.began) / time.Minute) }

// join makes a source one of its organization's.
func (s *station) join(one *source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := one.credential.Organization
	s.sources[of] = append(s.sources[of], one)
}

// note counts a call. Those of operators belong to no organization.
func (s *station) note(c Call, now time.Time) {
	if c.Organization == "" || c.left() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.climate(c.Organization)
	at.last = s.minute(now)
	at.hour(c.Endpoint).add(at.last, c)
	if c.Err != nil {
		at.fail(c, now)
	}
}

// climate finds an organization's, or makes it in the place of the one that was still for longest.
func (s *station) climate(organization string) *climate {
	at := s.of[organization]
	if at == nil {
		if len(s.of) >= maxClimates {
			delete(s.of, s.stillest())
		}
		at = &climate{hours: make(map[string]*hour)}
		s.of[organization] = at
	}
	return at
}

func (s *station) stillest() (organization string) {
	least := int64(-1)
	for name, at := range s.of {
		if least < 0 || at.last < least {
			organization, least = name, at.last
		}
	}
	return organization
}

func (at *climate) hour(endpoint string) *hour {
	endpoint = cmp.Or(endpoint, "/")
	h := at.hours[endpoint]
	if h == nil && len(at.hours) >= maxEndpoints-1 {
		endpoint = elsewhere
		h = at.hours[endpoint]
	}
	if h == nil {
		h = new(hour)
		at.hours[endpoint] = h
	}
	return h
}

func (at *climate) fail(c Call, now time.Time) {
	f := Failure{
		At: now, Method: c.Method, Endpoint: cmp.Or(c.Endpoint, "/"), Kind: kinds[c.kindIndex()],
		Status: c.Status, RequestID: c.RequestID, Took: c.Took,
	}
	if len(at.failures) < maxFailures {
		at.failures = append(at.failures, f)
		return
	}
	at.failures[at.next] = f
	at.next = (at.next + 1) % maxFailures
}

// sky is what was measured of the last minutes. What it means is for [Noa.Sky] to say.
func (s *station) sky(organization string, now time.Time) (sky Sky) {
	s.mu.Lock()
	defer s.mu.Unlock()
	organization = strings.ToLower(organization)
	sky.NoToken = helpless(s.sources[organization], now)
	sky.Word = Unknown
	at, minute := s.of[organization], s.minute(now)
	if at == nil || at.last <= minute-hourMinutes {
		return sky
	}
	var lately tally
	for _, h := range at.hours {
		h.since(minute, skyMinutes, &lately)
	}
	sky.Word, sky.Calls, sky.Failed, sky.P95 = Fine, int(lately.calls), int(lately.failed), lately.percentile(95)
	return sky
}

// asked says whether an organization asked for an endpoint at all.
func (s *station) asked(organization, endpoint string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.of[strings.ToLower(organization)]
	return at != nil && at.hours[cmp.Or(endpoint, "/")] != nil
}

// report is what was measured of the last hour.
func (s *station) report(organization string, now time.Time) (w Weather) {
	s.mu.Lock()
	defer s.mu.Unlock()
	organization = strings.ToLower(organization)
	w.Since = now.Add(-min(time.Hour, now.Sub(s.began)))
	w.Tokens = states(s.sources[organization], now)
	at := s.of[organization]
	if at == nil {
		return w
	}
	var all tally
	for _, endpoint := range slices.Sorted(maps.Keys(at.hours)) {
		var one tally
		at.hours[endpoint].since(s.minute(now), hourMinutes, &one)
		if one.calls > 0 {
			w.Endpoints = append(w.Endpoints, one.conditions(endpoint))
		}
		all.merge(&one)
	}
	w.All, w.Failures = all.conditions(""), at.lastFailures(w.Since)
	return w
}

// lastFailures are those since a moment, the newest first.
func (at *climate) lastFailures(since time.Time) (list []Failure) {
	for i := range at.failures {
		f := at.failures[(at.next+len(at.failures)-1-i)%len(at.failures)]
		if f.At.Before(since) {
			break
		}
		list = append(list, f)
	}
	return list
}

// tokens are the states of each organization's token in use.
func (s *station) tokens(now time.Time) (list []TokenState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, organization := range slices.Sorted(maps.Keys(s.sources)) {
		of := states(s.sources[organization], now)
		if len(of) == 0 {
			continue
		}
		for _, other := range of[1:] {
			of[0].Renewals += other.Renewals
		}
		list = append(list, of[0])
	}
	return list
}
