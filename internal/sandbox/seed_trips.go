package sandbox

import (
	"math"
	"slices"
	"time"
)

// addTrips gives the bicycles so many trips: a running one for most rented
// bicycles, some of which the bicycle is gone, and the others by chance.
func (s *seeder) addTrips(fleet []*plan, owner *organization, count int) {
	riding := slices.DeleteFunc(slices.Clone(fleet), func(p *plan) bool { return p.seen.IsZero() })
	if len(riding) == 0 {
		return
	}
	shares := s.share(riding, count)
	for i, p := range riding {
		s.ride(p, shares[i])
	}
	for range orphans(count) {
		s.addOrphan(owner)
	}
	if count >= 40 {
		s.addHidden(riding[0])
	}
}

// orphans is how many of the trips have no bicycle any more.
func orphans(count int) int {
	if count < 40 {
		return 0
	}
	return 4
}

// share spreads the trips over the bicycles. The first one, which does not
// unlock, has six at least.
func (s *seeder) share(riding []*plan, count int) []int {
	out := make([]int, len(riding))
	left := count - orphans(count)
	give := func(i, n int) {
		n = min(n, left)
		out[i] += n
		left -= n
	}
	for i, p := range riding {
		switch {
		case p.wontUnlock:
			give(i, 6)
		case p.bicycle.state == rented && s.hits(0.8):
			give(i, 1)
		}
	}
	for left > 0 {
		give(s.IntN(len(riding)), 1)
	}
	return out
}

// ride makes a bicycle's trips backwards from the last one.
func (s *seeder) ride(p *plan, count int) {
	until, to := p.inUse(), -1
	for n := range count {
		if n == 0 && p.bicycle.state == rented {
			p.add(s.running(p))
			continue
		}
		t := s.trip(p, s.wayTo(p, n, to))
		s.endBefore(t, until.Add(-s.pause(p, n)))
		p.add(t)
		until, to = t.start, -1
		if t.way != nil && t.way.From != nil {
			to = *t.way.From
		}
	}
	s.bringForward(p)
	s.fleet.trips = append(s.fleet.trips, p.trips...)
}

// inUse is until when the bicycle was ridden and could tell about it.
func (p *plan) inUse() time.Time {
	if p.seen.Before(p.since) {
		return p.seen
	}
	return p.since
}

func (p *plan) add(t *trip) { p.trips = append(p.trips, t) }

// bringForward makes the bicycle older than its first trip.
func (s *seeder) bringForward(p *plan) {
	if len(p.trips) == 0 {
		return
	}
	if first := p.trips[len(p.trips)-1].start; first.Before(p.created.Add(2 * day)) {
		p.created = first.Add(-s.span(2*day, 20*day))
	}
}

func (s *seeder) pause(p *plan, n int) time.Duration {
	if p.wontUnlock && n < 3 {
		return s.span(5*time.Minute, 18*time.Minute)
	}
	if n == 0 && s.hits(0.3) {
		return s.span(40*time.Second, 25*time.Minute)
	}
	return s.span(10*time.Minute, hour) + s.wait(20*hour)
}

// wayTo chooses a route, mostly one that ends where the next trip begins.
func (s *seeder) wayTo(p *plan, n, spot int) *route {
	if p.wontUnlock && n < 3 {
		return s.shortWay(p, n)
	}
	if here := s.byEnd[spot]; len(here) > 0 && s.hits(0.7) && !p.wontUnlock {
		return &s.city.Routes[pick(s.chance, here)]
	}
	return s.nextWay(p.wontUnlock)
}

// nextWay is the next route of the file, whose order is shuffled.
func (s *seeder) nextWay(notShort bool) *route {
	for {
		s.next++
		if way := &s.city.Routes[s.next%len(s.city.Routes)]; !notShort || !way.short() {
			return way
		}
	}
}

// shortWay is the same for all three attempts: they begin at one rack.
func (s *seeder) shortWay(p *plan, n int) *route {
	if n > 0 {
		return p.trips[0].way
	}
	for i := range s.city.Routes {
		if r := &s.city.Routes[i]; r.short() && r.From != nil {
			return r
		}
	}
	return &s.city.Routes[0]
}

