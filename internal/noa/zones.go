package noa

import (
	"context"
	"encoding/json"
	"time"
)

// A ZoneType is what a zone is for, in Noa's own word. Words that are not among
// the constants are kept as they are.
type ZoneType string

// The types of zones.
const (
	DropZone        ZoneType = "dropzone"
	CyclingArea     ZoneType = "cycling_area"
	MaintenanceZone ZoneType = "maintenance"
	CustomZone      ZoneType = "custom"
)

// The states of a zone.
const (
	ZoneNew            = "new"
	ZoneProvisioned    = "provisioned"
	ZoneDecommissioned = "decommissioned"
)

// A Zone is a part of the map that means something to a fleet. Members that are
// null at Noa are nil or "". Who looks after it is not read.
type Zone struct {
	AsOf
	UUID               string   `json:"uuid"`
	Created            Time     `json:"created"`
	Modified           Time     `json:"modified"`
	ConcurrencyVersion int64    `json:"concurrency_version"`
	State              string   `json:"state"`
	Organization       Link     `json:"organization"`
	Name               string   `json:"name"`
	Type               ZoneType `json:"type"`
	Polygon            Area     `json:"polygon"`
	Low                *int     `json:"low_threshold"`  // bicycles: fewer are too few
	High               *int     `json:"high_threshold"` // bicycles: more are too many
	Bicycles           *int     `json:"bicycle_count"`  // inside and not retired, where a query counts them
}

// A ZoneQuery filters [Fleet.Zones]. It cannot be sorted.
type ZoneQuery struct {
	States        []string // any of
	Organizations []string // uuids: exactly these, their descendants are not among them
	Types         []ZoneType
	Box           *Box      // that it reaches into
	At            *Point    // that lies in it
	CreatedAfter  time.Time // strictly later
	ModifiedSince time.Time // or at that moment
	Created       time.Time // at exactly that moment, of which answers show the second only
	Modified      time.Time // likewise
	UUIDs         []string  // exactly these, up to 100
	Count         bool      // the bicycles in each
	Page          int       // from 1; 0 is 1
	PageSize      int       // 1 to 100; 0 is 20
}

func (q ZoneQuery) filters() *filters {
	f := newFilters()
	choose(f, "state", q.States, []string{ZoneNew, ZoneProvisioned, ZoneDecommissioned})
	choose(f, "type", q.Types, []ZoneType{DropZone, CyclingArea, MaintenanceZone, CustomZone})
	f.organizations(q.Organizations)
	f.box("bbox", q.Box)
	f.at("geo", q.At)
	f.since("created_after", q.CreatedAfter)
	f.since("modified_since", q.ModifiedSince)
	f.exactly("created", q.Created)
	f.exactly("modified", q.Modified)
	f.uuids("uuid", q.UUIDs)
	f.page(q.Page, q.PageSize)
	if q.Count {
		f.text("include_bicycle_count", "1")
	}
	return f
}

// at filters by a place, in GeoJSON; nil is no filter.
func (f *filters) at(name string, p *Point) {
	switch {
	case p == nil:
	case !p.Valid():
		f.refuse(name, "This must be a place on Earth.", "invalid")
	default:
		f.text(name, `{"type":"Point","coordinates":[`+decimal(p.Lon)+","+decimal(p.Lat)+`]}`)
	}
}

// Zones lists the fleet's zones. It needs [ZoneRead], which not every client application can have.
func (f *Fleet) Zones(ctx context.Context, q ZoneQuery) (Page[Zone], error) {
	return find[Zone](ctx, f, ZoneRead, q.filters(), "zones")
}

// Zone is one zone. It needs [ZoneRead].
func (f *Fleet) Zone(ctx context.Context, uuid string) (Zone, error) {
	return get[Zone](ctx, f, ZoneRead, nil, "zones", uuid)
}

func (z *Zone) tidy(json.RawMessage) bool { return identified(&z.UUID) }

func (z *Zone) id() string { return z.UUID }
