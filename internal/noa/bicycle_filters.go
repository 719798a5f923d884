package noa

import (
	"strings"
	"time"
)

// A BicycleQuery filters [Fleet.Bicycles]. The zero value asks for the first
// 20 of all bicycles, the newest first. It can be sorted by everything but
// [ByType], [ByAssetState] and [ByCategory].
type BicycleQuery struct {
	States         []State      // any of
	Without        []State      // none of
	Organizations  []string     // uuids: exactly these, their descendants are not among them
	Search         string       // in name, description, device id, serial number
	Name           string       // contains
	SerialNumber   string       // exact
	ShortID        string       // exact
	BLEID          string       // exact; with "AXA:" in front it is an AXA lock's
	DeviceTypes    []DeviceType // any of
	HasLock        *bool        // whether a Noa device is attached
	Models         []string     // uuids, any of
	Tag            string       // uuid or exact name
	WithAlerts     *bool        // whether there are open alerts, also of the device
	AlertTypes     []AlertType  // with an open alert of any of these
	Box            *Box         // last seen inside
	Zone           string       // uuid: last seen inside, or perhaps inside
	MinCharge      *float64     // percent, at least
	MaxCharge      *float64     // percent, less than
	Assignee       string       // uuid of whoever has reserved or rented it
	NeedsAttention *float64     // Noa's score from 0 to 100, at least; sorts by it, the highest first
	Recoverable    *float64     // likewise
	CreatedAfter   time.Time    // strictly later
	ModifiedSince  time.Time    // or at that moment; new positions count
	Created        time.Time    // at exactly that moment, of which answers show the second only
	Modified       time.Time    // likewise
	UUIDs          []string     // exactly these, up to 100
	Order          []Order      // [ByDistance] with a box only
	Page           int          // from 1; 0 is 1
	PageSize       int          // 1 to 100; 0 is 20
	Brief          bool         // ask only for the members that lists show
}

// A DeviceType says what kind of device Noa has on a bicycle.
type DeviceType string

// The kinds of devices.
const (
	Lock    DeviceType = "lock"
	Tracker DeviceType = "tracker"
)

// An AlertType is what an alert is about, in Noa's own word. No scope opens alerts themselves.
type AlertType string

// The types of alerts.
const (
	BatteryLow         AlertType = "lock.bat.low"
	RideOutside        AlertType = "bicycle.ride_outside"
	NoTracking         AlertType = "lock.no_tracking"
	ReturnOutside      AlertType = "bicycle.return_outside"
	LostReported       AlertType = "bicycle.lost_reported"
	OutsidePeriod      AlertType = "bicycle.outside_operational_period"
	TooLongIdle        AlertType = "bicycle.too_long_idle"
	LeftUnlocked       AlertType = "bicycle.left_unlocked"
	LockShutdown       AlertType = "lock.shutdown"
	LockedWithoutCable AlertType = "lock.locked_wo_cable"
	ZoneTooFull        AlertType = "zone.high_threshold"
	ZoneTooEmpty       AlertType = "zone.low_threshold"
	BikeStolen         AlertType = "bicycle.bike_stolen"
	AlarmTriggered     AlertType = "lock.alarm_triggered"
)

// AlertTypes are all types of alerts that Noa filters by.
var AlertTypes = []AlertType{
	BatteryLow, RideOutside, NoTracking, ReturnOutside, LostReported, OutsidePeriod, TooLongIdle, LeftUnlocked,
	LockShutdown, LockedWithoutCable, ZoneTooFull, ZoneTooEmpty, BikeStolen, AlarmTriggered,
}

// briefly are the members that lists show, with those that a bicycle is told apart by.
var briefly = strings.Join([]string{
	"uuid", "name", "state", "serial_number", "short_id", "bicycle_model_name", "organization", "modified",
	"latitude", "longitude", "latest_gps_accuracy", "latest_gps_timestamp", "last_cellular_update",
	"state_of_charge", "estimated_state_of_charge",
}, ",")

func (q BicycleQuery) filters() *filters {
	f := q.which()
	f.order(q.Order, bicycleOrders)
	for _, o := range q.Order {
		if o.by() == ByDistance && q.Box == nil {
			f.refuse("ordering", "A distance needs a box from whose middle it is measured.", "invalid")
		}
	}
	f.page(q.Page, q.PageSize)
	switch {
	case q.Brief && q.Box != nil:
		f.text("fields", briefly+",distance")
	case q.Brief:
		f.text("fields", briefly)
	}
	return f
}

// which says which bicycles are meant, in whatever order.
func (q BicycleQuery) which() *filters {
	f := newFilters()
	choose(f, "state", q.States, States)
	choose(f, "state__exclude", q.Without, States)
	choose(f, "alert_type", q.AlertTypes, AlertTypes)
	choose(f, "device_type", q.DeviceTypes, []DeviceType{Lock, Tracker})
	f.organizations(q.Organizations)
	f.text("query", q.Search)
	f.text("name", q.Name)
	f.text("serial_number", q.SerialNumber)
	f.text("short_id", q.ShortID)
	f.text("bleid", q.BLEID)
	f.text("tag", q.Tag)
	f.flag("has_lock", q.HasLock)
	f.flag("with_alerts", q.WithAlerts)
	f.anyUUID("model", q.Models)
	f.uuid("zone", q.Zone)
	f.uuid("assignee", q.Assignee)
	f.box("bbox", q.Box)
	f.percent("min_state_of_charge", q.MinCharge)
	f.percent("max_state_of_charge", q.MaxCharge)
	f.percent("needs_attention", q.NeedsAttention)
	f.percent("recoverable", q.Recoverable)
	f.since("created_after", q.CreatedAfter)
	f.since("modified_since", q.ModifiedSince)
	f.exactly("created", q.Created)
	f.exactly("modified", q.Modified)
	f.uuids("uuid", q.UUIDs)
	return f
}
