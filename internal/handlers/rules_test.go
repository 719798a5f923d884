package handlers

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"noadesk/internal/noa"
	"noadesk/internal/staff"
)

// A rule is what an address asks for, written down apart from the route table.
type rule struct {
	right staff.Right
	scope noa.Scope
}

// rules are the addresses for people who are signed in.
var rules = map[string]rule{
	"GET /":           {},
	"GET /b/{number}": {},

	"GET /o/{org}":                              {right: staff.See},
	"GET /o/{org}/":                             {right: staff.See},
	"GET /o/{org}/desk":                         {right: staff.See},
	"GET /o/{org}/search":                       {staff.See, noa.BicycleRead},
	"GET /o/{org}/bicycles":                     {staff.See, noa.BicycleRead},
	"GET /o/{org}/bicycles/{id}":                {staff.See, noa.BicycleRead},
	"GET /o/{org}/trips":                        {staff.See, noa.TripRead},
	"GET /o/{org}/trips/{id}":                   {staff.See, noa.TripRead},
	"GET /o/{org}/organisation":                 {staff.See, noa.OrganizationRead},
	"GET /o/{org}/noa":                          {right: staff.See},
	"GET /o/{org}/noa.txt":                      {right: staff.See},
	"GET /o/{org}/tickets":                      {staff.See, noa.TicketRead},
	"GET /o/{org}/tickets/{id}":                 {staff.See, noa.TicketRead},
	"GET /o/{org}/tickets/new":                  {staff.Tickets, noa.TicketWrite},
	"POST /o/{org}/tickets":                     {staff.Tickets, noa.TicketWrite},
	"GET /o/{org}/keys":                         {right: staff.Keys},
	"POST /o/{org}/keys":                        {right: staff.Keys},
	"GET /o/{org}/keys/new":                     {right: staff.Keys},
	"POST /o/{org}/keys/generate":               {right: staff.Keys},
	"GET /o/{org}/keys/rotate":                  {right: staff.Keys},
	"GET /o/{org}/keys/{fingerprint}":           {right: staff.Keys},
	"POST /o/{org}/keys/{fingerprint}/rename":   {right: staff.Keys},
	"POST /o/{org}/keys/{fingerprint}/prove":    {right: staff.Keys},
	"POST /o/{org}/keys/{fingerprint}/switch":   {right: staff.Keys},
	"POST /o/{org}/keys/{fingerprint}/retire":   {right: staff.Keys},
	"GET /o/{org}/keys/noa":                     {right: staff.Keys},
	"POST /o/{org}/keys/noa":                    {right: staff.Keys},
	"POST /o/{org}/keys/noa/enter":              {right: staff.Keys},
	"POST /o/{org}/keys/noa/leave":              {right: staff.Keys},
	"POST /o/{org}/keys/noa/change":             {right: staff.Keys},
	"POST /o/{org}/keys/noa/delete":             {right: staff.Keys},
	"POST /o/{org}/keys/noa/rotate":             {right: staff.Keys},
	"POST /o/{org}/keys/policy":                 {right: staff.Keys},
	"POST /o/{org}/keys/{fingerprint}/describe": {right: staff.Keys},
	"POST /o/{org}/keys/{fingerprint}/destroy":  {right: staff.Keys},
	"GET /o/{org}/audit":                        {right: staff.Audit},
	"GET /o/{org}/audit.csv":                    {right: staff.Audit},
	"GET /o/{org}/audit.ndjson":                 {right: staff.Audit},
	"GET /o/{org}/people":                       {right: staff.People},
	"POST /o/{org}/people":                      {right: staff.People},
	"POST /o/{org}/people/disable":              {right: staff.People},
	"POST /o/{org}/people/enable":               {right: staff.People},
	"GET /o/{org}/settings":                     {right: staff.Settings},
	"POST /o/{org}/settings":                    {right: staff.Settings},
	"GET /admin/organisations":                  {right: staff.People},
	"POST /admin/organisations":                 {right: staff.People},
	"GET /admin/organisations/new":              {right: staff.People},
	"GET /admin/system":                         {right: staff.People},
}

// open are the addresses for everybody.
var open = []string{
	"GET /healthz", "GET /readyz", "GET /static/*", "GET /login", "POST /login", "POST /logout", "GET /setup/{token}", "POST /setup/{token}",
}

// addresses are the routes of the desk, as method and pattern.
func (h *house) addresses() (list []string) {
	h.t.Helper()
	err := chi.Walk(h.mux, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		list = append(list, method+" "+route)
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

// real puts things that there are into a pattern.
func (h *house) real(pattern, org string) string {
	h.once.Do(func() {
		h.bicycleID, h.tripID, h.ticketID = h.noa.bicycle("4711"), h.noa.first("trips"), h.noa.first("support_tickets")
	})
	id := h.bicycleID
	switch {
	case strings.Contains(pattern, "/trips/"):
		id = h.tripID
	case strings.Contains(pattern, "/tickets/"):
		id = h.ticketID
	}
	return strings.NewReplacer("{org}", org, "{id}", id, "{number}", "4711", "{fingerprint}", h.key.Fingerprint).Replace(pattern)
}

// visits asks for an address by its method.
func (b *browser) visits(method, address string, headers ...string) *answer {
	b.t.Helper()
	if method == http.MethodPost {
		return b.post(address, nil, headers...)
	}
	return b.get(address, headers...)
}
