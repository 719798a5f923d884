package noa

import (
	"context"
	"net/http"
	"slices"
)

// A TicketChange says what shall be different about a ticket; what is nil stays
// as it is. Nothing changes its state.
type TicketChange struct {
	Organization *string // uuid
	Category     *Category
	Message      *string
	Bicycle      *string // uuid, "" for none
	Location     *Point
	NoLocation   bool // take the location away
}

// ChangeTicket changes what c names, if the ticket is still the one of that
// [Ticket.ConcurrencyVersion], and gives it as it is then. It needs
// [TicketWrite]. A ticket that was changed meanwhile is [ErrConflict].
func (f *Fleet) ChangeTicket(ctx context.Context, uuid string, version int64, c TicketChange) (Ticket, error) {
	r := request{method: http.MethodPatch, path: []string{"support_tickets", uuid}}
	if wrong := c.problems(); len(wrong) > 0 {
		return Ticket{}, r.invalid(wrong)
	}
	return send[Ticket](ctx, f, r.method, TicketWrite, c.body(f, version), r.path...)
}

// DeleteTicket removes a ticket for good. It needs [TicketWrite].
func (f *Fleet) DeleteTicket(ctx context.Context, uuid string) error {
	_, err := f.write(ctx, request{method: http.MethodDelete, scope: TicketWrite, path: []string{"support_tickets", uuid}})
	return err
}

// ticketChangeBody is a change on its way to Noa. Without the version the last writer would win.
type ticketChangeBody struct {
	Version      int64     `json:"concurrency_version"`
	Organization *relink   `json:"organization,omitempty"`
	Category     *Category `json:"category,omitempty"`
	Message      *string   `json:"message,omitempty"`
	Bicycle      *relink   `json:"bicycle,omitempty"`
	Location     **Point   `json:"location,omitempty"` // to nothing for null
}

func (c TicketChange) body(f *Fleet, version int64) ticketChangeBody {
	b := ticketChangeBody{
		Version: version, Category: c.Category, Message: c.Message,
		Organization: f.relinkTo("organizations", c.Organization), Bicycle: f.relinkTo("bicycles", c.Bicycle),
	}
	if c.Location != nil || c.NoLocation {
		b.Location = &c.Location
	}
	return b
}

// problems are what Noa would refuse, and what it would take though it makes no
// sense. Whether the category has what it needs shows in the ticket as a whole, which Noa judges.
func (c TicketChange) problems() []Problem {
	wrong := slices.Concat(needed("organization", c.Organization), notAUUID("bicycle", textOf(c.Bicycle)))
	if c.Category != nil && *c.Category != "" && !slices.Contains(Categories, *c.Category) {
		wrong = append(wrong, Problem{Path: "category", Message: "There is no category of that name.", Code: "invalid_choice"})
	}
	if c.Location != nil && (c.NoLocation || !c.Location.Valid()) {
		wrong = append(wrong, Problem{Path: "location", Message: "This must be one place on Earth.", Code: "invalid"})
	}
	return wrong
}
