package noa

import (
	"net/url"
	"strconv"
	"time"
)

// AsOf says when an answer was fetched from Noa. It is part of every answer,
// so that a page can say how old what it shows is.
type AsOf struct {
	Fetched time.Time `json:"-"`
}

func (a *AsOf) stamp(t time.Time) { a.Fetched = t }

// A Page is one page of a list.
type Page[T any] struct {
	AsOf
	Total  int // as Noa counts; approximate while data moves
	Items  []T
	More   bool // there is a next page
	Unread int  // rows that could not be read and were left out
}

// maxPageSize is Noa's; it cuts larger ones without a word.
const maxPageSize = 100

// pageOf asks for a page of a list; what it does not name is Noa's own choice: the first 20.
func pageOf(page, size int) url.Values {
	v := url.Values{}
	if page > 1 {
		v.Set("page", strconv.Itoa(page))
	}
	if size > 0 {
		v.Set("page_size", strconv.Itoa(min(size, maxPageSize)))
	}
	return v
}

// setText sets a filter; an empty one is none.
func setText(v url.Values, name, text string) {
	if text != "" {
		v.Set(name, text)
	}
}

// setMoment sets a filter in whole seconds since 1970; the zero time is none.
func setMoment(v url.Values, name string, at time.Time) {
	if !at.IsZero() {
		v.Set(name, strconv.FormatInt(at.Unix(), 10))
	}
}
