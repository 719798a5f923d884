// Package views holds the pages: each is a struct that knows its title and
// draws its body. Handlers decide what is in it, views show it. They ask
// nobody: no calls, no context values, no clock but [Now].
package views

import (
	"time"

	"github.com/a-h/templ"

	"noadesk/internal/noa"
)

// A Page is what a handler returns: a value that can draw itself in the frame.
type Page interface {
	Title() string
	Body() templ.Component
}

// Now is the one clock of all pages. Tests set it.
var Now = time.Now

// A Frame is what stands round every page.
type Frame struct {
	Org       Org    // the organisation in the address, zero where there is none
	Orgs      []Org  // those that the person may enter
	Person    Person // zero where nobody is signed in
	Can       Can
	Section   string   // of the main navigation: desk, bicycles, trips, tickets
	Query     string   // what stands in the search box
	Noa       noa.Word // how it answers this organisation's calls, "" where there is no key
	Flashes   []string // results of what was done before this page
	Warning   string   // what everybody should know
	Ignored   []string // query parameters that this page does not know
	Practice  string   // text of the practice band
	Version   string
	RequestID string
}

// A Person is who is signed in, as far as pages tell.
type Person struct {
	Name, Email, Role string
}

// Can says which doors to show. It is a courtesy: the route table is the law.
type Can struct {
	Tickets, Keys, Audit, People, Settings, System bool
}

// Manage says whether there is anything behind the menu of that name.
func (c Can) Manage() bool { return c.Keys || c.Audit || c.People || c.Settings || c.System }

// A Panel is a part of a page that was asked for on its own and may have failed on its own.
type Panel[T any] struct {
	Value   T
	Problem string   // why there is no value, a whole sentence
	Late    bool     // not answered yet: the page links to itself
	AsOf    noa.AsOf // when Noa gave the value
}

// A Pager is where a list stands.
type Pager struct {
	Org        Org
	Page, Size int
	Total      int // as Noa counts
	Shown      int // rows on this page
	More       bool
	Unread     int     // rows that could not be read
	Address    Address // of the list with its filters
	AsOf       noa.AsOf
}

// First is the number of the first row on the page, counted from 1.
func (p Pager) First() int { return (p.Page-1)*p.Size + 1 }

// Last is the number of the last row on the page.
func (p Pager) Last() int { return p.First() + p.Shown - 1 }

// about says that a count may be off, which it can be only where there is more than the page shows.
func (p Pager) about() string {
	if p.More || p.Page > 1 {
		return "about "
	}
	return ""
}

// Problems are what is wrong with a form, by the field's name; "" is for the form as a whole.
type Problems map[string]string

// A Choice is one entry of a select or one tab.
type Choice struct {
	Value, Text string
}
