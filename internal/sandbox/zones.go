package sandbox

import (
	"net/http"
	"slices"
)

var (
	zoneStates = []string{"new", "provisioned", "decommissioned"}
	zoneTypes  = []string{"dropzone", "cycling_area", "maintenance", "custom"}
)

// A zone is never changed in place: a write puts another one at its place.
type zone struct {
	record
	state        string
	organization *organization
	name         string
	kind         string
	polygon      area
	mechanic     string // user, "" is null
	low, high    *int64
}

type zoneWire struct {
	UUID               string   `json:"uuid"`
	URL                string   `json:"url"`
	Created            string   `json:"created"`
	Modified           string   `json:"modified"`
	ConcurrencyVersion int64    `json:"concurrency_version"`
	State              string   `json:"state"`
	Organization       string   `json:"organization"`
	Name               string   `json:"name"`
	Type               string   `json:"type"`
	Polygon            geometry `json:"polygon"`
	PreferredMechanic  *string  `json:"preferred_mechanic"`
	LowThreshold       *int64   `json:"low_threshold"`
	HighThreshold      *int64   `json:"high_threshold"`
	BicycleCount       *int     `json:"bicycle_count,omitempty"` // only where it is asked for
}

// zones lists the zones, the newest first.
func (c *call) zones() (answer, error) {
	pass, sort, err := c.zoneQuery()
	if err != nil {
		return answer{}, err
	}
	rows := pass.choose(c.fleet.zones)
	sort(rows)
	return page(c, rows, c.zoneWire)
}

// zone is one zone.
func (c *call) zone() (answer, error) {
	z, err := c.findZone()
	if err != nil {
		return answer{}, err
	}
	return found(c.cut(c.zoneWire(z))), nil
}

// createZone adds one.
func (c *call) createZone() (answer, error) {
	sent, err := c.body()
	if err != nil {
		return answer{}, err
	}
	z := &zone{state: "new", kind: "dropzone"}
	if err := c.fillZone(z, sent, true); err != nil {
		return answer{}, err
	}
	z.record = freshRecord(c.now)
	c.fleet.zones = slices.Insert(c.fleet.zones, 0, z)
	return answer{status: http.StatusCreated, body: c.cut(c.zoneWire(z)), location: c.link("zones", z.uuid)}, nil
}

// changeZone is PUT and PATCH; only PUT needs the required members.
func (c *call) changeZone() (answer, error) {
	old, err := c.findZone()
	if err != nil {
		return answer{}, err
	}
	sent, err := c.body()
	if err != nil {
		return answer{}, err
	}
	z := *old
	if err := c.fillZone(&z, sent, c.method() == put); err != nil {
		return answer{}, err
	}
	if !sent.fits(old.version) {
		return answer{}, conflict()
	}
	z.touch(c.now)
	c.fleet.zones[slices.Index(c.fleet.zones, old)] = &z
	return found(c.cut(c.zoneWire(&z))), nil
}

// deleteZone removes one for good.
func (c *call) deleteZone() (answer, error) {
	z, err := c.findZone()
	if err != nil {
		return answer{}, err
	}
	at := slices.Index(c.fleet.zones, z)
	c.fleet.zones = slices.Delete(c.fleet.zones, at, at+1)
	return answer{status: http.StatusNoContent}, nil
}

func (c *call) findZone() (*zone, error) {
	pass, _, err := c.zoneQuery()
	if err != nil {
		return nil, err
	}
	return byUUID(c, c.fleet.zones, pass.pass, "Zone")
}

func (c *call) zoneQuery() (tests[*zone], func([]*zone), error) {
	f := c.filters()
	pass := commonTests[*zone](f)
	pass.add(func(z *zone) bool { return c.sees(z.organization) })
	of := func(z *zone) string { return z.organization.uuid }
	organizationTest(f, &pass, of)
	organizationsTest(f, &pass, of)
	states, types := f.choices("state", zoneStates), f.choices("type", zoneTypes)
	pass.addIf(len(states) > 0, func(z *zone) bool { return slices.Contains(states, z.state) })
	pass.addIf(len(types) > 0, func(z *zone) bool { return slices.Contains(types, z.kind) })
	zonePlace(f, &pass)
	sort := order(f, commonColumns(columns[*zone]{
		"name":  func(z *zone) column { return textColumn(z.name) },
		"state": func(z *zone) column { return textColumn(z.state) },
		"type":  func(z *zone) column { return textColumn(z.kind) },
	}))
	return pass, sort, f.err()
}

// zonePlace are the filters by what a zone has in common with an area.
func zonePlace(f *filters, pass *tests[*zone]) {
	if within := f.box("bbox"); within != nil {
		place := within.area()
		pass.add(func(z *zone) bool { return z.polygon.meets(place) })
	}
	if text := f.text("geo"); text != "" {
		place, ok := parseGeometry(text)
		if !ok {
			f.wrong.add("geo", "Invalid geometry value.", "invalid")
		}
		pass.add(func(z *zone) bool { return z.polygon.meets(place) })
	}
}

func (c *call) zoneWire(z *zone) any {
	w := zoneWire{
		UUID: z.uuid, URL: c.link("zones", z.uuid), Created: stamp(z.created), Modified: stamp(z.modified),
		ConcurrencyVersion: z.version, State: z.state, Organization: c.link("organizations", z.organization.uuid),
		Name: z.name, Type: z.kind, Polygon: geometry{"MultiPolygon", z.polygon},
		PreferredMechanic: c.linkOrNull("users", z.mechanic), LowThreshold: z.low, HighThreshold: z.high,
	}
	if counted, _ := c.filters().flag("include_bicycle_count"); counted {
		inside := c.bicyclesIn(z)
		w.BicycleCount = &inside
	}
	return w
}

// bicyclesIn counts those that are not retired.
func (c *call) bicyclesIn(z *zone) (count int) {
	for _, b := range c.fleet.bicycles {
		if c.sees(b.organization) && b.state != retired && b.isIn(z) {
			count++
		}
	}
	return count
}

// isIn says whether the last position is inside, or may be.
func (b *bicycle) isIn(z *zone) bool {
	return b.fix != nil && z.polygon.within(b.fix.point, b.fix.uncertainty())
}

// uncertainty is in metres.
func (f *fix) uncertainty() float64 {
	if f.pdop == nil {
		return f.accuracy
	}
	return f.accuracy * *f.pdop
}
