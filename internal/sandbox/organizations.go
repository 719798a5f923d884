package sandbox

// An organization. The wire never names its parent.
type organization struct {
	record
	name       string
	parent     *organization
	open       bool // anyone may ride
	icon       string
	phones     map[string]any
	features   []string
	preference *preference // its own; nil inherits the parent's
}

// A preference belongs to an organization and holds for its descendants.
type preference struct {
	record
	name  string
	owner *organization
}

type organizationWire struct {
	UUID                 string          `json:"uuid"`
	URL                  string          `json:"url"`
	Created              string          `json:"created"`
	Modified             string          `json:"modified"`
	ConcurrencyVersion   int64           `json:"concurrency_version"`
	State                string          `json:"state"`
	Name                 string          `json:"name"`
	IsOpenFleet          bool            `json:"is_open_fleet"`
	Icon                 *string         `json:"icon"`
	PhoneNumbers         map[string]any  `json:"phone_numbers"`
	Features             []featureWire   `json:"features"`
	UsesPayments         bool            `json:"uses_payments"`
	Preference           *preferenceWire `json:"preference"`
	StripePublishableKey *string         `json:"stripe_publishable_key"`
}

type featureWire struct {
	Name string `json:"name"`
}

type preferenceWire struct {
	UUID                  string   `json:"uuid"`
	URL                   string   `json:"url"`
	Created               string   `json:"created"`
	Modified              string   `json:"modified"`
	ConcurrencyVersion    int64    `json:"concurrency_version"`
	State                 string   `json:"state"`
	Name                  string   `json:"name"`
	EmailAlertTypes       []string `json:"allowed_email_alert_types"`
	PushAlertTypes        []string `json:"allowed_push_alert_types"`
	ReturnOutsideDropZone bool     `json:"allow_returning_bicycle_outside_drop_zone"`
	RentWithoutPricings   bool     `json:"allow_renting_without_pricings"`
	Currency              string   `json:"currency"`
	IsFreeFloatingFleet   bool     `json:"is_free_floating_fleet"`
	IsAccessControlled    bool     `json:"is_access_controlled"`
	Timezone              string   `json:"timezone"`
	UnitSystem            string   `json:"unit_system"`
	IdleBicycleDuration   *string  `json:"idle_bicycle_duration"`
	TicketPerEmail        bool     `json:"send_support_ticket_per_email"`
	SupportEmail          *string  `json:"support_email"`
	SupportPhoneNumber    *string  `json:"support_phone_number"`
	UsesPayments          bool     `json:"uses_payments"`
	TaxPercent            *string  `json:"tax_percent"`
}

// organizations lists the caller's organization and its descendants in the
// order of the tree.
func (c *call) organizations() (answer, error) {
	f := c.filters()
	pass := commonTests[*organization](f)
	pass.add(c.sees)
	sort := order(f, commonColumns[*organization](nil))
	if err := f.err(); err != nil {
		return answer{}, err
	}
	rows := pass.choose(c.fleet.tree)
	sort(rows)
	return page(c, rows, c.organizationWire)
}

// organization is one organization with its effective preference.
func (c *call) organization() (answer, error) {
	f := c.filters()
	pass := commonTests[*organization](f)
	pass.add(c.sees)
	order(f, commonColumns[*organization](nil))
	if err := f.err(); err != nil {
		return answer{}, err
	}
	o, err := byUUID(c, c.fleet.tree, pass.pass, "Organization")
	if err != nil {
		return answer{}, err
	}
	return found(c.cut(c.organizationWire(o))), nil
}

func (c *call) organizationWire(o *organization) any {
	w := organizationWire{
		UUID: o.uuid, URL: c.link("organizations", o.uuid), Created: stamp(o.created), Modified: stamp(o.modified),
		ConcurrencyVersion: o.version, State: "new", Name: o.name, IsOpenFleet: o.open,
		Icon: textOrNull(o.icon), PhoneNumbers: map[string]any{}, Features: []featureWire{},
		Preference: c.preferenceWire(o.effective()),
	}
	for label, number := range o.phones {
		w.PhoneNumbers[label] = number
	}
	for _, name := range o.features {
		w.Features = append(w.Features, featureWire{name})
	}
	return w
}

// effective is the nearest preference upwards in the tree.
func (o *organization) effective() *preference {
	for ; o != nil; o = o.parent {
		if o.preference != nil {
			return o.preference
		}
	}
	return nil
}

func (c *call) preferenceWire(p *preference) *preferenceWire {
	if p == nil {
		return nil
	}
	idle, tax, email, phone := "15 00:00:00", "12.000", "help@kulan.example", "+7 000 555 0100"
	return &preferenceWire{
		UUID: p.uuid, URL: c.link("organizations", p.owner.uuid) + "preference/",
		Created: stamp(p.created), Modified: stamp(p.modified), ConcurrencyVersion: p.version,
		State: "new", Name: p.name,
		EmailAlertTypes:     []string{"lock.bat.low", "bicycle.lost_reported"},
		PushAlertTypes:      []string{"lock.bat.low", "bicycle.ride_outside", "bicycle.lost_reported"},
		RentWithoutPricings: true, IsAccessControlled: true, Timezone: "Asia/Almaty", UnitSystem: "metric",
		IdleBicycleDuration: &idle, TicketPerEmail: true, SupportEmail: &email, SupportPhoneNumber: &phone,
		TaxPercent: &tax,
	}
}
