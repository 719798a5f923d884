package handlers

import (
	"cmp"
	"context"
	"strings"
	"time"

	"noadesk/internal/noa"
	"noadesk/internal/views"
)

// trips lists the fleet's trips, or those of one bicycle.
func trips(v *visit) (views.Page, error) {
	q, filter, err := tripQuery(v)
	if err != nil {
		return nil, err
	}
	list, err := v.fleet.Trips(v.Context(), q)
	if err != nil {
		return nil, err
	}
	known := v.names(bicyclesOfTrips(list.Items, q.Bicycle))
	p := views.Trips{Org: v.org, Filter: filter, List: list.Items, Known: known, Bicycle: among(known, q.Bicycle)}
	p.Pager = pager(v, list, q.Page, v.org.Trips(), "bicycle", "from", "to", "type", "kind")
	return p, nil
}

func tripQuery(v *visit) (q noa.TripQuery, f views.TripFilter, err error) {
	if err = v.single("bicycle", "from", "to", "type", "kind", "page"); err != nil {
		return q, f, err
	}
	f = views.TripFilter{Bicycle: v.query("bicycle"), From: v.query("from"), To: v.query("to"), Type: v.query("type"), Kind: v.query("kind")}
	q = noa.TripQuery{Bicycle: strings.ToLower(f.Bicycle), Type: f.Type, AssetState: f.Kind, PageSize: rowsAPage}
	switch {
	case f.Bicycle != "" && !isUUID(f.Bicycle):
		err = badAddress{"The bicycle in the address is no uuid. Open the list from the bicycle’s own page."}
	case f.Type != "" && f.Type != noa.Regular && f.Type != noa.Suspicious:
		err = badAddress{"There is no pattern of that name: it is regular or suspicious."}
	case f.Kind != "" && f.Kind != noa.InService && f.Kind != noa.Staff:
		err = badAddress{"There is no kind of that name: it is in_service or in_maintenance."}
	}
	if err == nil {
		q.StartedAfter, err = day(v.org, f.From, 0)
	}
	if err == nil {
		q.EndedBefore, err = day(v.org, f.To, 1)
	}
	if err == nil && !q.EndedBefore.IsZero() && !q.StartedAfter.Before(q.EndedBefore) {
		err = badAddress{"The first day is after the last one."}
	}
	if err == nil {
		q.Page, err = v.number()
	}
	return q, f, err
}

// day is the beginning of a day in the organisation's zone, some days later; no text is no moment.
func day(o views.Org, text string, later int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	zone := cmp.Or(o.Zone, time.UTC)
	t, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil || t.Year() < 2000 || t.Year() > 2100 {
		return time.Time{}, badAddress{"A day in the address is not of the form 2026-11-23."}
	}
	return t.AddDate(0, 0, later), nil
}

func bicyclesOfTrips(list []noa.Trip, also string) []noa.Link {
	links := []noa.Link{noa.Link(also)}
	for _, t := range list {
		links = append(links, t.Bicycle)
	}
	return links
}

// among is a bicycle of those that could be named, nil where it is not.
func among(known map[string]noa.Bicycle, uuid string) *noa.Bicycle {
	if b, ok := known[uuid]; ok {
		return &b
	}
	return nil
}

// trip is one trip with its route.
func trip(v *visit) (views.Page, error) {
	id := v.param("id")
	if !isUUID(id) {
		return nil, errNotFound
	}
	t, err := v.fleet.Trip(v.Context(), id)
	if err != nil {
		return nil, err
	}
	known := v.names([]noa.Link{t.Bicycle})
	return views.Trip{Org: v.org, Trip: t, Known: known, Bicycle: among(known, t.Bicycle.UUID())}, nil
}

// organisation is what Noa knows of the organisation.
func organisation(v *visit) (views.Page, error) {
	below := panel(v, noa.OrganizationRead, func(ctx context.Context) ([]noa.Organization, noa.AsOf, error) {
		return items(v.fleet.Organizations(ctx))
	})
	own, err := v.fleet.Organization(v.Context(), v.org.UUID)
	if err != nil {
		return nil, err
	}
	return views.Organisation{Org: v.org, Own: own, List: below()}, nil
}
