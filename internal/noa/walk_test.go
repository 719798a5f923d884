package noa

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// wireID is a uuid with a number that a test can tell it by.
func wireID(number int) string { return fmt.Sprintf("%08d-0000-4000-8000-000000000000", number) }

// wirePage is a page of rows of which only the uuid counts.
func wirePage(more bool, numbers ...int) http.HandlerFunc {
	next := "null"
	if more {
		next = `"https://elsewhere.example/api/?page=1"`
	}
	rows := make([]string, 0, len(numbers))
	for _, n := range numbers {
		rows = append(rows, `{"uuid": "`+wireID(n)+`"}`)
	}
	return says(http.StatusOK, `{"count": 999, "next": `+next+`, "results": [`+strings.Join(rows, ",")+`]}`)
}

// walked is what a walk gave, by number, and its error.
func walked[T any](rows iter.Seq2[T, error], id func(T) string) (numbers []int, err error) {
	for v, e := range rows {
		if e != nil {
			return numbers, e
		}
		n, _ := strconv.Atoi(id(v)[:8])
		numbers = append(numbers, n)
	}
	return numbers, nil
}

func bicycleID(b Bicycle) string { return b.UUID }

// neverEnding gives new rows on every page.
func neverEnding(w http.ResponseWriter, r *http.Request) {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	wirePage(true, page)(w, r)
}

func TestAListIsWalkedToItsEnd(t *testing.T) {
	t.Parallel()
	whole := []int{0} // the address of the first page has no number
	for n := 2; n <= maxWalk; n++ {
		whole = append(whole, n)
	}
	for name, row := range map[string]struct {
		api   http.HandlerFunc
		rows  []int
		want  error
		calls int64
	}{
		"one page":                           {wirePage(false, 1, 2), []int{1, 2}, nil, 1},
		"an empty list":                      {wirePage(false), nil, nil, 1},
		"three pages":                        {inTurn(wirePage(true, 1), wirePage(true, 2), wirePage(false, 3)), []int{1, 2, 3}, nil, 3},
		"a row that moved on":                {inTurn(wirePage(true, 1, 2), wirePage(false, 2, 3)), []int{1, 2, 3}, nil, 2},
		"a page of rows that moved on":       {inTurn(wirePage(true, 1, 2), wirePage(true, 1, 2), wirePage(false, 3)), []int{1, 2, 3}, nil, 3},
		"a list that got shorter":            {inTurn(wirePage(true, 1), says(404, example(t, "error-404-page"))), []int{1}, nil, 2},
		"a list that is gone":                {says(404, example(t, "error-404-page")), nil, ErrNotFound, 1},
		"a bare array":                       {says(200, `[{"uuid": "`+wireID(3)+`"}]`), []int{3}, nil, 1},
		"a list that goes round":             {wirePage(true, 1, 2), []int{1, 2}, ErrShortened, 1 + maxBarren},
		"a list of empty pages":              {wirePage(true), nil, ErrShortened, maxBarren},
		"a list without an end":              {neverEnding, whole, ErrShortened, maxWalk},
		"a page out of order, then well":     {inTurn(wirePage(true, 1), says(503, `{}`), wirePage(false, 2)), []int{1, 2}, nil, 3},
		"a later page out of order":          {inTurn(wirePage(true, 1), says(502, `<html>`)), []int{1}, ErrUnreachable, 3},
		"a later page not allowed":           {inTurn(wirePage(true, 1), says(403, example(t, "error-403-missing-scope"))), []int{1}, ErrForbidden, 2},
		"a later page that is a HTML 404":    {inTurn(wirePage(true, 1), page("text/html")), []int{1}, ErrAnswer, 2},
		"rows that cannot be read, and some": {says(200, `{"results": [{"uuid": 5}, {"uuid": "`+wireID(7)+`"}]}`), []int{7}, ErrShortened, 1},
	} {
		p := newPeer(t, row.api)
		rows, err := walked(p.fleet().Background().EachBicycle(t.Context(), BicycleQuery{}), bicycleID)
		if !slices.Equal(rows, row.rows) || !errors.Is(err, row.want) || (err == nil) != (row.want == nil) || p.calls.Load() != row.calls {
			t.Errorf("%s: got %v, %v after %d calls, want %v, %v after %d", name, rows, err, p.calls.Load(), row.rows, row.want, row.calls)
		}
	}
}

