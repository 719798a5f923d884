package sandbox

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newFleet(t *testing.T, o Options) *Sandbox {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// own are the bicycles of the practice organization and its descendant.
func (f *fleet) own() []*bicycle {
	return slices.DeleteFunc(slices.Clone(f.bicycles), func(b *bicycle) bool { return b.organization == f.tree[2] })
}

func TestFleetIsBelievable(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		f := newFleet(t, Options{Seed: seed}).fleet
		count := map[string]int{}
		for _, b := range f.own() {
			count[b.state]++
			count["named "+b.name]++
			for name, is := range kindsOfBicycle {
				if is(b) {
					count[name]++
				}
			}
		}
		for _, kind := range slices.Concat(bicycleStates, []string{"named 4711", "named ", "named 2042", "named Größe XL 2"}) {
			if count[kind] == 0 {
				t.Errorf("seed %d: no bicycle %q", seed, kind)
			}
		}
		for name := range kindsOfBicycle {
			if count[name] == 0 {
				t.Errorf("seed %d: no bicycle %s", seed, name)
			}
		}
		if len(f.own()) != 160 || count[available] < 90 || count[available] > 130 {
			t.Errorf("seed %d: got %d bicycles, %d of them available", seed, len(f.own()), count[available])
		}
	}
}

var kindsOfBicycle = map[string]func(*bicycle) bool{
	"that never reported":      func(b *bicycle) bool { return b.seen.IsZero() && b.noa != nil },
	"without device and model": func(b *bicycle) bool { return b.noa == nil && b.model == nil && b.fix == nil },
	"whose device was removed": func(b *bicycle) bool { return b.noa == nil && b.fix != nil },
	"with an AXA lock only":    func(b *bicycle) bool { return b.noa == nil && b.axa != nil },
	"unheard of for weeks":     func(b *bicycle) bool { return b.state == available && time.Since(b.seen) > 14*day },
	"without charge":           func(b *bicycle) bool { return b.charge != nil && *b.charge == 0 },
	"nearly without charge":    func(b *bicycle) bool { return b.charge != nil && *b.charge > 0 && *b.charge < 15 },
	"vaguely placed":           func(b *bicycle) bool { return b.fix != nil && b.fix.accuracy > 10_000 },
	"at 0, 0":                  func(b *bicycle) bool { return b.fix != nil && b.fix.point == point{} },
	"with a tag":               func(b *bicycle) bool { return len(b.tags) > 0 },
	"with lines in its note":   func(b *bicycle) bool { return strings.Contains(b.note, "\n") },
	"of the descendant":        func(b *bicycle) bool { return b.organization.parent != nil },
}

func TestNumbersAreUniqueInAnOrganization(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Options{Bicycles: 3000}).fleet
	seen := map[string]bool{}
	for _, b := range f.bicycles {
		for _, key := range []string{b.organization.uuid + b.name, "short " + b.short, b.uuid} {
			if seen[key] {
				t.Errorf("%v occurs twice: %s", b, key)
			}
			seen[key] = true
		}
	}
}

func TestNothingLiesInTheFuture(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC)
	f := newFleet(t, Options{Seed: 3, Now: func() time.Time { return now }}).fleet
	for _, b := range f.bicycles {
		if times := []time.Time{b.created, b.modified, b.seen, b.fixed()}; slices.MaxFunc(times, time.Time.Compare).After(now) {
			t.Errorf("%v: a time lies in the future: %v", b, times)
		}
	}
	for _, trip := range f.trips {
		if times := []time.Time{trip.created, trip.modified, trip.start, trip.end}; slices.MaxFunc(times, time.Time.Compare).After(now) {
			t.Errorf("a trip lies in the future: %v", times)
		}
	}
	if newest := f.trips[0].created; now.Sub(newest) > 2*hour {
		t.Errorf("the newest trip is of %v: the fleet aged", newest)
	}
}

// TestTransitionsLeadToTheState walks through every log with the table of
// the contract.
func TestTransitionsLeadToTheState(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Options{Seed: 6}).fleet
	for _, b := range f.bicycles {
		state, last := inMaintenance, b.created
		for _, step := range slices.Backward(b.log) {
			if !slices.Contains(seededMoves[step.action][state], step.state) {
				t.Errorf("%v: %s from %s to %s", b, step.action, state, step.state)
			}
			if step.at.Before(last) {
				t.Errorf("%v: %s happened before what went ahead", b, step.action)
			}
			state, last = step.state, step.at
		}
		if state != b.state {
			t.Errorf("%v: the log ends in %s", b, state)
		}
		if (b.rental != nil) != (b.state == rented) || (b.reservation != nil) != (b.state == reserved) {
			t.Errorf("%v: reservation and rental do not fit", b)
		}
	}
}

// seededMoves are what an action leads to, by the state before.
var seededMoves = map[string]map[string][]string{
	"declare_available":     {inMaintenance: {available}, lost: {available}, unrecoverable: {available}},
	"put_in_maintenance":    {available: {inMaintenance}},
	"take_over":             {available: {inMaintenance}, inMaintenance: {inMaintenance}},
	"declare_lost":          {available: {lost}},
	"declare_unrecoverable": {available: {unrecoverable}},
	"reserve":               {available: {reserved}},
	"rent":                  {available: {rented}, reserved: {rented}},
	"return_":               {rented: {available}},
	"expire_rental_session": {rented: {available}},
	"retire":                {inMaintenance: {retired}},
}

func TestTicketsAreOfEveryKind(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Options{Seed: 5}).fleet
	count := map[string]int{}
	for _, ticket := range f.tickets {
		kind := "null"
		if ticket.category != nil {
			kind = *ticket.category
		}
		count[kind]++
		count["state "+ticket.state]++
	}
	for _, kind := range slices.Concat(ticketCategories, []string{"null", "", "state new", "state pending", "state closed"}) {
		if count[kind] == 0 {
			t.Errorf("no ticket of the kind %q", kind)
		}
	}
	if len(f.tickets) < 40 {
		t.Errorf("got %d tickets, want 40 and more", len(f.tickets))
	}
}

func TestTheSameSeedMakesTheSameFleet(t *testing.T) {
	t.Parallel()
	now := time.Now()
	answers := func(seed uint64) string {
		n := newNoa(t, Options{Seed: seed, Now: nil})
		if err := n.Switch(func(o *Options) { o.Now = func() time.Time { return now } }); err != nil {
			t.Fatal(err)
		}
		n.Renew()
		var out []string
		for _, path := range []string{"bicycles/?no_page=1", "trips/?page_size=100", "support_tickets/?page_size=100", "organizations/"} {
			out = append(out, strings.ReplaceAll(string(n.get("/api/"+path).raw), n.url, ""))
		}
		return strings.Join(out, "\n")
	}
	first, again, other := answers(7), answers(7), answers(8)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("seed 7 differs from seed 7:\n%.2000s", diff)
	}
	if first == other {
		t.Error("seed 8 makes the fleet of seed 7")
	}
}

func TestAnyOptionsMakeAFleet(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Bicycles: 1, Trips: 1}, {Bicycles: 3, Trips: 50}, {Bicycles: 9, Trips: 7}, {Bicycles: 25, Trips: 2000}} {
		s := newFleet(t, o)
		if len(s.fleet.own()) != o.Bicycles {
			t.Errorf("%+v: got %d bicycles", o, len(s.fleet.own()))
		}
	}
	if _, err := New(Options{Bicycles: -1}); err == nil {
		t.Error("a negative fleet was made")
	}
}
