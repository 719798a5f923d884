package views

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"noadesk/internal/noa"
)

// noon is when all pages of these tests are drawn: shortly after what Noa's examples tell.
var noon = time.Date(2024, 5, 14, 9, 30, 0, 0, time.UTC)

// ours is the organisation of Noa's examples as pages know it.
var ours = Org{Slug: "spatzrad", Name: "Spatzrad Berlin", UUID: "5d1c0a7e-3f42-4b8e-9c61-7a2f0e9d4b13", Zone: time.FixedZone("Europe/Berlin", 2*60*60)}

// whole is a frame with everything in it that a frame can hold.
var whole = Frame{
	Org:       ours,
	Orgs:      []Org{ours, {Slug: "kreuzberg", Name: "Kreuzberg"}},
	Person:    Person{Name: "Mara Özdemir", Email: "mara@spatzrad.example", Role: "admin in every organisation"},
	Can:       Can{Tickets: true, Keys: true, Audit: true, People: true, Settings: true, System: true},
	Section:   "bicycles",
	Query:     "SPZ",
	Noa:       noa.Slow,
	Flashes:   []string{"The key was stored."},
	Ignored:   []string{"colour", "size"},
	Practice:  "PRACTICE – nothing here reaches a real bicycle",
	Version:   "1.0.0",
	RequestID: "7F3K2M",
}

// example reads one of the contract's example bodies.
func example[T any](t *testing.T, name string) T {
	t.Helper()
	body, err := os.ReadFile("testdata/noa/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// examples reads the rows of an example list.
func examples[T any](t *testing.T, name string) []T {
	t.Helper()
	return example[struct{ Results []T }](t, name).Results
}

func bicycleExample(t *testing.T, name string) noa.Bicycle {
	t.Helper()
	b := example[noa.Bicycle](t, "bicycle-detail-"+name)
	b.Fetched = noon.Add(-3 * time.Second)
	return b
}

// before is a moment that long before noon.
func before(d time.Duration) noa.Time { return noa.Time{Time: noon.Add(-d)} }

func pointer[T any](v T) *T { return &v }

// answered is a panel that Noa has answered.
func answered[T any](v T) Panel[T] { return Panel[T]{Value: v, AsOf: noa.AsOf{Fetched: noon}} }

// failed is a panel that could not be filled.
func failed[T any]() Panel[T] {
	return Panel[T]{Problem: "Noa cannot be reached. Nothing was changed; try again in a moment."}
}

// forbidden is a panel for which the key lacks the scope.
func forbidden[T any](scope noa.Scope) Panel[T] {
	return Panel[T]{Problem: "The organisation’s key lacks the scope " + string(scope) + ". A fleet operator can add it in Noa’s FMS."}
}

// late is a panel that Noa has not answered yet.
func late[T any]() Panel[T] { return Panel[T]{Late: true} }

func pagerOf(path string, page, shown, total int) Pager {
	return Pager{
		Page: page, Size: 50, Total: total, Shown: shown, More: page*50 < total,
		Address: NewAddress(path), AsOf: noa.AsOf{Fetched: noon.Add(-2 * time.Second)},
	}
}

// A sample is a page in one of the states it was designed for.
type sample struct {
	name string
	page Page
}

// samples are all pages in all states. Those that whoever is not signed in sees are in [plainSamples].
func samples(t *testing.T) []sample {
	t.Helper()
	var all []sample
	for _, some := range []func(*testing.T) []sample{
		deskSamples, bicycleListSamples, bicycleSamples, tripSamples, ticketListSamples, ticketSamples,
		newTicketSamples, keySamples, rotationSamples, organisationSamples, manageSamples, weatherSamples, problemSamples,
	} {
		all = append(all, some(t)...)
	}
	return all
}
