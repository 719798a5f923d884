package noa

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// A Ticket is a support ticket at Noa. No call of the API changes its state.
type Ticket struct {
	AsOf
	UUID               string   `json:"uuid"`
	Created            Time     `json:"created"`
	Modified           Time     `json:"modified"`
	ConcurrencyVersion int64    `json:"concurrency_version"`
	State              string   `json:"state"` // new, pending, resolved, closed
	Organization       Link     `json:"organization"`
	Category           Category `json:"category"`
	Message            string   `json:"message"`
	Bicycle            Link     `json:"bicycle"`
	Location           *Point   `json:"location"`
}

// A Category is what a ticket is about; "" is none.
type Category string

// The categories of docs/noa.md, "Support tickets".
const (
	Damaged       Category = "bicycle_damaged"         // needs a bicycle
	Missing       Category = "bicycle_missing"         // needs a location
	NeedsBicycles Category = "location_needs_bicycles" // needs a location
)

// Categories are all categories that Noa takes.
var Categories = []Category{Damaged, Missing, NeedsBicycles}

// NeedsBicycle says whether a ticket of this category must name a bicycle.
func (c Category) NeedsBicycle() bool { return c == Damaged }

// NeedsLocation says whether a ticket of this category must have a location.
func (c Category) NeedsLocation() bool { return c == Missing || c == NeedsBicycles }

// A TicketQuery filters [Fleet.Tickets].
type TicketQuery struct {
	Bicycle      string // uuid
	Category     Category
	State        string
	CreatedAfter time.Time // strictly later
	Page         int       // from 1; 0 is 1
	PageSize     int       // 1 to 100; 0 is 20
}

func (q TicketQuery) values() url.Values {
	v := pageOf(q.Page, q.PageSize)
	setText(v, "bicycle", q.Bicycle)
	setText(v, "category", string(q.Category))
	setText(v, "state", q.State)
	setMoment(v, "created_after", q.CreatedAfter)
	return v
}

// Tickets lists the support tickets, the newest first. It needs [TicketRead].
func (f *Fleet) Tickets(ctx context.Context, q TicketQuery) (Page[Ticket], error) {
	return list[Ticket](ctx, f, q.values(), "support_tickets")
}

// Ticket is one support ticket. It needs [TicketRead].
func (f *Fleet) Ticket(ctx context.Context, uuid string) (Ticket, error) {
	return get[Ticket](ctx, f, nil, "support_tickets", uuid)
}

// A NewTicket is a ticket to be filed.
type NewTicket struct {
	Organization string // uuid, "" for the fleet's own; a descendant's bicycle wants the descendant
	Category     Category
	Message      string
	Bicycle      string // uuid, "" for none
	Location     *Point
}

// FileTicket files a support ticket and returns it as Noa stored it. It needs [TicketWrite]. It is never repeated
// by itself: where the outcome is unknown the error is an [Error] that [ErrUnknownOutcome] matches.
func (f *Fleet) FileTicket(ctx context.Context, t NewTicket) (Ticket, error) {
	if wrong := t.problems(); len(wrong) > 0 {
		return Ticket{}, &Error{Method: http.MethodPost, Path: "support_tickets/", Problems: wrong, kind: ErrInvalid}
	}
	return post[Ticket](ctx, f, t.body(f), "support_tickets")
}

// problems are what Noa would refuse, and what it would take though it makes no sense.
func (t NewTicket) problems() []Problem {
	var wrong []Problem
	if _, ok := uuidOf(t.Bicycle); !ok && (t.Bicycle != "" || t.Category.NeedsBicycle()) {
		wrong = append(wrong, Problem{Path: "bicycle", Message: "This category needs a bicycle.", Code: "invalid"})
	}
	if t.Location == nil && t.Category.NeedsLocation() || t.Location != nil && !t.Location.Valid() {
		wrong = append(wrong, Problem{Path: "location", Message: "This category needs a place on Earth.", Code: "invalid"})
	}
	return wrong
}

// ticketBody is a ticket on its way to Noa.
type ticketBody struct {
	Organization string   `json:"organization"`
	Category     Category `json:"category,omitempty"`
	Message      string   `json:"message"`
	Bicycle      string   `json:"bicycle,omitempty"`
	Location     *Point   `json:"location,omitempty"`
}

func (t NewTicket) body(f *Fleet) ticketBody {
	b := ticketBody{
		Organization: f.link("organizations", cmp.Or(t.Organization, f.credential.Organization)),
		Category:     t.Category, Message: t.Message, Location: t.Location,
	}
	if id, ok := uuidOf(t.Bicycle); ok {
		b.Bicycle = f.link("bicycles", id)
	}
	return b
}

func (t *Ticket) tidy(json.RawMessage) bool { return identified(&t.UUID) }
