package views

import (
	"testing"
	"time"

	"noadesk/internal/noa"
)

// tripNumber is a trip of the contract's list: 0 runs, 1 has ended, 2 has neither bicycle nor matched route.
func tripNumber(t *testing.T, i int) noa.Trip {
	t.Helper()
	trip := examples[noa.Trip](t, "trip-list")[i]
	trip.Fetched = noon.Add(-time.Second)
	return trip
}

func tripSamples(t *testing.T) []sample {
	list := examples[noa.Trip](t, "trip-list")
	odd := noa.Trip{UUID: "c0d7a1de-0b1c-4c1e-8b57-40c1de5f7e21", Type: "joy_ride", AssetState: "on_loan"}
	b := bicycleExample(t, "rented")
	known := map[string]noa.Bicycle{b.UUID: b}
	path := ours.Trips()
	filter := TripFilter{Bicycle: b.UUID, From: "2024-05-01", To: "2024-05-14", Type: noa.Suspicious, Kind: noa.Staff}
	filtered := Pager{Page: 1, Size: 50, Address: NewAddress(ours.TripsOf(b.UUID))}
	return []sample{
		{"trips", Trips{Org: ours, List: append(list, odd), Known: known, Pager: pagerOf(path, 1, 4, 4)}},
		{"trips-of-bicycle", Trips{Org: ours, Bicycle: &b, Filter: TripFilter{Bicycle: b.UUID}, List: list[:1], Pager: pagerOf(path, 1, 1, 1)}},
		{"trips-empty", Trips{Org: ours, Pager: pagerOf(path, 1, 0, 0)}},
		{"trips-nothing-matches", Trips{Org: ours, Bicycle: &b, Filter: filter, Pager: filtered}},
		{"trip", Trip{Org: ours, Trip: tripNumber(t, 1), Bicycle: &b, Known: known}},
		{"trip-running-without-route", Trip{Org: ours, Trip: tripNumber(t, 0), Bicycle: &b, Known: known}},
		{"trip-raw-without-bicycle", Trip{Org: ours, Trip: tripNumber(t, 2)}},
		{"trip-all-null", Trip{Org: ours, Trip: odd}},
	}
}
