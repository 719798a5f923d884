package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// A story is a kind of ticket that people file.
type story struct {
	category string // "-" is null
	message  string // %s is a place
	bicycle  bool
	location bool
}

var stories = []story{
	{"bicycle_damaged", "Lock does not open, tried three times", true, false},
	{"bicycle_damaged", "Front brake lever broken off", true, false},
	{"bicycle_damaged", "Flat tyre, rear", true, true},
	{"bicycle_damaged", "Saddle cannot be fixed.\nSlides down after 100 m.", true, false},
	{"bicycle_damaged", "Chain is off and stuck.\n\nLeft it at the rack near %s.", true, true},
	{"bicycle_damaged", "Шина спущена, рядом с %s", true, false},
	{"bicycle_missing", "App shows a bicycle here, there is none. %s", true, true},
	{"bicycle_missing", "Rack at %s: bicycle is not where it should be", false, true},
	{"location_needs_bicycles", "Rack empty at %s", false, true},
	{"location_needs_bicycles", "No bicycle at %s since this morning, many people are waiting", false, true},
	{"-", "Bell is missing", true, false},
	{"-", "How do I end my ride?", false, false},
	{"", "Paid twice for one ride", false, false},
	{"-", "", false, false},
}

// addTickets files what riders and staff reported in the last weeks: each
// story thrice, the older ones further on than new.
func (s *seeder) addTickets(owners []*organization) {
	first := s.fleet.bicycles[0]
	s.file(owners[0], stories[0], first, 15*time.Minute)
	s.file(owners[0], story{"bicycle_damaged", "4711 won't unlock", true, false}, first, 50*time.Minute)
	for i := range 3 * len(stories) {
		b := pick(s.chance, s.fleet.bicycles)
		age := s.span(20*time.Minute, 5*day) + time.Duration(i/len(stories))*12*day
		t := s.file(b.organization, stories[i%len(stories)], b, age)
		if age > 24*day {
			t.state = pick(s.chance, ticketStates)
		}
	}
	gone := s.file(owners[0], stories[1], first, 50*day)
	gone.bicycle = "" // it was deleted since
}

func (s *seeder) file(o *organization, told story, b *bicycle, age time.Duration) *ticket {
	place := pick(s.chance, s.city.Spots)
	created := s.ago(age)
	t := &ticket{
		record: s.record(created, created), state: "new", organization: o,
		owner: pick(s.chance, s.fleet.users), message: told.message,
	}
	if strings.Contains(told.message, "%s") {
		t.message = fmt.Sprintf(told.message, place.Name)
	}
	if told.category != "-" {
		t.category = &told.category
	}
	if told.bicycle {
		t.bicycle = b.uuid
	}
	if told.location {
		at := s.near(place.Position, 25)
		t.location = &at
	}
	s.fleet.tickets = append(s.fleet.tickets, t)
	return t
}
