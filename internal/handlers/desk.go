package handlers

import (
	"context"
	"slices"
	"strings"
	"time"

	"noadesk/internal/noa"
	"noadesk/internal/staff"
	"noadesk/internal/views"
)

// home leads to the desk of the person's first organisation.
func (s *Server) home(v *visit) (views.Page, error) {
	if len(v.orgs) > 0 {
		return nil, elsewhere{v.orgs[0].Desk()}
	}
	if v.person.MayEverywhere(staff.People) {
		return nil, elsewhere{views.NewOrganisationPath}
	}
	return views.NoOrganisation{}, nil
}

// home leads from an organisation's bare address to its desk.
func home(v *visit) (views.Page, error) { return nil, elsewhere{v.org.Desk()} }

// lost answers addresses that there are not, within the organisation that they name if there is that one.
func lost(v *visit) (views.Page, error) {
	if rest, ok := strings.CutPrefix(v.URL.Path, "/o/"); ok {
		slug, _, _ := strings.Cut(rest, "/")
		if i := slices.IndexFunc(v.orgs, func(o views.Org) bool { return o.Slug == slug }); i >= 0 {
			v.org = v.orgs[i]
		}
	}
	return nil, errNotFound
}

const (
	newestTickets = 12              // that the desk shows
	deskPatience  = 2 * time.Second // all of its parts are panels: there is no first question to wait for
)

// desk is the organisation's start page. It needs no scope of its own: each
// of its parts does, and may fail alone.
func (s *Server) desk(v *visit) (views.Page, error) {
	p := views.Desk{Org: v.org, HasKey: v.fleet != nil, Damaged: v.damaged, CanKeep: v.person.May(staff.Keys, v.org.UUID)}
	if v.fleet == nil {
		return p, nil
	}
	due, err := s.due(v)
	if err != nil {
		return nil, err
	}
	p.Due = p.CanKeep && len(due) > 0
	if err := v.token(); err != nil {
		return nil, err
	}
	p.CanFile = v.canFile()
	counts := countStates(v)
	newest := panel(v, noa.TicketRead, func(ctx context.Context) ([]noa.Ticket, noa.AsOf, error) {
		return items(v.fleet.Tickets(ctx, noa.TicketQuery{PageSize: newestTickets}))
	})
	if !v.waits() {
		v.until = time.Now().Add(deskPatience)
	}
	p.Tickets, p.Counts = newest(), counts()
	p.Known = v.names(bicyclesOf(p.Tickets.Value))
	return p, nil
}

// countStates asks for how many bicycles are in each state: a list of one row says so.
func countStates(v *visit) func() []views.StateCount {
	asked := make([]func() views.Panel[int], len(noa.States))
	for i, state := range noa.States {
		asked[i] = panel(v, noa.BicycleRead, func(ctx context.Context) (int, noa.AsOf, error) {
			list, err := v.fleet.Background().Bicycles(ctx, noa.BicycleQuery{States: []noa.State{state}, PageSize: 1, Brief: true})
			return list.Total, list.AsOf, err
		})
	}
	return func() []views.StateCount {
		counts := make([]views.StateCount, len(asked))
		for i, f := range asked {
			counts[i] = views.StateCount{State: noa.States[i], Panel: f()}
		}
		return counts
	}
}

// canFile says whether both the person and the key may file tickets.
func (v *visit) canFile() bool {
	return v.person.May(staff.Tickets, v.org.UUID) && v.scopes.Has(noa.TicketWrite)
}
