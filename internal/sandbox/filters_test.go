package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBicycleFilters(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	b := n.fleet.bicycles[slices.IndexFunc(n.fleet.bicycles, equipped)]
	hour := time.Now().Add(-time.Hour)
	area := boxAround(point{71.40, 51.12}, point{71.44, 51.17})
	for query, want := range map[string]func(*bicycle) bool{
		"state=lost&state=retired":  func(b *bicycle) bool { return b.state == lost || b.state == retired },
		"state__exclude=available":  func(b *bicycle) bool { return b.state != available },
		"name=4711":                 func(b *bicycle) bool { return b.name == "4711" },
		"name=M%C3%9CLLER":          func(b *bicycle) bool { return b.name == "Lastenrad Müller-3" },
		"query=grosse":              func(b *bicycle) bool { return b.name == "Größe XL 2" },
		"query=muller":              func(b *bicycle) bool { return b.name == "Lastenrad Müller-3" },
		"query=" + b.serial:         func(x *bicycle) bool { return x == b },
		"query=" + b.noa.bleid[5:]:  func(x *bicycle) bool { return x == b },
		"query=child+seats":         func(b *bicycle) bool { return strings.Contains(b.description, "child seats") },
		"serial_number=" + b.serial: func(x *bicycle) bool { return x == b },
		"short_id=" + b.short:       func(x *bicycle) bool { return x == b },
		"bleid=" + b.noa.bleid:      func(x *bicycle) bool { return x == b },
		"bleid=" + b.axa.bleid:      func(x *bicycle) bool { return x == b },
		"device_type=tracker":       func(b *bicycle) bool { return b.noa != nil && b.noa.kind == "tracker" },
		"has_lock=FALSE":            func(b *bicycle) bool { return b.noa == nil },
		"has_lock=perhaps":          func(*bicycle) bool { return true },
		"model=" + b.model.uuid:     func(x *bicycle) bool { return x.model == b.model },
		"tag=campus":                func(b *bicycle) bool { return b.tagged("campus") },
		"with_alerts=1":             func(b *bicycle) bool { return len(b.alerts(n.now())) > 0 },
		"alert_type=lock.bat.low":   func(b *bicycle) bool { return b.state != retired && b.charge != nil && *b.charge < 10 },
		"alert_type=bicycle.lost_reported&alert_type=lock.shutdown": func(b *bicycle) bool { return b.state == lost },
		"with_alerts=false":                               func(b *bicycle) bool { return len(b.alerts(n.now())) == 0 },
		"min_state_of_charge=90.5":                        func(b *bicycle) bool { return b.charge != nil && *b.charge >= 90.5 },
		"max_state_of_charge=20":                          func(b *bicycle) bool { return b.charge != nil && *b.charge < 20 },
		"max_state_of_charge=0":                           func(*bicycle) bool { return false },
		"bbox=71.44,51.17,71.40,51.12":                    func(b *bicycle) bool { return b.fix != nil && area.holds(b.fix.point) },
		"bbox=-1,-1,1,1":                                  func(b *bicycle) bool { return b.fix != nil && b.fix.point == point{} },
		"assigned_to=" + n.rider():                        func(b *bicycle) bool { return b.heldBy(n.rider()) },
		"uuid=" + b.uuid:                                  func(x *bicycle) bool { return x == b },
		"organization=" + n.fleet.tree[1].uuid:            func(b *bicycle) bool { return b.organization == n.fleet.tree[1] },
		"organization=" + n.fleet.tree[2].uuid:            func(*bicycle) bool { return false },
		"organizations=x," + n.fleet.tree[1].uuid:         func(b *bicycle) bool { return b.organization == n.fleet.tree[1] },
		"organizations=x":                                 func(*bicycle) bool { return true },
		"modified_since=" + fmt.Sprint(hour.Unix()):       func(b *bicycle) bool { return !lastChange(b).Before(hour.Truncate(time.Second)) },
		"created_after=" + fmt.Sprint(b.created.Unix()+1): func(x *bicycle) bool { return x.created.After(b.created.Truncate(time.Second).Add(time.Second)) },
		"staet=lost":                                      func(*bicycle) bool { return true },
	} {
		count := 0
		for _, b := range n.fleet.bicycles {
			if b.organization != n.fleet.tree[2] && want(b) {
				count++
			}
		}
		if got := n.get("/api/bicycles/?" + query).count(); got != fmt.Sprint(count) {
			t.Errorf("%s: got %s bicycles, want %d", query, got, count)
		}
	}
}

func (b *bicycle) tagged(name string) bool {
	return slices.ContainsFunc(b.tags, func(t tag) bool { return t.name == name })
}

// rider is one who has a bicycle.
func (n *noa) rider() string {
	return n.fleet.bicycles[slices.IndexFunc(n.fleet.bicycles, func(b *bicycle) bool { return b.rental != nil })].rental.user
}

