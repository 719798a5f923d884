package views

import (
	"strings"
	"testing"
	"time"

	"noadesk/internal/noa"
)

func TestAgesHaveOneNumberAndOneUnit(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "now", 999 * time.Millisecond: "now", time.Second: "1 s", 59999 * time.Millisecond: "59 s", time.Minute: "1 min",
		time.Hour - 1: "59 min", time.Hour: "1 h", 24*time.Hour - 1: "23 h", 24 * time.Hour: "1 d", 36500 * 24 * time.Hour: "36500 d",
		-15 * time.Minute: "now", -15*time.Minute - 1: "in the future",
	} {
		if got := ago(noon.Add(-d)); got != want {
			t.Errorf("ago of %v: got %q, want %q", d, got, want)
		}
	}
	if got := ago(time.Time{}); got != none {
		t.Errorf("no time at all: got %q", got)
	}
}

func TestASignalGrowsOld(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Hour: "fresh", 0: "fresh", ageingAfter - 1: "fresh", ageingAfter: "ageing", oldAfter - 1: "ageing", oldAfter: "old", silentAfter - 1: "old", silentAfter: "silent",
	} {
		if got := ageClass(noon.Add(-d)); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
	if got := ageClass(time.Time{}); got != "silent" {
		t.Errorf("no signal ever: got %s", got)
	}
}

func TestMomentsAreInTheOrganisationsZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at            time.Time
		clock, moment string
	}{
		{time.Time{}, none, none},
		{noon, "11:30", "14 May 2024 11:30:00"},
		{time.Date(2024, 5, 13, 22, 0, 0, 0, time.UTC), "00:00", "14 May 2024 00:00:00"},
		{time.Date(2024, 5, 13, 21, 59, 59, 0, time.UTC), "13 May 23:59", "13 May 2024 23:59:59"},
		{time.Date(2023, 12, 31, 21, 59, 0, 0, time.UTC), "31 Dec 2023 23:59", "31 Dec 2023 23:59:00"},
	} {
		if clock, moment := ours.clock(c.at), ours.moment(c.at); clock != c.clock || moment != c.moment {
			t.Errorf("%v: got %q and %q", c.at, clock, moment)
		}
	}
	if got := (Org{}).clock(noon); got != "09:30" || (Org{}).ZoneName() != "UTC" || ours.ZoneName() != "Europe/Berlin" {
		t.Errorf("without a zone: got %q %q", got, (Org{}).ZoneName())
	}
}

func TestDurationsAreShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-1: none, 0: "0 s", 59999 * time.Millisecond: "59 s", time.Minute: "1 min", time.Hour - 1: "59 min", time.Hour: "1 h 0 min",
		13*time.Hour + 42*time.Minute: "13 h 42 min", 24 * time.Hour: "1 d 0 h", 26*time.Hour + 5*time.Minute: "1 d 2 h", 1<<63 - 1: "106751 d 23 h",
	} {
		if got := duration(d); got != want {
			t.Errorf("%d: got %q, want %q", d, got, want)
		}
	}
}

func TestAClockDifferenceNamesItsSide(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "less than a second", 999 * time.Millisecond: "less than a second", -999 * time.Millisecond: "less than a second",
		time.Second: "1 s, the desk is behind Noa", -59600 * time.Millisecond: "60 s, the desk is ahead of Noa",
		94 * time.Second: "94 s, the desk is behind Noa", 10 * time.Minute: "10 min, the desk is behind Noa", -3 * time.Hour: "3 h 0 min, the desk is ahead of Noa",
	} {
		if got := skew(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestChargesAreWholePercents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		charge *float64
		want   string
		low    bool
	}{
		{nil, none, false},
		{pointer(0.0), "0 %", true},
		{pointer(-0.4), "0 %", true},
		{pointer(19.4), "19 %", true},
		{pointer(19.5), "20 %", false},
		{pointer(20.0), "20 %", false},
		{pointer(99.5), "100 %", false},
		{pointer(-7.0), "-7 %", true},
		{pointer(1e300), none, false},
	} {
		if got := percent(c.charge); got != c.want || low(c.charge) != c.low {
			t.Errorf("got %q, low %v; want %q, %v", got, low(c.charge), c.want, c.low)
		}
	}
}

