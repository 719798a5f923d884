package sandbox

import (
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

var alertTypes = []string{
	"lock.bat.low", "bicycle.ride_outside", "lock.no_tracking", "bicycle.return_outside", "bicycle.lost_reported",
	"bicycle.outside_operational_period", "bicycle.too_long_idle", "bicycle.left_unlocked", "lock.shutdown",
	"lock.locked_wo_cable", "zone.high_threshold", "zone.low_threshold", "bicycle.bike_stolen", "lock.alarm_triggered",
}

// A bicycleQuery is what a list of bicycles was asked for.
type bicycleQuery struct {
	tests[*bicycle]
	sort  func([]*bicycle)
	area  *box
	zones []*zone // those that the caller sees
}

func (c *call) bicycleQuery() (bicycleQuery, error) {
	f := c.filters()
	q := bicycleQuery{tests: commonTests[*bicycle](f), area: f.box("bbox"), zones: c.shownZones()}
	q.add(c.showsBicycle)
	q.byState(f)
	q.byOwner(f)
	q.byText(f)
	q.byDevice(f)
	q.byCharge(f)
	q.byPlace(f)
	q.byAlert(f, c.now)
	byScore := q.byScore(f, c.now)
	q.sort = order(f, c.bicycleColumns(q.area))
	if !f.query.Has("ordering") && byScore != nil {
		q.sort = byScore
	}
	if err := f.err(); err != nil {
		return q, err
	}
	return q, q.checkDistance(f)
}

func (c *call) shownZones() []*zone {
	return tests[*zone]{func(z *zone) bool { return c.sees(z.organization) }}.choose(c.fleet.zones)
}

// checkDistance refuses an order by distance from nowhere. Its code is null.
func (q *bicycleQuery) checkDistance(f *filters) error {
	names := f.list("ordering")
	if q.area != nil || !slices.Contains(names, "distance") && !slices.Contains(names, "-distance") {
		return nil
	}
	return detail(http.StatusBadRequest, wrongs{"__all__": {{Message: "Sorting by distance needs a bbox."}}})
}

func (q *bicycleQuery) byState(f *filters) {
	states, without := f.choices("state", bicycleStates), f.choices("state__exclude", bicycleStates)
	q.addIf(len(states) > 0, func(b *bicycle) bool { return slices.Contains(states, b.state) })
	q.addIf(len(without) > 0, func(b *bicycle) bool { return !slices.Contains(without, b.state) })
}

func (q *bicycleQuery) byOwner(f *filters) {
	of := func(b *bicycle) string { return b.organization.uuid }
	organizationTest(f, &q.tests, of)
	organizationsTest(f, &q.tests, of)
	for _, name := range []string{"assignee", "assigned_to"} {
		user := f.uuid(name)
		q.addIf(user != "", func(b *bicycle) bool { return b.heldBy(user) })
	}
}

func (b *bicycle) heldBy(user string) bool {
	return b.reservation != nil && b.reservation.user == user || b.rental != nil && b.rental.user == user
}

func (q *bicycleQuery) byText(f *filters) {
	name, words := strings.ToLower(f.text("name")), strings.ToLower(f.text("query"))
	plain := unaccent(words)
	serial, short := f.text("serial_number"), f.text("short_id")
	q.addIf(name != "", func(b *bicycle) bool { return strings.Contains(strings.ToLower(b.name), name) })
	q.addIf(words != "", func(b *bicycle) bool { return b.mentions(words, plain) })
	q.addIf(serial != "", func(b *bicycle) bool { return b.serial == serial })
	q.addIf(short != "", func(b *bicycle) bool { return b.short == short })
}

// mentions is the free search; only names are compared without accents.
func (b *bicycle) mentions(words, plain string) bool {
	bleid := ""
	if b.noa != nil {
		bleid = strings.ToLower(b.noa.bleid)
	}
	return strings.Contains(unaccent(strings.ToLower(b.name)), plain) ||
		strings.Contains(strings.ToLower(b.description), words) ||
		strings.Contains(bleid, words) ||
		strings.Contains(strings.ToLower(b.serial), words)
}

var accents = strings.NewReplacer(
	"ä", "a", "á", "a", "à", "a", "â", "a", "å", "a", "ã", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e",
	"í", "i", "ï", "i", "î", "i", "ñ", "n", "ö", "o", "ó", "o", "ô", "o", "ø", "o", "ş", "s", "ß", "ss",
	"ü", "u", "ú", "u", "û", "u", "ý", "y", "ё", "е", "й", "и",
)

// unaccent takes lower case text.
func unaccent(s string) string { return accents.Replace(s) }

func (q *bicycleQuery) byDevice(f *filters) {
	bleid, kinds := f.text("bleid"), f.choices("device_type", []string{"lock", "tracker"})
	attached, asked := f.flag("has_lock")
	q.addIf(bleid != "", func(b *bicycle) bool {
		if strings.HasPrefix(bleid, "AXA:") {
			return b.axa != nil && b.axa.bleid == bleid
		}
		return b.noa != nil && b.noa.bleid == bleid
	})
	q.addIf(len(kinds) > 0, func(b *bicycle) bool { return b.noa != nil && slices.Contains(kinds, b.noa.kind) })
	q.addIf(asked, func(b *bicycle) bool { return (b.noa != nil) == attached })
	q.byModel(f)
}

func (q *bicycleQuery) byModel(f *filters) {
	models, wanted := f.uuids("model"), f.text("tag")
	id, _ := parseUUID(wanted)
	q.addIf(len(models) > 0, func(b *bicycle) bool { return b.model != nil && slices.Contains(models, b.model.uuid) })
	q.addIf(wanted != "", func(b *bicycle) bool {
		return slices.ContainsFunc(b.tags, func(t tag) bool { return t.name == wanted || t.uuid == id || t.declaration == id })
	})
}

func (q *bicycleQuery) byAlert(f *filters, now time.Time) {
	open, asked := f.flag("with_alerts")
	types := f.choices("alert_type", alertTypes)
	q.addIf(asked, func(b *bicycle) bool { return (len(b.alerts(now)) > 0) == open })
	q.addIf(len(types) > 0, func(b *bicycle) bool {
		return slices.ContainsFunc(b.alerts(now), func(have string) bool { return slices.Contains(types, have) })
	})
}

// alerts are those that are open. They follow from what is known of the
// bicycle, which Noa's own are not documented to do.
func (b *bicycle) alerts(now time.Time) (out []string) {
	if b.state == retired {
		return nil
	}
	if b.charge != nil && *b.charge < 10 {
		out = append(out, "lock.bat.low")
	}
	if b.state == lost {
		out = append(out, "bicycle.lost_reported")
	}
	if b.state == available && !b.seen.IsZero() && now.Sub(b.seen) > 14*day {
		out = append(out, "bicycle.too_long_idle")
	}
	if b.noa != nil && b.seen.IsZero() {
		out = append(out, "lock.no_tracking")
	}
	return out
}

func (q *bicycleQuery) byCharge(f *filters) {
	least, below := f.number("min_state_of_charge"), f.number("max_state_of_charge")
	q.addIf(least != nil, func(b *bicycle) bool { return b.charge != nil && *b.charge >= *least })
	q.addIf(below != nil, func(b *bicycle) bool { return b.charge != nil && *b.charge < *below })
}

func (q *bicycleQuery) byPlace(f *filters) {
	q.addIf(q.area != nil, func(b *bicycle) bool { return b.fix != nil && q.area.holds(b.fix.point) })
	if id := f.uuid("zone"); id != "" {
		q.add(func(b *bicycle) bool {
			return slices.ContainsFunc(q.zones, func(z *zone) bool { return z.uuid == id && b.isIn(z) })
		})
	}
}

// byScore are the filters that also sort, the highest score first.
func (q *bicycleQuery) byScore(f *filters, now time.Time) (sort func([]*bicycle)) {
	for name, score := range scores {
		least := f.number(name)
		if least == nil {
			continue
		}
		if *least < 0 || *least > 100 {
			f.wrong.add(name, "Enter a number between 0 and 100.", "invalid")
			continue
		}
		q.add(func(b *bicycle) bool { return score(b, now) >= *least })
		sort = func(rows []*bicycle) {
			slices.SortStableFunc(rows, func(a, b *bicycle) int { return compareFloat(score(b, now), score(a, now)) })
		}
	}
	return sort
}

func compareFloat(a, b float64) int {
	return numberColumn(&a).compare(numberColumn(&b), 1)
}

// scores stand in for Noa's own, which are not documented.
var scores = map[string]func(*bicycle, time.Time) float64{
	"needs_attention": needsAttention,
	"recoverable":     recoverable,
}

// needsAttention grows with an empty battery and with silence.
func needsAttention(b *bicycle, now time.Time) float64 {
	if b.charge == nil || b.state == retired {
		return 0
	}
	return max(100-*b.charge, min(100, now.Sub(b.seen).Hours()))
}

// recoverable falls by ten a day since the last position of a bicycle that
// is missing.
func recoverable(b *bicycle, now time.Time) float64 {
	if b.fix == nil || b.state != lost && b.state != unrecoverable {
		return 0
	}
	return math.Max(0, 100-10*now.Sub(b.fix.at).Hours()/24)
}

func (c *call) bicycleColumns(area *box) columns[*bicycle] {
	out := commonColumns(columns[*bicycle]{
		"name":                 func(b *bicycle) column { return textColumn(b.name) },
		"state":                func(b *bicycle) column { return textColumn(b.state) },
		"serial_number":        func(b *bicycle) column { return textColumn(b.serial) },
		"short_id":             func(b *bicycle) column { return textColumn(b.short) },
		"state_of_charge":      func(b *bicycle) column { return numberColumn(b.charge) },
		"last_cellular_update": func(b *bicycle) column { return timeColumn(b.seen) },
		"latest_gps_timestamp": func(b *bicycle) column { return timeColumn(b.fixed()) },
		"distance":             func(b *bicycle) column { return b.awayFrom(area) },
	})
	for name, score := range scores {
		out[name] = func(b *bicycle) column { return column{number: score(b, c.now)} }
	}
	return out
}

// fixed is the time of the last position, zero without one.
func (b *bicycle) fixed() time.Time {
	if b.fix == nil {
		return time.Time{}
	}
	return b.fix.at
}

func (b *bicycle) awayFrom(area *box) column {
	if b.fix == nil || area == nil {
		return column{null: true}
	}
	return column{number: metres(b.fix.point, area.middle())}
}
