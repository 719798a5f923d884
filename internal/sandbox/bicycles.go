package sandbox

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// The states of a bicycle.
const (
	available     = "available"
	reserved      = "reserved"
	rented        = "rented"
	inMaintenance = "in_maintenance"
	lost          = "lost"
	unrecoverable = "unrecoverable"
	retired       = "retired"
)

var bicycleStates = []string{available, reserved, rented, inMaintenance, lost, unrecoverable, retired}

// A bicycle of the fleet. What is nil was never reported or is not there.
// What its pointers lead to is never changed in place, since an answer may
// still be reading it.
type bicycle struct {
	record
	organization  *organization
	state         string
	name          string
	description   string
	note          string // "" is null
	serial, short string
	model         *model
	noa, axa      *device
	fix           *fix
	seen          time.Time // last message of any kind
	charge        *float64
	reservation   *hold
	rental        *hold
	tags          []tag
	log           []transition // the newest first
}

type model struct{ uuid, name, picture string }

// A device is a lock or a tracker; AXA's are locks always.
type device struct {
	uuid, kind, bleid string
	paired            time.Time
	owner             string // organization of a spare one
}

func (d *device) isAXA() bool { return strings.HasPrefix(d.bleid, "AXA:") }

type fix struct {
	point
	accuracy float64
	pdop     *float64
	at       time.Time
}

// A hold is an active reservation or rental.
type hold struct {
	record
	user string
}

type tag struct{ uuid, declaration, name, color string }

type bicycleWire struct {
	UUID               string                `json:"uuid"`
	URL                string                `json:"url"`
	Created            string                `json:"created"`
	Modified           string                `json:"modified"`
	ConcurrencyVersion int64                 `json:"concurrency_version"`
	Organization       string                `json:"organization"`
	Name               string                `json:"name"`
	Description        string                `json:"description"`
	Note               *string               `json:"note"`
	State              string                `json:"state"`
	Model              *string               `json:"model"`
	BicycleModelName   *string               `json:"bicycle_model_name"`
	SerialNumber       string                `json:"serial_number"`
	ShortID            string                `json:"short_id"`
	BLEID              *string               `json:"bleid"`
	DeviceType         *string               `json:"device_type"`
	Lock               *string               `json:"lock"`
	Devices            map[string]deviceWire `json:"devices"`
	ImageURL           *string               `json:"image_url"`
	Reservation        *reservationWire      `json:"reservation"`
	RentalSession      *rentalWire           `json:"rental_session"`
	Tags               []tagWire             `json:"tags"`
	Distance           *int                  `json:"distance"`
	LastCellularUpdate *string               `json:"last_cellular_update"`
	Latitude           *float64              `json:"latitude"`
	Longitude          *float64              `json:"longitude"`
	GPSAccuracy        *decimal              `json:"latest_gps_accuracy"`
	GPSTimestamp       *string               `json:"latest_gps_timestamp"`
	GPSPDOP            *decimal              `json:"latest_gps_pdop"`
	StateOfCharge      *decimal              `json:"state_of_charge"`
	EstimatedCharge    *decimal              `json:"estimated_state_of_charge"`
	AppDownloadURL     *string               `json:"app_download_url,omitempty"` // only where it is asked for
}

type deviceWire struct {
	BLEID        string  `json:"bleid"`
	Manufacturer string  `json:"manufacturer"`
	PairedAt     *string `json:"paired_at"`
	URL          string  `json:"url"`
}

type holdWire struct {
	UUID               string `json:"uuid"`
	URL                string `json:"url"`
	Created            string `json:"created"`
	Modified           string `json:"modified"`
	ConcurrencyVersion int64  `json:"concurrency_version"`
	State              string `json:"state"`
	User               string `json:"user"`
	Bicycle            string `json:"bicycle"`
}

type reservationWire struct {
	holdWire
	Duration decimal `json:"duration"` // seconds
}

type rentalWire struct {
	holdWire
	Duration         *decimal `json:"duration_of_rental_session"`
	Cents            *int     `json:"cents"`
	Currency         *string  `json:"currency"`
	SubscriptionPlan *string  `json:"subscription_plan"`
	PricingScheme    *string  `json:"pricing_scheme"`
}

type tagWire struct {
	UUID             string  `json:"uuid"`
	DeclarationUUID  string  `json:"tag_declaration_uuid"`
	DeclarationName  string  `json:"tag_declaration_name"`
	DeclarationColor *string `json:"tag_declaration_color"`
}

// bicycles lists the bicycles that the caller may see.
func (c *call) bicycles() (answer, error) {
	q, err := c.bicycleQuery()
	if err != nil {
		return answer{}, err
	}
	rows := q.choose(c.fleet.bicycles)
	q.sort(rows)
	write := func(b *bicycle) any { return c.bicycleWire(b, q.area) }
	if c.form == csvType {
		return csvOf(every(c, rows, write))
	}
	if c.query.Get("no_page") != "" {
		return found(every(c, rows, write)), nil
	}
	return page(c, rows, write)
}

