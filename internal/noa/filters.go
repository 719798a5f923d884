package noa

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A filters is what a list is asked for, in Noa's words, and what is wrong
// with that. Noa ignores what it does not know and answers with everything:
// nothing that it would not understand is sent.
type filters struct {
	values url.Values
	wrong  []Problem
}

// find lists what the filters say, unless they are wrong.
func find[T any, P row[T]](ctx context.Context, f *Fleet, scope Scope, by *filters, path ...string) (Page[T], error) {
	if len(by.wrong) > 0 {
		return Page[T]{}, request{method: http.MethodGet, path: path}.invalid(by.wrong)
	}
	return list[T, P](ctx, f, scope, by.values, path...)
}

func newFilters() *filters { return &filters{values: url.Values{}} }

func (f *filters) refuse(name, message, code string) {
	f.wrong = append(f.wrong, Problem{Path: name, Message: message, Code: code})
}

// text sets a filter; an empty one is none.
func (f *filters) text(name, text string) {
	if text != "" {
		f.values.Set(name, text)
	}
}

// uuid filters by one uuid; "" is no filter. Whether it is one [request.check] says.
func (f *filters) uuid(name, id string) { f.text(name, strings.ToLower(id)) }

// uuids filters by any of several in one list. No list is no filter, but a list of
// nothing but "" is not taken for none.
func (f *filters) uuids(name string, ids []string) {
	if len(ids) > 0 {
		f.values.Set(name, strings.ToLower(strings.Join(ids, ",")))
	}
}

// anyUUID filters by any of several, each by itself.
func (f *filters) anyUUID(name string, ids []string) {
	for _, id := range ids {
		f.values.Add(name, strings.ToLower(id))
	}
}

// organizations filters by exactly these, without their descendants. One goes
// by the name that every list knows.
func (f *filters) organizations(ids []string) {
	if len(ids) == 1 {
		f.uuids("organization", ids)
		return
	}
	f.uuids("organizations", ids)
}

// choose filters by any of some words, of which Noa knows only some.
func choose[S ~string](f *filters, name string, words, known []S) {
	for _, word := range words {
		if !slices.Contains(known, word) {
			f.refuse(name, "Noa does not know this word.", "invalid_choice")
		}
		f.values.Add(name, string(word))
	}
}

// choice filters by one word; "" is no filter.
func choice[S ~string](f *filters, name string, word S, known ...S) {
	if word != "" {
		choose(f, name, []S{word}, known)
	}
}

// flag filters by yes or no; nil is no filter.
func (f *filters) flag(name string, yes *bool) {
	if yes != nil {
		f.values.Set(name, strconv.FormatBool(*yes))
	}
}

// percent filters by a number from 0 to 100; nil is no filter.
func (f *filters) percent(name string, n *float64) {
	switch {
	case n == nil:
	case !(*n >= 0 && *n <= 100): // so that it is also true of what is no number
		f.refuse(name, "This must be a number from 0 to 100.", "invalid")
	default:
		f.values.Set(name, decimal(*n))
	}
}

// since filters by a moment in whole seconds since 1970; the zero time is no filter.
func (f *filters) since(name string, at time.Time) {
	if !at.IsZero() {
		f.values.Set(name, strconv.FormatInt(at.Unix(), 10))
	}
}

// exactly filters by a moment to the microsecond; the zero time is no filter.
func (f *filters) exactly(name string, at time.Time) {
	if !at.IsZero() {
		f.values.Set(name, at.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano))
	}
}

// box filters by a place on the map; nil is no filter.
func (f *filters) box(name string, b *Box) {
	switch {
	case b == nil:
	case !b.Valid():
		f.refuse(name, "This must be a part of Earth.", "invalid")
	default:
		f.values.Set(name, b.text())
	}
}

// page asks for a page of the list.
func (f *filters) page(number, size int) {
	for name, values := range pageOf(number, size) {
		f.values[name] = values
	}
}

// decimal is a number as Noa reads it: without an exponent.
func decimal(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
