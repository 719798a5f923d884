package noa

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

const (
	maxWalk   = 50 // pages, after which a walk through a list ends
	maxBarren = 2  // pages in a row that bring nothing new: the list goes round in a circle
)

// ErrShortened says that a walk through a list left out some of it: the list
// has no end, or some rows could not be read.
var ErrShortened = errors.New("noa: list shortened")

// EachBicycle walks the list of [Fleet.Bicycles] to its end, whatever the
// query's page. Like all walks it asks up to 50 times and is meant for
// [Fleet.Background]. Each bicycle comes once, though the list may move while it
// is read. An error comes last: without one, and without [ErrShortened], these were all.
func (f *Fleet) EachBicycle(ctx context.Context, q BicycleQuery) iter.Seq2[Bicycle, error] {
	ask := func(page int) (Page[Bicycle], error) { return f.Fresh().Bicycles(ctx, q.on(page)) }
	return each(ask, func(b Bicycle) string { return b.UUID })
}

func (q BicycleQuery) on(page int) BicycleQuery {
	q.Page, q.PageSize = page, maxPageSize
	return q
}

// EachTrip walks the list of [Fleet.Trips] like [Fleet.EachBicycle].
func (f *Fleet) EachTrip(ctx context.Context, q TripQuery) iter.Seq2[Trip, error] {
	ask := func(page int) (Page[Trip], error) { return f.Fresh().Trips(ctx, q.on(page)) }
	return each(ask, func(t Trip) string { return t.UUID })
}

func (q TripQuery) on(page int) TripQuery {
	q.Page, q.PageSize = page, maxPageSize
	return q
}

// EachTicket walks the list of [Fleet.Tickets] like [Fleet.EachBicycle].
func (f *Fleet) EachTicket(ctx context.Context, q TicketQuery) iter.Seq2[Ticket, error] {
	ask := func(page int) (Page[Ticket], error) { return f.Fresh().Tickets(ctx, q.on(page)) }
	return each(ask, func(t Ticket) string { return t.UUID })
}

func (q TicketQuery) on(page int) TicketQuery {
	q.Page, q.PageSize = page, maxPageSize
	return q
}

// EachZone walks the list of [Fleet.Zones] like [Fleet.EachBicycle].
func (f *Fleet) EachZone(ctx context.Context, q ZoneQuery) iter.Seq2[Zone, error] {
	ask := func(page int) (Page[Zone], error) { return f.Fresh().Zones(ctx, q.on(page)) }
	return each(ask, func(z Zone) string { return z.UUID })
}

func (q ZoneQuery) on(page int) ZoneQuery {
	q.Page, q.PageSize = page, maxPageSize
	return q
}

// each gives the rows of all pages one by one, and last an error if these were not all.
func each[T any](ask func(page int) (Page[T], error), id func(T) string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		unread := 0
		for page, err := range pages(ask, id) {
			if err != nil {
				yield(none, err)
				return
			}
			unread += page.Unread
			for _, v := range page.Items {
				if !yield(v, nil) {
					return
				}
			}
		}
		if unread > 0 {
			yield(none, fmt.Errorf("%w: %d rows could not be read", ErrShortened, unread))
		}
	}
}

// pages gives the pages of a list that moves while it is read: without the rows
// that came before, to where it ends by then. Only whether there is a next page is
// Noa's word, its address is ours.
func pages[T any](ask func(page int) (Page[T], error), id func(T) string) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		seen := make(map[string]bool)
		for number, barren := 1, 0; number <= maxWalk && barren < maxBarren; number++ {
			page, err := ask(number)
			if number > 1 && errors.Is(err, ErrNotFound) {
				return // the list got shorter meanwhile
			}
			if err != nil {
				yield(Page[T]{}, err)
				return
			}
			page.Items = unseen(page.Items, seen, id)
			if !yield(page, nil) || !page.More {
				return
			}
			if barren++; len(page.Items) > 0 {
				barren = 0
			}
		}
		yield(Page[T]{}, fmt.Errorf("%w: it has no end", ErrShortened))
	}
}

// unseen leaves out the rows that were seen, and sees the others.
func unseen[T any](rows []T, seen map[string]bool, id func(T) string) []T {
	fresh := make([]T, 0, len(rows))
	for _, v := range rows {
		if !seen[id(v)] {
			seen[id(v)] = true
			fresh = append(fresh, v)
		}
	}
	return fresh
}
