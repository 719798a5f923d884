package noa

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// A State is a bicycle's state in Noa's own word. Words that are not among
// the constants are kept as they are.
type State string

// The states of docs/noa.md, "Bicycles".
const (
	Available     State = "available"
	Reserved      State = "reserved"
	Rented        State = "rented"
	InMaintenance State = "in_maintenance"
	Lost          State = "lost"
	Unrecoverable State = "unrecoverable"
	Retired       State = "retired"
)

// States are all states that Noa documents, in the order in which pages list them.
var States = []State{Available, Reserved, Rented, InMaintenance, Lost, Unrecoverable, Retired}

// Known says whether s is one of [States].
func (s State) Known() bool {
	for _, have := range States {
		if have == s {
			return true
		}
	}
	return false
}

// A Bicycle is one bicycle of the fleet. Texts that are null at Noa are "",
// times that are null are zero, numbers that are null are nil. Links to
// riders are not read: they are personal data that the desk has no use for.
type Bicycle struct {
	AsOf
	UUID               string            `json:"uuid"`
	Created            Time              `json:"created"`
	Modified           Time              `json:"modified"` // not moved by new positions
	ConcurrencyVersion int64             `json:"concurrency_version"`
	Organization       Link              `json:"organization"`
	State              State             `json:"state"`
	Name               string            `json:"name"` // number plate or label, unique in an organization; may be ""
	Description        string            `json:"description"`
	Note               string            `json:"note"`
	SerialNumber       string            `json:"serial_number"` // frame number
	ShortID            string            `json:"short_id"`
	Model              Link              `json:"model"`
	ModelName          string            `json:"bicycle_model_name"`
	Lock               Link              `json:"lock"` // Noa's device, "" where none is attached
	BLEID              string            `json:"bleid"`
	DeviceType         string            `json:"device_type"` // of Noa's device, a [DeviceType]
	Devices            map[string]Device `json:"devices"`
	Latitude           *float64          `json:"latitude"`
	Longitude          *float64          `json:"longitude"`
	Accuracy           *float64          `json:"latest_gps_accuracy"` // metres
	PDOP               *float64          `json:"latest_gps_pdop"`
	LastFix            Time              `json:"latest_gps_timestamp"`
	LastSeen           Time              `json:"last_cellular_update"` // last message of any kind
	Charge             *float64          `json:"state_of_charge"`      // percent, as last reported
	EstimatedCharge    *float64          `json:"estimated_state_of_charge"`
	Distance           *int              `json:"distance"` // metres from the middle of the query's box, nil without one
	Reservation        *Hold             `json:"reservation"`
	Rental             *Hold             `json:"rental_session"`
	Tags               []Tag             `json:"tags"`
}

// A Device is a lock or tracker on a bicycle.
type Device struct {
	BLEID        string `json:"bleid"`
	Manufacturer string `json:"manufacturer"` // noa, axa
	PairedAt     Time   `json:"paired_at"`
}

// A Hold is an active reservation or rental, without the rider.
type Hold struct {
	UUID     string    `json:"uuid"`
	Created  Time      `json:"created"`
	State    string    `json:"state"`
	Longest  *Duration `json:"duration"`                   // that a reservation may last
	Lasted   *Duration `json:"duration_of_rental_session"` // once a rental is over
	Cents    *int64    `json:"cents"`                      // of a rental, in the currency's smallest unit
	Currency string    `json:"currency"`
}

// A Tag is a label that the fleet gave to a bicycle.
type Tag struct {
	UUID  string `json:"uuid"`
	Name  string `json:"tag_declaration_name"`
	Color string `json:"tag_declaration_color"`
}

// A Transition is one change of a bicycle's state.
type Transition struct {
	Time   Time   `json:"timestamp"`
	State  State  `json:"state"`      // the state reached
	Action string `json:"transition"` // Noa logs "return" as "return_"; see [Transition.Verb]
	ByUser bool   `json:"-"`          // somebody did it, rather than the system; who is not read
}

// Bicycles lists the fleet's bicycles. It needs [BicycleRead].
func (f *Fleet) Bicycles(ctx context.Context, q BicycleQuery) (Page[Bicycle], error) {
	return find[Bicycle](ctx, f, BicycleRead, q.filters(), "bicycles")
}

// Bicycle is one bicycle. It needs [BicycleRead].
func (f *Fleet) Bicycle(ctx context.Context, uuid string) (Bicycle, error) {
	return get[Bicycle](ctx, f, BicycleRead, nil, "bicycles", uuid)
}

// Transitions lists the newest 20 changes of a bicycle's state, the newest first. It needs
// [BicycleRead].
func (f *Fleet) Transitions(ctx context.Context, uuid string) (Page[Transition], error) {
	return f.TransitionsOn(ctx, uuid, 1, 0)
}

// TransitionsOn lists one page of the changes of a bicycle's state, the newest
// first: page from 1, size up to 100, 0 for 20. It needs [BicycleRead].
func (f *Fleet) TransitionsOn(ctx context.Context, uuid string, page, size int) (Page[Transition], error) {
	return list[Transition](ctx, f, BicycleRead, pageOf(page, size), "bicycles", uuid, "transitions")
}

// Position is where the bicycle was last, and whether that is known. 0, 0 is a position like any other.
func (b Bicycle) Position() (lat, lon float64, known bool) {
	if b.Latitude == nil || b.Longitude == nil {
		return 0, 0, false
	}
	lat, lon = *b.Latitude, *b.Longitude
	if lat < -90 || lat > 90 || lon < -180 || lon > 180 {
		return 0, 0, false
	}
	return lat, lon, true
}

// Seen is the time of the last sign of life: message or fix.
func (b Bicycle) Seen() time.Time {
	if b.LastFix.After(b.LastSeen.Time) {
		return b.LastFix.Time
	}
	return b.LastSeen.Time
}

func (b *Bicycle) tidy(json.RawMessage) bool {
	for _, h := range []*Hold{b.Reservation, b.Rental} {
		if h != nil {
			h.Longest, h.Lasted = known(h.Longest), known(h.Lasted)
		}
	}
	return identified(&b.UUID)
}

// tidy reads of whoever did it only that there was somebody.
func (t *Transition) tidy(raw json.RawMessage) bool {
	var done struct {
		By json.RawMessage `json:"by"`
	}
	if json.Unmarshal(raw, &done) == nil {
		t.ByUser = len(done.By) > 0 && string(done.By) != "null"
	}
	return t.State != "" || t.Action != ""
}

// Verb is the action under the name by which it is asked for.
func (t Transition) Verb() string { return strings.TrimSuffix(t.Action, "_") }

func (b *Bicycle) id() string { return b.UUID }
