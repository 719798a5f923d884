package handlers

import (
	"errors"
	"strings"
	"time"

	"noadesk/internal/noa"
	"noadesk/internal/views"
)

// clocksApart is how much earlier than it was sent a ticket may have been made, by Noa's clock as far as it is known.
const clocksApart = time.Minute

// settle finds out what became of a ticket whose outcome is unknown: Noa is
// asked what it has now, and a ticket just like it is the one. Otherwise the
// error comes back with what was seen.
func (s *Server) settle(v *visit, t noa.NewTicket, sent time.Time, err error) (noa.Ticket, error) {
	if !errors.Is(err, noa.ErrUnknownOutcome) || !v.scopes.Has(noa.TicketRead) {
		return noa.Ticket{}, err
	}
	ahead, _ := s.api.Skew()
	list, lost := v.fleet.Tickets(v.Context(), noa.TicketQuery{Bicycle: t.Bicycle, Category: t.Category, CreatedAfter: sent.Add(ahead - clocksApart), PageSize: 100})
	if lost != nil {
		v.failed(lost)
		return noa.Ticket{}, outcome{err, "Noa could not be asked either whether it is there."}
	}
	for _, have := range list.Items {
		if same(have, t) {
			v.failed(err) // for the log: the reader gets what was wanted
			v.flash("Noa’s answer was lost on the way, but the ticket is there.")
			return have, nil
		}
	}
	return noa.Ticket{}, outcome{err, "Asked again at " + list.Fetched.In(v.org.Zone).Format(time.TimeOnly) + ", Noa has no such ticket yet."}
}

// same says whether Noa's ticket is the one that was sent. What people type
// is compared as Noa may have trimmed it.
func same(have noa.Ticket, sent noa.NewTicket) bool {
	return have.Category == sent.Category && have.Bicycle.UUID() == strings.ToLower(sent.Bicycle) &&
		strings.TrimSpace(have.Message) == strings.TrimSpace(sent.Message)
}

// outcome is an unknown outcome with what was seen when it was looked for.
type outcome struct {
	error
	seen string
}

func (o outcome) Unwrap() error { return o.error }

// told is a problem with what was seen, where something was.
func told(p views.Problem, err error) views.Problem {
	var o outcome
	if errors.As(err, &o) {
		p.Advice += " " + o.seen
	}
	return p
}
