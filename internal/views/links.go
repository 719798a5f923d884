package views

import (
	"hash/fnv"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// An Org is an organisation as pages know it. Its methods are the addresses of what it has.
type Org struct {
	Slug, Name, UUID string
	Zone             *time.Location // in which its times are shown, nil for UTC
}

func (o Org) path(elements ...string) string {
	p := "/o/" + url.PathEscape(o.Slug)
	for _, e := range elements {
		p += "/" + url.PathEscape(e)
	}
	return p
}

// Hue is the number of the organisation's colour, from 0 to 5, always the same for one slug.
func (o Org) Hue() int {
	h := fnv.New32a()
	h.Write([]byte(o.Slug))
	return int(h.Sum32() % 6)
}

// Desk is the address of the organisation's start page.
func (o Org) Desk() string { return o.path("desk") }

// Search is the address of the search page.
func (o Org) Search() string { return o.path("search") }

// SearchFor is the address of the search for a text.
func (o Org) SearchFor(q string) string { return NewAddress(o.Search()).With("q", q).String() }

// Bicycles is the address of the list of bicycles.
func (o Org) Bicycles() string { return o.path("bicycles") }

// BicyclesIn is the address of the list of bicycles in one state.
func (o Org) BicyclesIn(state string) string {
	return NewAddress(o.Bicycles()).With("state", state).String()
}

// Bicycle is the address of one bicycle.
func (o Org) Bicycle(uuid string) string { return o.path("bicycles", uuid) }

// Trips is the address of the list of trips.
func (o Org) Trips() string { return o.path("trips") }

// TripsOf is the address of one bicycle's trips.
func (o Org) TripsOf(bicycle string) string {
	return NewAddress(o.Trips()).With("bicycle", bicycle).String()
}

// Trip is the address of one trip.
func (o Org) Trip(uuid string) string { return o.path("trips", uuid) }

// Tickets is the address of the list of support tickets.
func (o Org) Tickets() string { return o.path("tickets") }

// TicketsOf is the address of one bicycle's tickets.
func (o Org) TicketsOf(bicycle string) string {
	return NewAddress(o.Tickets()).With("bicycle", bicycle).String()
}

// Ticket is the address of one support ticket.
func (o Org) Ticket(uuid string) string { return o.path("tickets", uuid) }

// NewTicket is the address of the form for a ticket.
func (o Org) NewTicket() string { return o.path("tickets", "new") }

// NewTicketFor is the address of the form for a ticket about one bicycle.
func (o Org) NewTicketFor(bicycle string) string {
	return NewAddress(o.NewTicket()).With("bicycle", bicycle).String()
}

// Organisation is the address of what Noa knows of the organisation.
func (o Org) Organisation() string { return o.path("organisation") }

// Weather is the address of how Noa answers the organisation's calls.
func (o Org) Weather() string { return o.path("noa") }

// WeatherReport is where the report on that is downloaded.
func (o Org) WeatherReport() string { return o.path("noa.txt") }

// Keys is the address of the list of keys.
func (o Org) Keys() string { return o.path("keys") }

// NewKey is the address of the form for a key.
func (o Org) NewKey() string { return o.path("keys", "new") }

// GenerateKey is where a pair is made in the desk.
func (o Org) GenerateKey() string { return o.path("keys", "generate") }

// Key is the address of one key.
func (o Org) Key(fingerprint string) string { return o.path("keys", fingerprint) }

// ProveKey is where a key is proved.
func (o Org) ProveKey(fingerprint string) string { return o.path("keys", fingerprint, "prove") }

// RenameKey is where the name of a key's client application is corrected.
func (o Org) RenameKey(fingerprint string) string { return o.path("keys", fingerprint, "rename") }

// DescribeKey is where a key gets a label and a purpose.
func (o Org) DescribeKey(fingerprint string) string { return o.path("keys", fingerprint, "describe") }

// DestroyKey is where a retired key is deleted for good.
func (o Org) DestroyKey(fingerprint string) string { return o.path("keys", fingerprint, "destroy") }

// KeyPolicy is where an organisation says how it changes its keys.
func (o Org) KeyPolicy() string { return o.path("keys", "policy") }

// RotateKey is where the active key is replaced in one step, with an operator signed in at Noa.
func (o Org) RotateKey() string { return o.path("keys", "noa", "rotate") }

// Rotation is the address of the active key's replacement, step by step.
func (o Org) Rotation() string { return o.path("keys", "rotate") }

// RotateTo is the same with the key that is to take over.
func (o Org) RotateTo(fingerprint string) string {
	return NewAddress(o.Rotation()).With("key", fingerprint).String()
}

// NewKeyToRotate is the form for a key that is to take over.
func (o Org) NewKeyToRotate() string { return NewAddress(o.NewKey()).With("rotation", "1").String() }

// SwitchKey is where a key is made the active one.
func (o Org) SwitchKey(fingerprint string) string { return o.path("keys", fingerprint, "switch") }

// RetireKey is where a key is taken out of use.
func (o Org) RetireKey(fingerprint string) string { return o.path("keys", fingerprint, "retire") }

// ClientApps is the address of the organisation's client applications at Noa.
func (o Org) ClientApps() string { return o.path("keys", "noa") }

// EnterNoa is where a person signs in at Noa, for the errand of seeing to client applications.
func (o Org) EnterNoa() string { return o.path("keys", "noa", "enter") }

// LeaveNoa is where that errand ends.
func (o Org) LeaveNoa() string { return o.path("keys", "noa", "leave") }

// ChangeClientApp is where a client application gets another label and other scopes.
func (o Org) ChangeClientApp() string { return o.path("keys", "noa", "change") }

// DeleteClientApp is where a client application is deleted.
func (o Org) DeleteClientApp() string { return o.path("keys", "noa", "delete") }

// Audit is the address of the organisation's record.
func (o Org) Audit() string { return o.path("audit") }

// People is the address of the organisation's staff.
func (o Org) People() string { return o.path("people") }

// DisablePerson is where a person's account is disabled.
func (o Org) DisablePerson() string { return o.path("people", "disable") }

// EnablePerson is where a person's account is enabled again.
func (o Org) EnablePerson() string { return o.path("people", "enable") }

// Settings is the address of the organisation's settings in the desk.
func (o Org) Settings() string { return o.path("settings") }

// Addresses outside an organisation.
const (
	LoginPath           = "/login"
	LogoutPath          = "/logout"
	OrganisationsPath   = "/admin/organisations"
	NewOrganisationPath = "/admin/organisations/new"
	SystemPath          = "/admin/system"
)

// SetupPath is the address of the first step, which the one-time link opens.
func SetupPath(token string) string { return "/setup/" + url.PathEscape(token) }

// StickerPath is the short link on a bicycle's sticker.
func StickerPath(number string) string { return "/b/" + url.PathEscape(number) }

// local is an address if it leads to the desk itself, else "". Addresses that
// readers sent come back on pages: "//elsewhere" is one of another host.
func local(address string) string {
	if len(address) < 1 || address[0] != '/' || len(address) > 1 && (address[1] == '/' || address[1] == '\\') {
		return ""
	}
	return address
}

// An Address is a path with query parameters, from which pages make the addresses next to it.
type Address struct {
	path  string
	query url.Values
}

// NewAddress is the address of a path without parameters.
func NewAddress(path string) Address { return Address{path: path} }

// With is the address with a parameter set to the values that are not "", or without it if there are none.
func (a Address) With(name string, values ...string) Address {
	query := url.Values{}
	for k, v := range a.query {
		query[k] = v
	}
	query.Del(name)
	for _, v := range values {
		if v != "" {
			query.Add(name, v)
		}
	}
	return Address{a.path, query}
}

// Page is the address of another page of the same list.
func (a Address) Page(n int) string {
	if n <= 1 {
		return a.With("page").String()
	}
	return a.With("page", strconv.Itoa(n)).String()
}

// At is another path with the same parameters.
func (a Address) At(path string) string { return Address{path, a.query}.String() }

// Value is a parameter's first value.
func (a Address) Value(name string) string { return a.query.Get(name) }

func (a Address) String() string {
	if len(a.query) == 0 {
		return a.path
	}
	return a.path + "?" + strings.ReplaceAll(a.query.Encode(), "%3A", ":")
}
