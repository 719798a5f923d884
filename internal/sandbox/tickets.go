package sandbox

import (
	"net/http"
	"slices"
)

var (
	ticketStates     = []string{"new", "pending", "resolved", "closed"}
	ticketCategories = []string{"location_needs_bicycles", "bicycle_missing", "bicycle_damaged"}
)

// A ticket is a support ticket. It is never changed in place: a write puts
// another one at its place.
type ticket struct {
	record
	state        string
	organization *organization
	owner        string
	category     *string // nil and "" are two things
	message      string
	bicycle      string // uuid, "" is null
	location     *point
}

type ticketWire struct {
	UUID               string    `json:"uuid"`
	URL                string    `json:"url"`
	Created            string    `json:"created"`
	Modified           string    `json:"modified"`
	ConcurrencyVersion int64     `json:"concurrency_version"`
	State              string    `json:"state"`
	Organization       string    `json:"organization"`
	Owner              string    `json:"owner"`
	Message            string    `json:"message"`
	Location           *geometry `json:"location"`
	Bicycle            *string   `json:"bicycle"`
	Category           *string   `json:"category"`
}

// tickets lists the support tickets, the newest first.
func (c *call) tickets() (answer, error) {
	pass, sort, err := c.ticketQuery()
	if err != nil {
		return answer{}, err
	}
	rows := pass.choose(c.fleet.tickets)
	sort(rows)
	return page(c, rows, c.ticketWire)
}

// ticket is one support ticket.
func (c *call) ticket() (answer, error) {
	t, err := c.findTicket()
	if err != nil {
		return answer{}, err
	}
	return found(c.cut(c.ticketWire(t))), nil
}

// fileTicket files a new one.
func (c *call) fileTicket() (answer, error) {
	sent, err := c.body()
	if err != nil {
		return answer{}, err
	}
	t := &ticket{state: "new"}
	if err := c.fill(t, sent, true); err != nil {
		return answer{}, err
	}
	t.record = freshRecord(c.now)
	c.fleet.tickets = slices.Insert(c.fleet.tickets, 0, t)
	return answer{
		status:   http.StatusCreated,
		body:     c.cut(c.ticketWire(t)),
		location: c.link("support_tickets", t.uuid),
	}, nil
}

// changeTicket is PUT and PATCH; only PUT needs the required members.
func (c *call) changeTicket() (answer, error) {
	old, err := c.findTicket()
	if err != nil {
		return answer{}, err
	}
	sent, err := c.body()
	if err != nil {
		return answer{}, err
	}
	t := *old
	if err := c.fill(&t, sent, c.method() == put); err != nil {
		return answer{}, err
	}
	if !sent.fits(old.version) {
		return answer{}, conflict()
	}
	t.touch(c.now)
	c.fleet.tickets[slices.Index(c.fleet.tickets, old)] = &t
	return found(c.cut(c.ticketWire(&t))), nil
}

// deleteTicket removes one for good.
func (c *call) deleteTicket() (answer, error) {
	t, err := c.findTicket()
	if err != nil {
		return answer{}, err
	}
	at := slices.Index(c.fleet.tickets, t)
	c.fleet.tickets = slices.Delete(c.fleet.tickets, at, at+1)
	return answer{status: http.StatusNoContent}, nil
}

func (c *call) findTicket() (*ticket, error) {
	pass, _, err := c.ticketQuery()
	if err != nil {
		return nil, err
	}
	return byUUID(c, c.fleet.tickets, pass.pass, "SupportTicket")
}

func (c *call) ticketQuery() (tests[*ticket], func([]*ticket), error) {
	f := c.filters()
	pass := commonTests[*ticket](f)
	pass.add(func(t *ticket) bool { return c.sees(t.organization) || t.owner == c.caller.user })
	organizationTest(f, &pass, func(t *ticket) string { return t.organization.uuid })
	owner, category := f.uuid("owner"), f.choice("category", ticketCategories)
	bicycles, states := f.uuids("bicycle"), f.choices("state", ticketStates)
	pass.addIf(owner != "", func(t *ticket) bool { return t.owner == owner })
	pass.addIf(category != "", func(t *ticket) bool { return t.about() == category })
	pass.addIf(len(bicycles) > 0, func(t *ticket) bool { return slices.Contains(bicycles, t.bicycle) })
	pass.addIf(len(states) > 0, func(t *ticket) bool { return slices.Contains(states, t.state) })
	sort := order(f, commonColumns(columns[*ticket]{
		"category": func(t *ticket) column { return column{null: t.category == nil, text: t.about()} },
		"state":    func(t *ticket) column { return textColumn(t.state) },
	}))
	return pass, sort, f.err()
}

// about is the category, "" for none.
func (t *ticket) about() string {
	if t.category == nil {
		return ""
	}
	return *t.category
}

func (c *call) ticketWire(t *ticket) any {
	return ticketWire{
		UUID: t.uuid, URL: c.link("support_tickets", t.uuid), Created: stamp(t.created), Modified: stamp(t.modified),
		ConcurrencyVersion: t.version, State: t.state, Organization: c.link("organizations", t.organization.uuid),
		Owner: c.link("users", t.owner), Message: t.message, Location: pointOrNull(t.location),
		Bicycle: c.linkOrNull("bicycles", t.bicycle), Category: t.category,
	}
}
