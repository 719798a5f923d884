package sandbox

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTripsAreBelievable(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		f := newFleet(t, Options{Seed: seed}).fleet
		count := map[string]int{}
		for _, trip := range f.trips {
			for name, is := range kindsOfTrip {
				if is(trip) {
					count[name]++
				}
			}
		}
		for name := range kindsOfTrip {
			if count[name] == 0 {
				t.Errorf("seed %d: no trip %s", seed, name)
			}
		}
		if count["visible"] < 260 {
			t.Errorf("seed %d: got %d trips, want 260 and more", seed, count["visible"])
		}
	}
}

var kindsOfTrip = map[string]func(*trip) bool{
	"visible":              func(t *trip) bool { return !t.hidden },
	"hidden":               func(t *trip) bool { return t.hidden },
	"running":              func(t *trip) bool { return t.end.IsZero() },
	"suspicious":           func(t *trip) bool { return t.kind == "suspicious" },
	"without route":        func(t *trip) bool { return t.way == nil && !t.end.IsZero() },
	"without match":        func(t *trip) bool { return t.unmatched },
	"over a day":           func(t *trip) bool { return t.duration > day },
	"of the workshop":      func(t *trip) bool { return t.assetState == inMaintenance },
	"without a bicycle":    func(t *trip) bool { return t.bicycle == nil },
	"that was a failure":   func(t *trip) bool { return t.way != nil && t.way.short() },
	"processed much later": func(t *trip) bool { return !t.end.IsZero() && t.created.Sub(t.end) > hour },
}

func TestTripsOfABicycleDoNotOverlap(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Options{Seed: 2}).fleet
	of := map[*bicycle][]*trip{}
	for _, trip := range f.trips {
		if trip.bicycle != nil && !trip.hidden {
			of[trip.bicycle] = append(of[trip.bicycle], trip)
		}
	}
	for b, trips := range of {
		slices.SortFunc(trips, func(a, b *trip) int { return a.start.Compare(b.start) })
		if trips[0].start.Before(b.created) {
			t.Errorf("%v: a trip before it was there", b)
		}
		for i := range len(trips) - 1 {
			if trips[i].end.IsZero() || trips[i].end.After(trips[i+1].start) {
				t.Errorf("%v: trips overlap at %v", b, trips[i].end)
			}
		}
	}
}

func TestLastTripEndsWhereTheBicycleStands(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Options{Seed: 4}).fleet
	checked := 0
	latest := map[*bicycle]*trip{}
	for _, trip := range f.trips {
		if old := latest[trip.bicycle]; !trip.hidden && (old == nil || old.start.Before(trip.start)) {
			latest[trip.bicycle] = trip
		}
	}
	for b, trip := range latest {
		if b == nil || b.state != available || trip.way == nil || b.fix.accuracy > 10_000 {
			continue
		}
		checked++
		if away := metres(trip.way.end(), b.fix.point); away > 5 || b.fix.at.Before(trip.end) {
			t.Errorf("%v: %0.f m from the end of its last trip, seen there %v", b, away, b.fix.at.Sub(trip.end))
		}
	}
	if checked < 50 {
		t.Errorf("got %d bicycles to check, want 50 and more", checked)
	}
}

func TestRawTracksLieOnTheRoutes(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Options{Seed: 1}).fleet
	for _, trip := range f.trips {
		if trip.way == nil {
			continue
		}
		track := trip.rawTrack()
		if len(track) < 2 || metres(track[0], trip.way.start()) > 20 || metres(track[len(track)-1], trip.way.end()) > 30 {
			t.Errorf("a track of %d points does not run from end to end", len(track))
		}
		for _, p := range track {
			if away := trip.way.away(p); away > 25 {
				t.Fatalf("a point lies %.0f m from the route", away)
			}
		}
	}
}

// away is the distance of a point from the line, on a plane around it.
func (r *route) away(p point) float64 {
	flat := func(q point) (x, y float64) {
		return (q.lon() - p.lon()) * metresOfLatitude * math.Cos(p.lat()*math.Pi/180), (q.lat() - p.lat()) * metresOfLatitude
	}
	best := math.Inf(1)
	for i := range len(r.Line) - 1 {
		ax, ay := flat(r.Line[i])
		bx, by := flat(r.Line[i+1])
		dx, dy := bx-ax, by-ay
		share := -(ax*dx + ay*dy) / max(dx*dx+dy*dy, 1e-9)
		share = max(0, min(1, share))
		best = min(best, math.Hypot(ax+share*dx, ay+share*dy))
	}
	return best
}

func TestBicycle4711WontUnlock(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	path := n.bicycleThat(func(b *bicycle) bool { return b.name == "4711" })
	bike := n.get(path).object()
	if bike["state"] != available {
		t.Errorf("got state %v", bike["state"])
	}
	trips := n.get("/api/trips/?bicycle=" + fmt.Sprint(bike["uuid"])).rows()
	slices.SortFunc(trips, func(a, b map[string]any) int {
		return strings.Compare(b["start_date"].(string), a["start_date"].(string))
	})
	for _, trip := range trips[:3] {
		if away := fmt.Sprint(trip["distance_m"]); len(away) > 2 || trip["duration"].(string) > "00:05" {
			t.Errorf("got a trip of %s m in %v, want a short one", away, trip["duration"])
		}
	}
	if len(trips) > 3 && trips[3]["duration"].(string) < "00:01" {
		t.Error("the attempt before the three was a failure too")
	}
	if start := trips[2]["start_date"].(string); start < stamp(time.Now().Add(-3*hour)) {
		t.Errorf("the first attempt was at %s", start)
	}
}

func TestRoutesFallIntoTheirSorts(t *testing.T) {
	t.Parallel()
	c, err := readCity()
	if err != nil {
		t.Fatal(err)
	}
	var short, long, suspicious int
	for _, r := range c.Routes {
		switch {
		case r.short():
			short++
		case r.long():
			long++
		case r.suspicious():
			suspicious++
		}
	}
	if len(c.Routes) != 420 || len(c.Spots) != 60 || short != 32 || long != 18 || suspicious != 14 {
		t.Errorf("got %d routes, %d short, %d long, %d to and fro", len(c.Routes), short, long, suspicious)
	}
	if string(Basemap()[:7]) != "PMTiles" {
		t.Error("the base map is not a PMTiles archive")
	}
}
