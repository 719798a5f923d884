package noa

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// A Trip lies between a START and a STOP event of a device. Members that are
// null at Noa are zero, nil or "".
type Trip struct {
	AsOf
	UUID         string    `json:"uuid"`
	Created      Time      `json:"created"` // when Noa processed it
	Modified     Time      `json:"modified"`
	Bicycle      Link      `json:"bicycle"` // may be gone since
	Organization Link      `json:"organization"`
	Start        Time      `json:"start_date"` // "started" in the documentation; either is read
	End          Time      `json:"end_date"`   // zero while the trip runs; "ended" is read too
	Route        Line      `json:"route"`      // raw positions
	Snapped      Line      `json:"snapped_route"`
	Duration     *Duration `json:"duration"`
	Distance     *int      `json:"distance_m"` // metres
	SerialNumber string    `json:"serial_number"`
	AssetState   string    `json:"asset_state"` // in_service, in_maintenance; lower case
	Type         string    `json:"type"`        // regular, suspicious; lower case
}

// Trip types and asset states of docs/noa.md, "Trips".
const (
	Regular    = "regular"
	Suspicious = "suspicious"

	InService = "in_service"
	Staff     = "in_maintenance" // a trip by the workshop
)

// A TripQuery filters [Fleet.Trips]. Noa has no upper bound on the start of a
// trip and no order by it: what is not a field here cannot be asked. It can be
// sorted by [ByCreated], [ByModified], [ByUUID], [ByType] and [ByAssetState].
type TripQuery struct {
	Organization  string    // uuid: exactly this, its descendants are not among it
	Bicycle       string    // uuid
	RentalSession string    // uuid: trips during that rental
	StartedAfter  time.Time // start at or after
	EndedBefore   time.Time // end before; running trips drop out
	CreatedAfter  time.Time // processed strictly later
	ModifiedSince time.Time // or at that moment
	Created       time.Time // at exactly that moment, of which answers show the second only
	Modified      time.Time // likewise
	Type          string    // [Regular] or [Suspicious]
	AssetState    string    // [InService] or [Staff]
	UUIDs         []string  // exactly these, up to 100
	Order         []Order
	Page          int // from 1; 0 is 1
	PageSize      int // 1 to 100; 0 is 20
}

func (q TripQuery) filters() *filters {
	f := newFilters()
	f.uuid("organization", q.Organization)
	f.uuid("bicycle", q.Bicycle)
	f.uuid("rental_session", q.RentalSession)
	f.since("started_after", q.StartedAfter)
	f.since("ended_before", q.EndedBefore)
	f.since("created_after", q.CreatedAfter)
	f.since("modified_since", q.ModifiedSince)
	f.exactly("created", q.Created)
	f.exactly("modified", q.Modified)
	choice(f, "type", q.Type, Regular, Suspicious)
	choice(f, "asset_state", q.AssetState, InService, Staff)
	f.uuids("uuid", q.UUIDs)
	f.order(q.Order, tripOrders)
	f.page(q.Page, q.PageSize)
	return f
}

// Trips lists the fleet's trips, the most recently processed first. It needs [TripRead].
func (f *Fleet) Trips(ctx context.Context, q TripQuery) (Page[Trip], error) {
	return find[Trip](ctx, f, TripRead, q.filters(), "trips")
}

// Trip is one trip with its route. It needs [TripRead].
func (f *Fleet) Trip(ctx context.Context, uuid string) (Trip, error) {
	return get[Trip](ctx, f, TripRead, nil, "trips", uuid)
}

// tidy reads the documentation's names where the server's are missing, and
// the documentation's capitals as the server's small letters.
func (t *Trip) tidy(raw json.RawMessage) bool {
	if t.Start.IsZero() || t.End.IsZero() {
		var documented struct {
			Started Time `json:"started"`
			Ended   Time `json:"ended"`
		}
		_ = json.Unmarshal(raw, &documented) // the row was read before: it is an object
		t.Start = firstKnown(t.Start, documented.Started)
		t.End = firstKnown(t.End, documented.Ended)
	}
	t.Type, t.AssetState = strings.ToLower(t.Type), strings.ToLower(t.AssetState)
	t.Duration = known(t.Duration)
	return identified(&t.UUID)
}

func firstKnown(a, b Time) Time {
	if a.IsZero() {
		return b
	}
	return a
}

func (t *Trip) id() string { return t.UUID }