func TestBadFilterValuesAreRefused(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	for query, want := range map[string]string{
		"state=lost,retired":        "state invalid_choice",
		"device_type=phone":         "device_type invalid_choice",
		"alert_type=boredom":        "alert_type invalid_choice",
		"organization=berlin":       "organization invalid",
		"model=1":                   "model invalid",
		"uuid=1":                    "non_field_errors invalid",
		"created_after=yesterday":   "created_after invalid",
		"modified_since=2024-05-14": "modified_since invalid",
		"created=now":               "created invalid",
		"min_state_of_charge=NaN":   "min_state_of_charge invalid",
		"bbox=1e1,2,3,4":            "bbox invalid",
		"bbox=1,%202,3,4":           "bbox invalid",
		"zone=x":                    "zone invalid",
		"assignee=x":                "assignee invalid",
		"needs_attention=101":       "needs_attention invalid",
	} {
		member, code, _ := strings.Cut(want, " ")
		if r := n.do(get, "/api/bicycles/?"+query, "", nil); r.status != 400 || r.code(member) != code {
			t.Errorf("%s: got status %d: %s", query, r.status, r.raw)
		}
	}
}

func TestFiltersActOnDetailsToo(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	path := n.bicycleThat(func(b *bicycle) bool { return b.state == lost })
	n.get(path + "?state=lost")
	if r := n.do(get, path+"?state=available", "", nil); r.status != 404 {
		t.Errorf("got status %d, want 404", r.status)
	}
}

func TestDistanceIsFromTheMiddleOfTheBox(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	rows := n.walk("/api/bicycles/?bbox=71.2,51.0,71.7,51.3&ordering=distance&page_size=100")
	last := 0.0
	for _, row := range rows {
		away := fmt.Sprint(row["distance"])
		var metres float64
		if _, err := fmt.Sscan(away, &metres); err != nil || metres < last {
			t.Fatalf("got distance %s after %v", away, last)
		}
		last = metres
	}
	if len(rows) < 100 {
		t.Errorf("got %d bicycles in the city, want 100 and more", len(rows))
	}
}

func TestTripFilters(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	bike := n.fleet.bicycles[slices.IndexFunc(n.fleet.bicycles, func(b *bicycle) bool { return b.name == "4711" })]
	week := time.Now().Add(-7 * day).Truncate(time.Second)
	since := fmt.Sprint(week.Unix())
	for query, want := range map[string]func(*trip) bool{
		"bicycle=" + bike.uuid:                  func(t *trip) bool { return t.bicycle == bike },
		"started_after=" + since:                func(t *trip) bool { return !t.start.Before(week) },
		"ended_before=" + since:                 func(t *trip) bool { return !t.end.IsZero() && t.end.Before(week) },
		"created_after=" + since + ".5":         func(t *trip) bool { return t.created.After(week.Add(time.Second / 2)) },
		"modified_since=" + since:               func(t *trip) bool { return !t.modified.Before(week) },
		"type=suspicious":                       func(t *trip) bool { return t.kind == "suspicious" },
		"type=suspicious&type=regular":          func(*trip) bool { return true },
		"asset_state=in_maintenance":            func(t *trip) bool { return t.assetState == inMaintenance },
		"asset_state=private":                   func(*trip) bool { return false },
		"organization=" + n.fleet.tree[1].uuid:  func(t *trip) bool { return t.organization == n.fleet.tree[1] },
		"organizations=" + n.fleet.tree[1].uuid: func(t *trip) bool { return t.organization == n.fleet.tree[1] },
		"rental_session=" + bike.uuid:           func(*trip) bool { return false },
		"bbox=0,0,1,1&started_before=1":         func(*trip) bool { return true },
		"include_invalid=1":                     func(*trip) bool { return true },
	} {
		count := 0
		for _, trip := range n.fleet.trips {
			if !trip.hidden && trip.organization != n.fleet.tree[2] && want(trip) {
				count++
			}
		}
		if got := n.get("/api/trips/?" + query).count(); got != fmt.Sprint(count) {
			t.Errorf("%s: got %s trips, want %d", query, got, count)
		}
	}
}

func TestHiddenAndForeignRowsAreNotFound(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	hidden := n.fleet.trips[slices.IndexFunc(n.fleet.trips, func(t *trip) bool { return t.hidden })].uuid
	foreign := n.bicycleThat(func(b *bicycle) bool { return b.organization == n.fleet.tree[2] })
	for _, path := range []string{
		"/api/trips/" + hidden + "/", foreign, foreign + "transitions/", "/api/organizations/" + n.fleet.tree[2].uuid + "/",
	} {
		if r := n.do(get, path, "", nil); r.status != 404 {
			t.Errorf("%s: got status %d, want 404", path, r.status)
		}
	}
}

func TestRentalSessionsFindTheirTrip(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	running := n.fleet.trips[slices.IndexFunc(n.fleet.trips, func(t *trip) bool { return t.end.IsZero() })]
	rows := n.get("/api/trips/?rental_session=" + running.bicycle.rental.uuid).rows()
	if len(rows) != 1 || rows[0]["uuid"] != running.uuid {
		t.Errorf("got %d trips, want the running one", len(rows))
	}
}
