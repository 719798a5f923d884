package noa

import (
	"context"
	"encoding/json"
	"time"
)

// An Organization is a fleet's organization at Noa.
type Organization struct {
	AsOf
	UUID         string           `json:"uuid"`
	Created      Time             `json:"created"`
	Modified     Time             `json:"modified"`
	State        string           `json:"state"`
	Name         string           `json:"name"`
	OpenFleet    bool             `json:"is_open_fleet"`
	PhoneNumbers map[string]Phone `json:"phone_numbers"`
	Features     []Feature        `json:"features"`
	UsesPayments bool             `json:"uses_payments"`
	Preference   *Preference      `json:"preference"` // effective, possibly an ancestor's
}

// A Phone is a telephone number, which Noa writes as a text or as a number.
type Phone string

// UnmarshalJSON reads a text or a number. It never fails: a telephone number is not worth a row.
func (p *Phone) UnmarshalJSON(data []byte) error {
	*p = ""
	var text string
	var number json.Number
	switch {
	case json.Unmarshal(data, &text) == nil:
		*p = Phone(text)
	case json.Unmarshal(data, &number) == nil:
		*p = Phone(number.String())
	}
	return nil
}

// A Feature is something that Noa switched on for an organization.
type Feature struct {
	Name string `json:"name"`
}

// A Preference is how an organization runs its fleet.
type Preference struct {
	UUID                  string    `json:"uuid"`
	Name                  string    `json:"name"`
	Timezone              string    `json:"timezone"`    // IANA name
	UnitSystem            string    `json:"unit_system"` // metric, imperial
	Currency              string    `json:"currency"`
	ReturnOutsideDropZone bool      `json:"allow_returning_bicycle_outside_drop_zone"`
	RentWithoutPricing    bool      `json:"allow_renting_without_pricings"`
	FreeFloating          bool      `json:"is_free_floating_fleet"`
	AccessControlled      bool      `json:"is_access_controlled"`
	IdleAfter             *Duration `json:"idle_bicycle_duration"`
	TicketsByEmail        bool      `json:"send_support_ticket_per_email"`
	SupportEmail          string    `json:"support_email"`
	SupportPhone          Phone     `json:"support_phone_number"`
	TaxPercent            string    `json:"tax_percent"` // decimal text
	EmailAlerts           []string  `json:"allowed_email_alert_types"`
	PushAlerts            []string  `json:"allowed_push_alert_types"`
}

// Organizations lists the client application's organization and its
// descendants, up to 100. It needs [OrganizationRead].
func (f *Fleet) Organizations(ctx context.Context) (Page[Organization], error) {
	return f.FindOrganizations(ctx, OrganizationQuery{PageSize: maxPageSize})
}

// An OrganizationQuery filters [Fleet.FindOrganizations]. It can be sorted by
// [ByCreated], [ByModified] and [ByUUID]; unsorted, parents come before their children.
type OrganizationQuery struct {
	CreatedAfter  time.Time // strictly later
	ModifiedSince time.Time // or at that moment
	Created       time.Time // at exactly that moment, of which answers show the second only
	Modified      time.Time // likewise
	UUIDs         []string  // exactly these, up to 100
	Order         []Order
	Page          int // from 1; 0 is 1
	PageSize      int // 1 to 100; 0 is 20
}

func (q OrganizationQuery) filters() *filters {
	f := newFilters()
	f.since("created_after", q.CreatedAfter)
	f.since("modified_since", q.ModifiedSince)
	f.exactly("created", q.Created)
	f.exactly("modified", q.Modified)
	f.uuids("uuid", q.UUIDs)
	f.order(q.Order, organizationOrders)
	f.page(q.Page, q.PageSize)
	return f
}

// FindOrganizations lists those of the client application's organization and
// its descendants that q is about. It needs [OrganizationRead].
func (f *Fleet) FindOrganizations(ctx context.Context, q OrganizationQuery) (Page[Organization], error) {
	return find[Organization](ctx, f, OrganizationRead, q.filters(), "organizations")
}

// Organization is one organization with its effective preference. It needs [OrganizationRead].
func (f *Fleet) Organization(ctx context.Context, uuid string) (Organization, error) {
	return get[Organization](ctx, f, OrganizationRead, nil, "organizations", uuid)
}

func (o *Organization) tidy(json.RawMessage) bool {
	if o.Preference != nil {
		o.Preference.IdleAfter = known(o.Preference.IdleAfter)
	}
	return identified(&o.UUID)
}

func (o *Organization) id() string { return o.UUID }
