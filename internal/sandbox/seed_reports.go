package sandbox

import (
	"math"
	"time"
)

// workshop is the number of the spot where bicycles are repaired.
const workshop = 43

// report fills in what the devices sent last, and the rider who holds it.
func (s *seeder) report(p *plan) {
	s.hold(p)
	if p.seen.IsZero() {
		return
	}
	p.bicycle.seen = p.seen
	charge := s.chargeOf(p)
	p.charge = &charge
	p.fix = s.fixOf(p)
	if p.bicycle.state == retired && s.hits(0.7) {
		p.noa, p.axa = nil, nil // taken off; the last position stays
	}
}

func (s *seeder) chargeOf(p *plan) float64 {
	switch {
	case p.empty:
		return 0
	case s.hits(0.1):
		return tenth(s.between(3, 20))
	}
	return tenth(s.between(30, 100))
}

func (s *seeder) fixOf(p *plan) *fix {
	f := &fix{point: s.place(p), accuracy: tenth(s.between(2.5, 18)), at: s.fixTime(p)}
	if s.hits(0.85) {
		pdop := tenth(s.between(0.9, 3.5))
		f.pdop = &pdop
	}
	switch {
	case p.nowhere:
		f.point, f.accuracy = point{}, 9_999_000
	case p.vague:
		f.accuracy = 48_250
	case s.hits(0.05):
		f.accuracy = math.Round(s.between(80, 2600))
	}
	return f
}

// fixTime is mostly just before the last message; a bicycle in a cellar
// sends without knowing where it is.
func (s *seeder) fixTime(p *plan) time.Time {
	behind := s.span(3*time.Second, 15*time.Second)
	if s.hits(0.1) && p.bicycle.state != rented {
		behind = s.span(hour, 30*hour)
	}
	at := p.seen.Add(-behind)
	if last := p.lastTrip(); last != nil && !last.end.IsZero() && at.Before(last.end) {
		return last.end
	}
	return at
}

// lastTrip is the last one that has ended or runs, nil without trips.
func (p *plan) lastTrip() *trip {
	if len(p.trips) == 0 {
		return nil
	}
	return p.trips[0]
}

// place is where the bicycle is: where its last known trip ended, unless
// somebody moved it or a rider is on the way.
func (s *seeder) place(p *plan) point {
	state := p.bicycle.state
	switch {
	case state == rented && p.lastTrip() != nil && p.lastTrip().end.IsZero():
		line := s.city.Routes[s.IntN(len(s.city.Routes))].Line
		return s.near(line[len(line)/2], 5)
	case state == retired, state == inMaintenance && s.hits(0.6):
		return s.near(s.city.Spots[workshop].Position, 40)
	}
	for _, t := range p.trips {
		if t.way != nil {
			return s.near(t.way.end(), 4)
		}
	}
	return s.near(pick(s.chance, s.city.Spots).Position, 60)
}

// hold puts a rider on a rented or reserved bicycle.
func (s *seeder) hold(p *plan) {
	h := &hold{record: s.record(p.since, p.since), user: pick(s.chance, s.riders)}
	switch p.bicycle.state {
	case rented:
		p.rental = h
	case reserved:
		p.reservation = h
	}
}

// logStates writes down how the bicycle came into its state.
func (s *seeder) logStates(p *plan) {
	s.putFirst(p)
	for i := len(p.trips) - 1; i >= 0; i-- {
		s.logTrip(p, p.trips[i])
	}
	s.logLast(p)
	if len(p.log) > 0 {
		p.modified = p.log[0].at
		p.version = p.modified.UnixMicro() + s.Int64N(900)
	}
}

func (p *plan) logged(at time.Time, state, action, by string) {
	p.log = append([]transition{{at, state, action, by}}, p.log...)
}

// putFirst is the declaration that put a new bicycle on the street, before
// its first trip.
func (s *seeder) putFirst(p *plan) {
	if p.bare || p.silent || p.axaOnly {
		return
	}
	p.logged(p.created.Add(s.span(3*hour, 12*hour)), available, "declare_available", pick(s.chance, s.staff))
}

// logTrip is a rental, or nothing for a ride of the workshop. A rental over
// a day is ended by the system.
func (s *seeder) logTrip(p *plan, t *trip) {
	if t.assetState == inMaintenance || t.end.IsZero() {
		return
	}
	rider := pick(s.chance, s.riders)
	p.logged(t.start.Add(-8*time.Second), rented, "rent", rider)
	if t.duration > day {
		p.logged(t.end.Add(6*time.Second), available, "expire_rental_session", "")
		return
	}
	p.logged(t.end.Add(6*time.Second), available, "return_", rider)
}

func (s *seeder) logLast(p *plan) {
	staff := pick(s.chance, s.staff)
	switch p.bicycle.state {
	case rented:
		p.logged(p.since, rented, "rent", p.rental.user)
	case reserved:
		p.logged(p.since, reserved, "reserve", p.reservation.user)
	case lost:
		if s.hits(0.3) {
			staff = "" // the system, after time outside the service area
		}
		p.logged(p.since, lost, "declare_lost", staff)
	case unrecoverable:
		p.logged(p.since, unrecoverable, "declare_unrecoverable", staff)
	case retired:
		p.logged(p.since.Add(-20*time.Minute), inMaintenance, "put_in_maintenance", staff)
		p.logged(p.since, retired, "retire", staff)
	case inMaintenance:
		s.logMaintenance(p, staff)
	}
}

// logMaintenance leaves out what is in maintenance because it is new.
func (s *seeder) logMaintenance(p *plan, staff string) {
	if len(p.log) == 0 {
		return
	}
	action := pick(s.chance, []string{"put_in_maintenance", "take_over"})
	p.logged(p.since, inMaintenance, action, staff)
}
