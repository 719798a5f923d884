package views

import (
	"testing"
	"time"

	"noadesk/internal/noa"
)

// everyBicycle is a list with each state, each age of a signal and each kind of fix.
func everyBicycle(t *testing.T) []noa.Bicycle {
	t.Helper()
	list := []noa.Bicycle{
		bicycleExample(t, "available"), bicycleExample(t, "reserved"), bicycleExample(t, "rented"),
		bicycleExample(t, "lost"), bicycleExample(t, "all-null"), unknownBicycle(t), retiredBicycle(t),
	}
	list[0].LastSeen = before(20 * time.Second)
	list[1].LastSeen, list[1].LastFix = before(16*time.Minute), noa.Time{}
	list[2].LastSeen, list[2].LastFix = before(3*time.Hour), noa.Time{}
	list[2].Charge = pointer(3.2)
	list[3].Accuracy = pointer(1800.0)
	return list
}

// unknownBicycle is in a state that Noa does not document, and named in another script.
func unknownBicycle(t *testing.T) noa.Bicycle {
	t.Helper()
	b := bicycleExample(t, "available")
	b.UUID, b.Name, b.State = "5a0e0c4e-58c7-4f0e-a3cf-0a6a2b9f7d11", "Шұғыла-7", "in_transit_to_depot"
	b.SerialNumber, b.Accuracy, b.Charge = "", nil, pointer(0.0)
	b.Description = "Größe M, blauer Sattel"
	return b
}

func retiredBicycle(t *testing.T) noa.Bicycle {
	t.Helper()
	b := bicycleExample(t, "lost")
	b.UUID, b.Name, b.State = "b1e1a6f0-3d5c-4a7e-9f59-6d2f3c1b8a40", "", noa.Retired
	return b
}

func bicycleListSamples(t *testing.T) []sample {
	list := everyBicycle(t)
	path := ours.Bicycles()
	many := pagerOf(path, 2, len(list), 1234)
	many.Unread, many.Address = 2, many.Address.With("state", "all")
	found := pagerOf(path, 1, 0, 0)
	found.Address = found.Address.With("q", "4771").With("state", "lost")
	return []sample{
		{"bicycles", Bicycles{Org: ours, List: list, Pager: pagerOf(path, 1, len(list), len(list))}},
		{"bicycles-second-page", Bicycles{Org: ours, State: "all", List: list, Pager: many}},
		{"bicycles-of-the-contract", Bicycles{Org: ours, State: "rented", List: examples[noa.Bicycle](t, "bicycle-list-page1"), Pager: pagerOf(path, 1, 2, 5)}},
		{"bicycles-old", Bicycles{Org: ours, List: list[:2], Pager: Pager{Org: ours, Page: 1, Size: 50, Total: 2, Shown: 2, Address: NewAddress(path), AsOf: fromBefore()}}},
		{"bicycles-empty", Bicycles{Org: ours, Pager: pagerOf(path, 1, 0, 0)}},
		{"bicycles-nothing-matches", Bicycles{Org: ours, State: "lost", Search: "4771", Pager: found}},
		{"bicycles-none-in-state", Bicycles{Org: ours, State: "reserved", Pager: pagerOf(path, 1, 0, 0)}},
		{"search", Search{Org: ours, Query: "SPZ", Found: list, Pager: pagerOf(ours.Search(), 1, len(list), len(list))}},
		{"search-nothing-asked", Search{Org: ours}},
		{"search-nothing-found", Search{Org: ours, Query: "Rad «Grün»"}},
		{"which-bicycle", WhichBicycle{Number: "SPZ-0101", Found: []FoundBicycle{{ours, "", list[0]}, {Org{Slug: "kreuzberg", Name: "Kreuzberg"}, "Spatzrad Süd", list[3]}}}},
	}
}

// bicyclePage is a bicycle with everything that Noa knows of it.
func bicyclePage(t *testing.T, b noa.Bicycle) Bicycle {
	t.Helper()
	return Bicycle{
		Org: ours, Bicycle: b,
		Tickets:     answered(examples[noa.Ticket](t, "support-ticket-list")),
		Trips:       answered(examples[noa.Trip](t, "trip-list")),
		Transitions: answered(examples[noa.Transition](t, "bicycle-transitions")),
		CanFile:     true,
	}
}

// fromBefore is an answer that stands in for one that did not come.
func fromBefore() noa.AsOf {
	return noa.AsOf{Fetched: noon.Add(-12 * time.Minute), Kept: true, Trouble: noa.ErrBusy}
}

func bicycleSamples(t *testing.T) []sample {
	known := bicyclePage(t, bicycleExample(t, "available"))
	still := bicyclePage(t, bicycleExample(t, "reserved"))
	still.Tickets, still.Trips, still.Transitions = late[[]noa.Ticket](), late[[]noa.Trip](), late[[]noa.Transition]()
	broken := bicyclePage(t, bicycleExample(t, "lost"))
	broken.Tickets, broken.Trips, broken.Transitions = failed[[]noa.Ticket](), failed[[]noa.Trip](), failed[[]noa.Transition]()
	narrow := bicyclePage(t, bicycleExample(t, "rented"))
	narrow.Trips, narrow.Tickets, narrow.CanFile = forbidden[[]noa.Trip](noa.TripRead), forbidden[[]noa.Ticket](noa.TicketRead), false
	aged := bicyclePage(t, bicycleExample(t, "available"))
	aged.Bicycle.AsOf = fromBefore()
	aged.Trips.AsOf, aged.Tickets.AsOf, aged.Transitions.AsOf = fromBefore(), fromBefore(), noa.AsOf{Fetched: noon}
	return []sample{
		{"bicycle", known},
		{"bicycle-old", aged},
		{"bicycle-late", still},
		{"bicycle-panels-failed", broken},
		{"bicycle-missing-scopes", narrow},
		{"bicycle-all-null", Bicycle{Org: ours, Bicycle: bicycleExample(t, "all-null")}},
		{"bicycle-unknown-state", bicyclePage(t, unknownBicycle(t))},
		{"bicycle-retired", Bicycle{Org: ours, Bicycle: retiredBicycle(t)}},
	}
}

func deskSamples(t *testing.T) []sample {
	counted := make([]StateCount, 0, len(noa.States))
	for i, s := range noa.States {
		counted = append(counted, StateCount{s, answered(i * i * 97)})
	}
	uncounted := append([]StateCount{}, counted...)
	uncounted[1].Panel, uncounted[2].Panel = late[int](), failed[int]()
	tickets := answered(examples[noa.Ticket](t, "support-ticket-list"))
	b := bicycleExample(t, "all-null")
	known := map[string]noa.Bicycle{b.UUID: b}
	return []sample{
		{"desk", Desk{Org: ours, HasKey: true, Counts: counted, Tickets: tickets, Known: known, CanFile: true}},
		{"desk-late-and-failed", Desk{Org: ours, HasKey: true, Counts: uncounted, Tickets: late[[]noa.Ticket]()}},
		{"desk-tickets-failed", Desk{Org: ours, HasKey: true, Counts: counted, Tickets: failed[[]noa.Ticket]()}},
		{"desk-no-tickets", Desk{Org: ours, HasKey: true, Counts: counted}},
		{"desk-without-key", Desk{Org: ours, CanKeep: true}},
		{"desk-without-key-or-right", Desk{Org: ours}},
		{"desk-with-a-damaged-key", Desk{Org: ours, Damaged: true, CanKeep: true}},
	}
}