func TestDistancesAreInMetresOrKilometres(t *testing.T) {
	t.Parallel()
	for m, want := range map[int]string{-1: none, 0: "0 m", 999: "999 m", 1000: "1.0 km", 2563: "2.6 km", 1 << 40: "1099511627.8 km"} {
		if got := metres(&m); got != want {
			t.Errorf("%d: got %q, want %q", m, got, want)
		}
	}
	for a, want := range map[float64]string{-3: "", 0: "±0 m", 4.7: "±5 m", 999.4: "±999 m", 1000: "±1 km", 1800: "±2 km"} {
		if got := accuracy(&a); got != want {
			t.Errorf("%v: got %q, want %q", a, got, want)
		}
	}
	if metres(nil) != none || accuracy(nil) != "" {
		t.Errorf("nil: got %q and %q", metres(nil), accuracy(nil))
	}
	if got := coordinates(-51.128, 0.0000049); got != "-51.12800, 0.00000" {
		t.Errorf("got %q", got)
	}
}

func TestNoasWordsHaveWordsForPeople(t *testing.T) {
	t.Parallel()
	for _, s := range noa.States {
		if word := StateWord(s); word == string(s) || strings.Contains(shortState(s), "–") || !strings.HasPrefix(word, shortState(s)) {
			t.Errorf("%s is called %q, in short %q", s, word, shortState(s))
		}
	}
	for _, c := range noa.Categories {
		if strings.Contains(CategoryWord(c), "_") {
			t.Errorf("%s is called %q", c, CategoryWord(c))
		}
	}
	for got, want := range map[string]string{
		StateWord("on_fire"): "on_fire", StateWord(""): "no state", CategoryWord(""): "No category", CategoryWord("stolen"): "stolen",
		verb("return_"): "returned", verb("return"): "returned", verb("teleport_home"): "teleport home", verb(""): "", plain("a_b"): "a b",
		StateWord(noa.State(strings.Repeat("x", 50))): strings.Repeat("x", 39) + "…",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestATripSaysWhoseItWas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ state, kind, want string }{
		{"", "", "rider"}, {noa.InService, noa.Regular, "rider"}, {noa.Staff, noa.Suspicious, "workshop, suspicious"}, {"on_loan", "joy_ride", "on loan, joy ride"},
	} {
		if got := tripWord(noa.Trip{AssetState: c.state, Type: c.kind}); got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

func TestATripTakesWhatNoaOrTheClockSays(t *testing.T) {
	t.Parallel()
	long := noa.Duration{Duration: 26 * time.Hour}
	for want, trip := range map[string]noa.Trip{
		none:            {},
		"1 d 2 h":       {Duration: &long, Start: before(time.Hour)},
		"20 min so far": {Start: before(20 * time.Minute)},
		"0 s so far":    {Start: before(-time.Minute)}, // by a clock that is ahead
		"40 min":        {Start: before(time.Hour), End: before(20 * time.Minute)},
	} {
		if got := tripDuration(trip); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestABicycleIsAlwaysCalledSomething(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, id, want string }{
		{"SPZ-0101", "x", "SPZ-0101"},
		{"", "tG5yB8", "tG5yB8"},
		{" \t", "tG5yB8", "tG5yB8"},
		{"\u200f", "", "unnamed"},
		{"\u200b\ufeff", "\x00", "unnamed"},
		{"Шұғыла 7", "", "Шұғыла 7"},
		{" 47\n11 ", "", "47 11"},
		{"🚲", "", "🚲"},
		{"4\u202e711", "", "4711"},
		{strings.Repeat("ü", 61), "", strings.Repeat("ü", 59) + "…"},
	} {
		if got := number(noa.Bicycle{Name: c.name, ShortID: c.id}); got != c.want {
			t.Errorf("%q, %q: got %q, want %q", c.name, c.id, got, c.want)
		}
	}
}