func TestEveryWalkAsksPageByPageWhatItsQuerySays(t *testing.T) {
	t.Parallel()
	var asked []string
	answers := inTurn(wirePage(true, 1), wirePage(false, 2))
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.RequestURI)
		answers(w, r)
	})
	f := p.fleet()
	for want, walk := range map[string]func() ([]int, error){
		"bicycles/?%spage_size=100&state=lost": func() ([]int, error) {
			return walked(f.EachBicycle(t.Context(), BicycleQuery{States: []State{Lost}, Page: 9, PageSize: 3}), bicycleID)
		},
		"trips/?bicycle=" + someBicycle + "&%spage_size=100": func() ([]int, error) {
			return walked(f.EachTrip(t.Context(), TripQuery{Bicycle: someBicycle}), func(trip Trip) string { return trip.UUID })
		},
		"support_tickets/?category=bicycle_damaged&%spage_size=100": func() ([]int, error) {
			return walked(f.EachTicket(t.Context(), TicketQuery{Category: Damaged}), func(ticket Ticket) string { return ticket.UUID })
		},
		"zones/?%spage_size=100&type=dropzone": func() ([]int, error) {
			return walked(f.EachZone(t.Context(), ZoneQuery{Types: []ZoneType{DropZone}}), func(z Zone) string { return z.UUID })
		},
	} {
		asked, answers = nil, inTurn(wirePage(true, 1), wirePage(false, 2))
		rows, err := walk()
		if !slices.Equal(rows, []int{1, 2}) || err != nil {
			t.Errorf("%s: got %v, %v", want, rows, err)
		}
		if wants := []string{"/api/" + fmt.Sprintf(want, ""), "/api/" + fmt.Sprintf(want, "page=2&")}; !slices.Equal(asked, wants) {
			t.Errorf("asked %q, want %q", asked, wants)
		}
	}
}

func TestAWalkEndsWhenNobodyGoesOn(t *testing.T) {
	t.Parallel()
	p := newPeer(t, neverEnding)
	f := p.fleet()
	for range f.EachBicycle(t.Context(), BicycleQuery{}) {
		break
	}
	if p.calls.Load() != 1 {
		t.Errorf("%d calls, want 1", p.calls.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range f.EachBicycle(ctx, BicycleQuery{}) {
		if n++; n == 3 {
			cancel()
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if n != 4 || p.calls.Load() != 4 {
		t.Errorf("%d rows and errors after %d calls, want 3 rows, an error and 4 calls", n, p.calls.Load())
	}
}

func TestAWalkMixesNoOldPagesWithNewOnes(t *testing.T) {
	t.Parallel()
	second := wirePage(false, 2)
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "" {
			wirePage(true, 1)(w, r)
			return
		}
		second(w, r)
	})
	f := p.fleet()
	if rows, err := walked(f.EachBicycle(t.Context(), BicycleQuery{}), bicycleID); err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	second = says(502, `<html>`)
	if rows, err := walked(f.EachBicycle(t.Context(), BicycleQuery{}), bicycleID); !errors.Is(err, ErrUnreachable) || len(rows) != 1 {
		t.Errorf("got %v, %v", rows, err)
	}
}

func TestAWalkMayBeGoneTwice(t *testing.T) {
	t.Parallel()
	f := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		wirePage(r.URL.Query().Get("page") == "", 1, len(r.URL.RawQuery))(w, r)
	}).fleet()
	walk := f.EachBicycle(t.Context(), BicycleQuery{Page: 7})
	first, err := walked(walk, bicycleID)
	again, lost := walked(walk, bicycleID)
	if err != nil || lost != nil || len(first) != 3 || !slices.Equal(first, again) {
		t.Errorf("got %v, %v, then %v, %v", first, err, again, lost)
	}
}
