package handlers

import (
	"context"
	"strings"

	"noadesk/internal/noa"
	"noadesk/internal/views"
)

// tickets lists the support tickets as Noa has them.
func tickets(v *visit) (views.Page, error) {
	q, err := ticketQuery(v)
	if err != nil {
		return nil, err
	}
	list, err := v.fleet.Tickets(v.Context(), q)
	if err != nil {
		return nil, err
	}
	known := v.names(append(bicyclesOf(list.Items), noa.Link(q.Bicycle)))
	p := views.Tickets{Org: v.org, Of: q.Bicycle, Category: string(q.Category), List: list.Items, Known: known, CanFile: v.canFile()}
	p.Bicycle = among(known, q.Bicycle)
	p.Pager = pager(v, list, q.Page, v.org.Tickets(), "bicycle", "category")
	return p, nil
}

func ticketQuery(v *visit) (q noa.TicketQuery, err error) {
	if err = v.single("bicycle", "category", "page"); err != nil {
		return q, err
	}
	q = noa.TicketQuery{Bicycle: strings.ToLower(v.query("bicycle")), Category: noa.Category(v.query("category")), PageSize: rowsAPage}
	switch {
	case q.Bicycle != "" && !isUUID(q.Bicycle):
		return q, badAddress{"The bicycle in the address is no uuid. Open the list from the bicycle’s own page."}
	case !isCategory(q.Category):
		return q, badAddress{"There is no category of that name. The list’s own tabs have them all."}
	}
	q.Page, err = v.number()
	return q, err
}

func isCategory(c noa.Category) bool {
	for _, known := range noa.Categories {
		if c == known {
			return true
		}
	}
	return c == ""
}

func bicyclesOf(list []noa.Ticket) (links []noa.Link) {
	for _, t := range list {
		links = append(links, t.Bicycle)
	}
	return links
}

// ticket is one support ticket with its bicycle as it is now.
func ticket(v *visit) (views.Page, error) {
	id := v.param("id")
	if !isUUID(id) {
		return nil, errNotFound
	}
	t, err := v.fleet.Ticket(v.Context(), id)
	if err != nil {
		return nil, err
	}
	p := views.Ticket{Org: v.org, Ticket: t}
	if of := t.Bicycle.UUID(); of != "" {
		p.Bicycle = panel(v, noa.BicycleRead, func(ctx context.Context) (*noa.Bicycle, noa.AsOf, error) {
			b, err := v.fleet.Bicycle(ctx, of)
			return &b, b.AsOf, err
		})()
	}
	return p, nil
}
