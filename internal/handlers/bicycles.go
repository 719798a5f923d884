package handlers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"noadesk/internal/noa"
	"noadesk/internal/views"
)

// rowsAPage is how many rows the lists show.
const rowsAPage = 50

// bicycles lists the fleet; retired ones only where they are asked for.
func bicycles(v *visit) (views.Page, error) {
	q, err := bicycleQuery(v)
	if err != nil {
		return nil, err
	}
	list, err := v.fleet.Bicycles(v.Context(), q)
	if err != nil {
		return nil, err
	}
	p := views.Bicycles{Org: v.org, State: v.query("state"), Search: v.query("q"), List: list.Items}
	p.Pager = pager(v, list, q.Page, v.org.Bicycles(), "state", "q")
	return p, nil
}

func bicycleQuery(v *visit) (q noa.BicycleQuery, err error) {
	if err = v.single("q", "state", "page"); err != nil {
		return q, err
	}
	q = noa.BicycleQuery{Search: v.query("q"), PageSize: rowsAPage, Brief: true}
	if q.Page, err = v.number(); err != nil {
		return q, err
	}
	if err = searchable(q.Search); err != nil {
		return q, err
	}
	switch state := noa.State(v.query("state")); {
	case state == "" && q.Search == "":
		q.Without = []noa.State{noa.Retired}
	case state == "" || state == "all":
	case state.Known():
		q.States = []noa.State{state}
	default:
		return q, badAddress{"There is no state of that name. The list’s own filter has them all."}
	}
	return q, nil
}

// searchable refuses what nobody types to find a bicycle.
func searchable(text string) error {
	switch {
	case utf8.RuneCountInString(text) > 200:
		return badAddress{"The search is longer than 200 characters."}
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return badAddress{"The search holds characters that cannot be searched for."}
	}
	return nil
}

// pager says where a list stands; the named parameters are kept on its other pages.
func pager[T any](v *visit, list noa.Page[T], page int, path string, kept ...string) views.Pager {
	at := views.NewAddress(path)
	for _, name := range kept {
		at = at.With(name, v.query(name))
	}
	return views.Pager{
		Org: v.org, Page: page, Size: rowsAPage, Total: list.Total, Shown: len(list.Items), More: list.More,
		Unread: list.Unread, Address: at, AsOf: list.AsOf,
	}
}

// bicycle is one bicycle; a number in the address leads to the address with its uuid.
func bicycle(v *visit) (views.Page, error) {
	id := v.param("id")
	if !isUUID(id) {
		return v.byNumber(id)
	}
	transitions := panel(v, noa.BicycleRead, func(ctx context.Context) ([]noa.Transition, noa.AsOf, error) {
		return items(v.fleet.Transitions(ctx, id))
	})
	trips := panel(v, noa.TripRead, func(ctx context.Context) ([]noa.Trip, noa.AsOf, error) {
		return items(newestFirst(v.fleet.Trips(ctx, noa.TripQuery{Bicycle: id, PageSize: 5})))
	})
	tickets := panel(v, noa.TicketRead, func(ctx context.Context) ([]noa.Ticket, noa.AsOf, error) {
		return items(v.fleet.Tickets(ctx, noa.TicketQuery{Bicycle: id, PageSize: 5}))
	})
	b, err := v.fleet.Bicycle(v.Context(), id)
	if err != nil {
		return nil, err
	}
	return views.Bicycle{Org: v.org, Bicycle: b, Tickets: tickets(), Trips: trips(), Transitions: transitions(), CanFile: v.canFile()}, nil
}

// newestFirst puts trips in the order of their start: Noa lists them in the order in which it processed them.
func newestFirst(p noa.Page[noa.Trip], err error) (noa.Page[noa.Trip], error) {
	slices.SortStableFunc(p.Items, func(a, b noa.Trip) int { return b.Start.Compare(a.Start.Time) })
	return p, err
}

// names are the bicycles of those links, so that a list can call them by
// their numbers: one call, however many there are. Without an answer the list does without.
func (v *visit) names(links []noa.Link) map[string]noa.Bicycle {
	known := map[string]noa.Bicycle{}
	var uuids []string
	for _, l := range links {
		if id := l.UUID(); id != "" && !slices.Contains(uuids, id) && len(uuids) < 100 {
			uuids = append(uuids, id)
		}
	}
	if len(uuids) == 0 || !v.scopes.Has(noa.BicycleRead) {
		return known
	}
	list, err := v.fleet.Bicycles(v.Context(), noa.BicycleQuery{UUIDs: uuids, PageSize: 100, Brief: true})
	if err != nil {
		v.failed(err)
		return known
	}
	for _, b := range list.Items {
		known[b.UUID] = b
	}
	return known
}

// search finds bicycles by what somebody reads out; a single hit of exactly that number goes straight to its page.
func search(v *visit) (views.Page, error) {
	if err := v.single("q", "page"); err != nil {
		return nil, err
	}
	q := strings.TrimSpace(v.query("q"))
	if err := searchable(q); err != nil {
		return nil, err
	}
	v.search = q
	page, err := v.number()
	switch {
	case err != nil:
		return nil, err
	case q == "":
		return views.Search{Org: v.org}, nil
	case isUUID(q):
		return nil, elsewhere{v.org.Bicycle(strings.ToLower(q))}
	}
	list, err := v.fleet.Bicycles(v.Context(), noa.BicycleQuery{Search: q, Page: page, PageSize: rowsAPage, Brief: true})
	if err != nil {
		return nil, err
	}
	if hit, ok := theOne(list, q, page); ok {
		return nil, elsewhere{v.org.Bicycle(hit.UUID)}
	}
	if list.Total == 0 {
		if hit, err := v.shortID(q); err == nil {
			return nil, elsewhere{v.org.Bicycle(hit.UUID)}
		}
	}
	return views.Search{Org: v.org, Query: q, Found: list.Items, Pager: pager(v, list, page, v.org.Search(), "q")}, nil
}

// theOne is the only hit, or the only one whose number is exactly what was typed.
func theOne(list noa.Page[noa.Bicycle], q string, page int) (noa.Bicycle, bool) {
	if page != 1 {
		return noa.Bicycle{}, false
	}
	if len(list.Items) == 1 && !list.More {
		return list.Items[0], true
	}
	exact := slices.DeleteFunc(slices.Clone(list.Items), func(b noa.Bicycle) bool { return !strings.EqualFold(b.Name, q) })
	if len(exact) == 1 {
		return exact[0], true
	}
	return noa.Bicycle{}, false
}

// shortID finds a bicycle by its short public code, which Noa's search does not look into.
func (v *visit) shortID(code string) (noa.Bicycle, error) {
	if len(code) > 12 {
		return noa.Bicycle{}, errNotFound
	}
	list, err := v.fleet.Bicycles(v.Context(), noa.BicycleQuery{ShortID: code, PageSize: 2, Brief: true})
	if err != nil || len(list.Items) != 1 {
		return noa.Bicycle{}, errors.Join(errNotFound, err)
	}
	return list.Items[0], nil
}
