package noa

import (
	"net/url"
	"reflect"
	"strconv"
	"time"
)

// AsOf says when an answer was fetched from Noa. It is part of every answer,
// so that a page can say how old what it shows is.
type AsOf struct {
	Fetched time.Time `json:"-"`
	Kept    bool      `json:"-"` // Noa was not asked for it just now
	Trouble error     `json:"-"` // why Noa could not be asked: the answer is its last one, however old
}

// Old says whether Noa should have been asked anew and did not answer.
func (a AsOf) Old() bool { return a.Trouble != nil }

func (a *AsOf) stamp(as AsOf) { *a = as }

// A Page is one page of a list.
type Page[T any] struct {
	AsOf
	Total  int // as Noa counts; approximate while data moves
	Items  []T
	More   bool // there is a next page
	Unread int  // rows that could not be read and were left out
}

func (p Page[T]) footprint() int { return len(p.Items) * int(reflect.TypeFor[T]().Size()) }

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