// trip is one along a route; some have an oddity.
func (s *seeder) trip(p *plan, way *route) *trip {
	t := &trip{
		bicycle: p.bicycle, organization: p.organization, way: way, track: s.Uint64(),
		serial: s.deviceSerial(p), assetState: "in_service", kind: "regular", duration: s.rideTime(way),
	}
	length := int(math.Round(float64(way.Length) * s.between(0.98, 1.04)))
	t.distance = &length
	if way.suspicious() {
		t.kind = "suspicious"
	}
	if !p.wontUnlock {
		s.spoil(t)
	}
	return t
}

// spoil makes some trips without route, without match, by the workshop, or
// longer than a day.
func (s *seeder) spoil(t *trip) {
	switch dice := s.Float64(); {
	case dice < 0.04:
		t.way, t.distance = nil, nil
	case dice < 0.07:
		t.unmatched = true
	case dice < 0.11:
		t.assetState = inMaintenance
	case dice < 0.125:
		t.overDay()
	}
}

// overDay lets the trip last as one whose STOP event came late.
func (t *trip) overDay() {
	t.duration = 26*hour + 5*time.Minute + 9*time.Second + 500*time.Millisecond
	t.kind, t.unmatched = "suspicious", true
}

// rideTime is slow for a lock that does not open and fast in a van.
func (s *seeder) rideTime(way *route) time.Duration {
	speed := s.between(2.8, 5) // metres a second
	switch {
	case way.short():
		speed = s.between(0.5, 1)
	case way.long():
		speed = s.between(5, 9)
	}
	return time.Duration(float64(way.Length) / speed * float64(time.Second)).Truncate(time.Second)
}

// endBefore sets the times. Noa processes a trip minutes after its end;
// some devices send much later.
func (s *seeder) endBefore(t *trip, end time.Time) {
	t.end = end.Truncate(time.Second)
	t.start = t.end.Add(-t.duration)
	soon, late := s.span(20*time.Second, 4*time.Minute), s.span(2*hour, 40*hour)
	created := t.end.Add(soon)
	if s.hits(0.08) && !t.end.Add(late).After(s.now) {
		created = t.end.Add(late)
	}
	if created.After(s.now) {
		created = t.end.Add(s.now.Sub(t.end) / 2)
	}
	t.record = s.record(created, created.Add(s.span(0, 10*time.Second)))
	if t.modified.After(s.now) {
		t.modified = s.now
	}
}

// running is the trip of a rented bicycle: no end, no route yet.
func (s *seeder) running(p *plan) *trip {
	start := p.since.Add(s.span(10*time.Second, 50*time.Second))
	created := start.Add(s.span(20*time.Second, 70*time.Second))
	return &trip{
		record: s.record(created, created), bicycle: p.bicycle, organization: p.organization, start: start,
		serial: s.deviceSerial(p), assetState: "in_service", kind: "regular",
	}
}

func (s *seeder) deviceSerial(p *plan) string {
	if p.noa == nil {
		return ""
	}
	return p.noa.bleid[3:11]
}

// addOrphan is a trip of a bicycle that is gone since; the first one lasts
// over a day.
func (s *seeder) addOrphan(owner *organization) {
	ghost := &plan{bicycle: &bicycle{organization: owner, noa: &device{bleid: "NOA" + s.code(hexDigits, 9)}}}
	t := s.trip(ghost, s.nextWay(false))
	if !slices.ContainsFunc(s.fleet.trips, func(t *trip) bool { return t.bicycle == nil }) {
		t.overDay()
		zero := 0
		t.distance, t.assetState = &zero, inMaintenance
	}
	t.bicycle = nil
	s.endBefore(t, s.ago(s.span(2*day, 25*day)))
	s.fleet.trips = append(s.fleet.trips, t)
}

// addHidden are trips that no client application sees: judged invalid, and
// private.
func (s *seeder) addHidden(p *plan) {
	for _, asset := range []string{"in_service", "private"} {
		t := s.trip(p, &s.city.Routes[0])
		t.hidden, t.assetState = true, asset
		s.endBefore(t, s.ago(s.span(30*day, 40*day)))
		s.fleet.trips = append(s.fleet.trips, t)
	}
}