// bicycle is one bicycle; the list's filters apply to it too.
func (c *call) bicycle() (answer, error) {
	q, err := c.bicycleQuery()
	if err != nil {
		return answer{}, err
	}
	b, err := byUUID(c, c.fleet.bicycles, q.pass, "Bicycle")
	if err != nil {
		return answer{}, err
	}
	return found(c.cut(c.bicycleWire(b, q.area))), nil
}

// pricings is empty: the practice fleet sells nothing.
func (c *call) pricings() (answer, error) {
	if _, err := c.bicycle(); err != nil {
		return answer{}, err
	}
	return found(map[string][]any{"active_subscriptions": {}, "pricing_schemes": {}, "subscription_plans": {}}), nil
}

// showsBicycle says whether the caller may see b. Anonymous callers see the
// available bicycles of open fleets.
func (c *call) showsBicycle(b *bicycle) bool {
	if c.caller == nil {
		return b.state == available && b.organization.open
	}
	return c.sees(b.organization)
}

func (c *call) bicycleWire(b *bicycle, area *box) bicycleWire {
	w := bicycleWire{
		UUID: b.uuid, URL: c.link("bicycles", b.uuid), Created: stamp(b.created), Modified: stamp(b.modified),
		ConcurrencyVersion: b.version, Organization: c.link("organizations", b.organization.uuid),
		Name: b.name, Description: b.description, Note: textOrNull(b.note), State: b.state,
		SerialNumber: b.serial, ShortID: b.short, Devices: c.devicesWire(b), Tags: tagsWire(b.tags),
		Reservation: c.reservationWire(b), RentalSession: c.rentalWire(b),
		LastCellularUpdate: stampOrNull(b.seen), StateOfCharge: decimalOrNull(b.charge),
		EstimatedCharge: decimalOrNull(b.estimatedCharge(c.now)),
	}
	w.placed(b.fix, area)
	if b.model != nil {
		w.Model, w.BicycleModelName = c.linkOrNull("bicycle_models", b.model.uuid), textOrNull(b.model.name)
		w.ImageURL = textOrNull(b.model.picture)
	}
	if b.noa != nil {
		w.BLEID, w.DeviceType = textOrNull(b.noa.bleid), textOrNull(b.noa.kind)
		w.Lock = c.linkOrNull("locks", b.noa.uuid)
	}
	return w
}

// placed fills in what is known of the position.
func (w *bicycleWire) placed(f *fix, area *box) {
	if f == nil {
		return
	}
	w.Latitude, w.Longitude = &f.point[1], &f.point[0]
	w.GPSAccuracy, w.GPSPDOP = decimalOrNull(&f.accuracy), decimalOrNull(f.pdop)
	w.GPSTimestamp = stampOrNull(f.at)
	if area != nil {
		away := int(math.Round(metres(f.point, area.middle())))
		w.Distance = &away
	}
}

func (c *call) devicesWire(b *bicycle) map[string]deviceWire {
	out := map[string]deviceWire{}
	if b.axa != nil {
		out["lock"] = deviceWire{b.axa.bleid, "axa", stampOrNull(b.axa.paired), c.link("axa_locks", b.axa.uuid)}
	}
	if b.noa != nil {
		out[b.noa.kind] = deviceWire{b.noa.bleid, "noa", stampOrNull(b.noa.paired), c.link("locks", b.noa.uuid)}
	}
	return out
}

func (c *call) holdWire(b *bicycle, h *hold, collection string) holdWire {
	return holdWire{
		h.uuid, c.link(collection, h.uuid), stamp(h.created), stamp(h.modified), h.version, "new",
		c.link("users", h.user), c.link("bicycles", b.uuid),
	}
}

func (c *call) reservationWire(b *bicycle) *reservationWire {
	if b.reservation == nil {
		return nil
	}
	return &reservationWire{c.holdWire(b, b.reservation, "reservations"), 900}
}

func (c *call) rentalWire(b *bicycle) *rentalWire {
	if b.rental == nil {
		return nil
	}
	return &rentalWire{holdWire: c.holdWire(b, b.rental, "rental_sessions")}
}

func tagsWire(tags []tag) []tagWire {
	out := []tagWire{}
	for _, t := range tags {
		out = append(out, tagWire{t.uuid, t.declaration, t.name, textOrNull(t.color)})
	}
	return out
}

// estimatedCharge is the reported charge less 0.05 percent an hour since.
func (b *bicycle) estimatedCharge(now time.Time) *float64 {
	if b.charge == nil || *b.charge == 0 {
		return nil
	}
	drop := max(0, now.Sub(b.seen).Hours()*0.05)
	estimate := *b.charge
	if drop >= 1 {
		estimate = math.Round(max(0, estimate-drop)*10) / 10
	}
	return &estimate
}

// String names the bicycle in failures of tests.
func (b *bicycle) String() string { return fmt.Sprintf("%q (%s)", b.name, b.state) }
