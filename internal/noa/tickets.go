package noa

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
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

// The states of a ticket. Words that are not among them are shown as they are.
const (
	TicketNew      = "new"
	TicketPending  = "pending"
	TicketResolved = "resolved"
	TicketClosed   = "closed"
)

// A TicketQuery filters [Fleet.Tickets]. It can be sorted by [ByCreated],
// [ByModified], [ByUUID], [ByCategory] and [ByState].
type TicketQuery struct {
	Organization  string   // uuid: exactly this, its descendants are not among it
	Owner         string   // uuid of whoever reported it
	Bicycle       string   // uuid
	Bicycles      []string // uuids, any of, and of Bicycle
	Category      Category
	States        []string  // any of
	CreatedAfter  time.Time // strictly later
	ModifiedSince time.Time // or at that moment
	Created       time.Time // at exactly that moment, of which answers show the second only
	Modified      time.Time // likewise
	UUIDs         []string  // exactly these, up to 100
	Order         []Order
	Page          int // from 1; 0 is 1
	PageSize      int // 1 to 100; 0 is 20
}

func (q TicketQuery) filters() *filters {
	f := newFilters()
	f.uuid("organization", q.Organization)
	f.uuid("owner", q.Owner)
	f.uuid("bicycle", q.Bicycle)
	f.anyUUID("bicycle", q.Bicycles)
	choice(f, "category", q.Category, Categories...)
	choose(f, "state", q.States, []string{TicketNew, TicketPending, TicketResolved, TicketClosed})
	f.since("created_after", q.CreatedAfter)
	f.since("modified_since", q.ModifiedSince)
	f.exactly("created", q.Created)
	f.exactly("modified", q.Modified)
	f.uuids("uuid", q.UUIDs)
	f.order(q.Order, ticketOrders)
	f.page(q.Page, q.PageSize)
	return f
}

// Tickets lists the support tickets, the newest first. It needs [TicketRead].
func (f *Fleet) Tickets(ctx context.Context, q TicketQuery) (Page[Ticket], error) {
	return find[Ticket](ctx, f, TicketRead, q.filters(), "support_tickets")
}

// Ticket is one support ticket. It needs [TicketRead].
func (f *Fleet) Ticket(ctx context.Context, uuid string) (Ticket, error) {
	return get[Ticket](ctx, f, TicketRead, nil, "support_tickets", uuid)
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
	return send[Ticket](ctx, f, http.MethodPost, TicketWrite, t.body(f), "support_tickets")
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

func (t *Ticket) id() string { return t.UUID }
