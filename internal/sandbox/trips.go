package sandbox

import (
	"slices"
	"time"
)

// A trip of a bicycle. Its raw track is made when it is asked for.
type trip struct {
	record
	bicycle      *bicycle // nil where the bicycle is gone
	organization *organization
	start, end   time.Time // end zero while the trip runs
	duration     time.Duration
	distance     *int
	way          *route // nil without positions
	unmatched    bool   // positions that fit no street: no snapped route
	track        uint64 // seed of the raw track
	serial       string
	assetState   string
	kind         string
	hidden       bool // judged invalid, or private
}

type tripWire struct {
	UUID         string    `json:"uuid"`
	URL          string    `json:"url"`
	Created      string    `json:"created"`
	Modified     string    `json:"modified"`
	Bicycle      *string   `json:"bicycle"`
	Organization *string   `json:"organization"`
	StartDate    string    `json:"start_date"`
	EndDate      *string   `json:"end_date"`
	Route        *geometry `json:"route"`
	SnappedRoute *geometry `json:"snapped_route"`
	Duration     *string   `json:"duration"`
	Distance     *int      `json:"distance_m"`
	SerialNumber string    `json:"serial_number"`
	AssetState   string    `json:"asset_state"`
	Type         string    `json:"type"`
	Started      any       `json:"started,omitempty"` // the documentation's names, behind a switch
	Ended        any       `json:"ended,omitempty"`
}

var docNames = []string{"started", "ended"}

var (
	tripTypes   = []string{"regular", "suspicious"}
	assetStates = []string{"in_service", inMaintenance, "private"}
)

// trips lists the trips, the most recently processed first.
func (c *call) trips() (answer, error) {
	pass, sort, err := c.tripQuery()
	if err != nil {
		return answer{}, err
	}
	rows := pass.choose(c.fleet.trips)
	sort(rows)
	return page(c, rows, c.tripWire)
}

// trip is one trip with its route.
func (c *call) trip() (answer, error) {
	pass, _, err := c.tripQuery()
	if err != nil {
		return answer{}, err
	}
	t, err := byUUID(c, c.fleet.trips, pass.pass, "Trip")
	if err != nil {
		return answer{}, err
	}
	return found(c.cut(c.tripWire(t))), nil
}

func (c *call) tripQuery() (tests[*trip], func([]*trip), error) {
	f := c.filters()
	pass := commonTests[*trip](f)
	pass.add(func(t *trip) bool { return !t.hidden && c.sees(t.organization) })
	of := func(t *trip) string { return t.organization.uuid }
	organizationTest(f, &pass, of)
	organizationsTest(f, &pass, of)
	tripTimes(f, &pass)
	kinds, assets := f.choices("type", tripTypes), f.choices("asset_state", assetStates)
	pass.addIf(len(kinds) > 0, func(t *trip) bool { return slices.Contains(kinds, t.kind) })
	pass.addIf(len(assets) > 0, func(t *trip) bool { return slices.Contains(assets, t.assetState) })
	c.tripCarrier(f, &pass)
	sort := order(f, commonColumns(columns[*trip]{
		"type":        func(t *trip) column { return textColumn(t.kind) },
		"asset_state": func(t *trip) column { return textColumn(t.assetState) },
	}))
	return pass, sort, f.err()
}

// tripTimes are the two times that Noa filters by: there is no upper bound
// on the start and no lower one on the end.
func tripTimes(f *filters, pass *tests[*trip]) {
	from, until := f.epoch("started_after"), f.epoch("ended_before")
	pass.addIf(!from.IsZero(), func(t *trip) bool { return !t.start.Before(from) })
	pass.addIf(!until.IsZero(), func(t *trip) bool { return !t.end.IsZero() && t.end.Before(until) })
}

func (c *call) tripCarrier(f *filters, pass *tests[*trip]) {
	id, rental := f.uuid("bicycle"), f.uuid("rental_session")
	pass.addIf(id != "", func(t *trip) bool { return t.bicycle != nil && t.bicycle.uuid == id })
	pass.addIf(rental != "", func(t *trip) bool {
		return t.bicycle != nil && t.bicycle.rental != nil && t.bicycle.rental.uuid == rental &&
			!t.start.Before(t.bicycle.rental.created)
	})
}

func (c *call) tripWire(t *trip) any {
	w := tripWire{
		UUID: t.uuid, URL: c.link("trips", t.uuid), Created: stamp(t.created), Modified: stamp(t.modified),
		Organization: c.linkOrNull("organizations", t.organization.uuid),
		StartDate:    stamp(t.start), EndDate: stampOrNull(t.end), Distance: t.distance,
		SerialNumber: t.serial, AssetState: t.assetState, Type: t.kind,
	}
	if c.settings().BothTripNames {
		w.Started, w.Ended = w.StartDate, w.EndDate
	}
	if t.bicycle != nil {
		w.Bicycle = c.linkOrNull("bicycles", t.bicycle.uuid)
	}
	if t.duration > 0 {
		w.Duration = textOrNull(span(t.duration))
	}
	if t.way != nil {
		w.Route = lineOrNull(t.rawTrack())
	}
	if t.way != nil && !t.unmatched {
		w.SnappedRoute = lineOrNull(t.way.Line)
	}
	return w
}
