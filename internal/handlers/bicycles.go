package handlers

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"

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
	if len(q.Search) > 200 {
		return q, badAddress{"The search is longer than 200 characters."}
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

// pager says where a list stands; the named parameters are kept on its other pages.
func pager[T any](v *visit, list noa.Page[T], page int, path string, kept ...string) views.Pager {
	at := views.NewAddress(path)
	for _, name := range kept {
		at = at.With(name, v.query(name))
	}
	return views.Pager{
		Page: page, Size: rowsAPage, Total: list.Total, Shown: len(list.Items), More: list.More,
		Unread: list.Unread, Address: at, Fetched: list.Fetched,
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

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func isUUID(s string) bool { return uuidForm.MatchString(s) }

// isNumber says whether a text may be a bicycle's number. What could be a
// path or an escape is none, and Noa is not asked about it.
func isNumber(s string) bool {
	if strings.TrimSpace(s) == "" || len(s) > 128 || strings.Contains(s, "..") || s == "." {
		return false
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -_.#/()+:&',", r) {
			return false
		}
	}
	return true
}

// byNumber leads from a number to the bicycle that has it, or to a choice where several have.
func (v *visit) byNumber(number string) (views.Page, error) {
	if !isNumber(number) {
		return nil, errNotFound
	}
	found, err := numbered(v.Context(), v.fleet, number)
	if err != nil {
		return nil, err
	}
	switch len(found) {
	case 0:
		return nil, errNotFound
	case 1:
		return nil, elsewhere{v.org.Bicycle(found[0].UUID)}
	}
	return views.WhichBicycle{Org: v.org, Number: number, Found: foundIn(v.org, found)}, nil
}

func foundIn(o views.Org, found []noa.Bicycle) (rows []views.FoundBicycle) {
	for _, b := range found {
		rows = append(rows, views.FoundBicycle{Org: o, Bicycle: b})
	}
	return rows
}

// numbered are the bicycles of exactly that number. Noa can only be asked for
// names that contain it.
func numbered(ctx context.Context, fleet *noa.Fleet, number string) ([]noa.Bicycle, error) {
	list, err := fleet.Bicycles(ctx, noa.BicycleQuery{Name: number, PageSize: 100, Brief: true})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list.Items, func(b noa.Bicycle) bool {
		return !strings.EqualFold(strings.TrimSpace(b.Name), strings.TrimSpace(number))
	}), nil
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
		return known
	}
	for _, b := range list.Items {
		known[b.UUID] = b
	}
	return known
}

// sticker leads from the number on a bicycle to its page, in whichever organisation it is that the person may see.
func (s *Server) sticker(v *visit) (views.Page, error) {
	number := v.param("number")
	if !isNumber(number) {
		return nil, errNotFound
	}
	var found []views.FoundBicycle
	var last error
	for _, o := range v.orgs {
		there := *v
		there.org = o
		if err := s.takeKey(&there); err != nil || there.fleet == nil {
			last = cmp.Or(err, last)
			continue
		}
		list, err := numbered(v.Context(), there.fleet, number)
		last = cmp.Or(err, last)
		found = append(found, foundIn(o, list)...)
	}
	return oneOf(found, number, last)
}

func oneOf(found []views.FoundBicycle, number string, err error) (views.Page, error) {
	switch {
	case len(found) == 1:
		return nil, elsewhere{found[0].Org.Bicycle(found[0].UUID)}
	case len(found) > 1:
		return views.WhichBicycle{Number: number, Found: found}, nil
	case err != nil:
		return nil, err
	}
	return nil, errNotFound
}

// search finds bicycles by what somebody reads out; a single hit of exactly that number goes straight to its page.
func search(v *visit) (views.Page, error) {
	if err := v.single("q", "page"); err != nil {
		return nil, err
	}
	q := strings.TrimSpace(v.query("q"))
	v.search = q
	page, err := v.number()
	switch {
	case err != nil:
		return nil, err
	case q == "":
		return views.Search{Org: v.org}, nil
	case len(q) > 200:
		return nil, badAddress{"The search is longer than 200 characters."}
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
