package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// A row is one method of an endpoint: the scope that opens it to a client
// application, and the function that answers. An empty scope opens it to
// every caller whom the endpoint serves.
type row struct {
	scope string
	do    func(*call) (answer, error)
}

// managingClients stands where no scope opens a row to client applications,
// but an operator's role does to a person.
const managingClients = "an operator's role"

// An audience says whom an endpoint serves.
type audience int

const (
	callers  audience = iota // whoever has a valid token
	public                   // anonymous callers too, but only to read
	everyone                 // anonymous callers too
)

// An endpoint is a path below /api/, where {uuid} stands for one element, and
// what is known of it. Methods that have no row are refused: at Noa the
// right is checked before the method.
type endpoint struct {
	path    string
	serves  audience
	shape   any // of what it answers, for the parameter fields
	methods map[string]row
}

const (
	get     = http.MethodGet
	post    = http.MethodPost
	put     = http.MethodPut
	patch   = http.MethodPatch
	erase   = http.MethodDelete
	options = http.MethodOptions
)

// table is Noa's API.
func table() []endpoint { return slices.Concat(fleetTable(), peopleTable(), closed()) }

// fleetTable is what there is of a fleet.
func fleetTable() []endpoint {
	return []endpoint{
		{"", public, nil, map[string]row{get: {"", (*call).root}}},
		{"bicycles/", public, bicycleWire{}, map[string]row{
			get: {bicycleRead, (*call).bicycles}, post: {bicycleWrite, (*call).createBicycle},
			put: {bicycleWrite, nil}, patch: {bicycleWrite, nil},
		}},
		{"bicycles/{uuid}/", public, bicycleWire{}, map[string]row{
			get: {bicycleRead, (*call).bicycle}, put: {bicycleWrite, (*call).changeBicycle},
			patch: {bicycleWrite, (*call).changeBicycle},
			post:  {bicycleWrite, nil},
		}},
		{"bicycles/{uuid}/actions/", callers, struct{}{}, map[string]row{
			get: {"", nil}, put: {"", nil}, patch: {"", nil}, erase: {"", nil}, post: {bicycleWrite, (*call).act},
		}},
		{"bicycles/{uuid}/transitions/", callers, transitionWire{}, map[string]row{get: {bicycleRead, (*call).transitions}}},
		{"bicycles/{uuid}/pricings/", callers, nil, map[string]row{get: {bicycleRead, (*call).pricings}}},
		{"bicycles/{uuid}/otp/", callers, nil, map[string]row{get: {bicycleRead, (*call).otp}}},
		{"clusters/", public, nil, map[string]row{get: {bicycleRead, (*call).clusters}}},
		{"trips/", callers, tripWire{}, map[string]row{get: {tripRead, (*call).trips}}},
		{"trips/{uuid}/", callers, tripWire{}, map[string]row{get: {tripRead, (*call).trip}}},
		{"organizations/", public, organizationWire{}, map[string]row{get: {organizationRead, (*call).organizations}}},
		{"organizations/{uuid}/", public, organizationWire{}, map[string]row{get: {organizationRead, (*call).organization}}},
		{"organizations/{uuid}/preference/", public, nil, nil},
		{"support_tickets/", callers, ticketWire{}, map[string]row{
			get: {ticketRead, (*call).tickets}, post: {ticketWrite, (*call).fileTicket},
			put: {ticketWrite, nil}, patch: {ticketWrite, nil}, erase: {ticketWrite, nil},
		}},
		{"support_tickets/{uuid}/", callers, ticketWire{}, map[string]row{
			get: {ticketRead, (*call).ticket}, put: {ticketWrite, (*call).changeTicket},
			patch: {ticketWrite, (*call).changeTicket}, erase: {ticketWrite, (*call).deleteTicket},
			post: {ticketWrite, nil},
		}},
		{"zones/", callers, zoneWire{}, map[string]row{
			get: {zoneRead, (*call).zones}, post: {zoneWrite, (*call).createZone},
			put: {zoneWrite, nil}, patch: {zoneWrite, nil}, erase: {zoneWrite, nil},
		}},
		{"zones/{uuid}/", callers, zoneWire{}, map[string]row{
			get: {zoneRead, (*call).zone}, put: {zoneWrite, (*call).changeZone},
			patch: {zoneWrite, (*call).changeZone}, erase: {zoneWrite, (*call).deleteZone},
			post: {zoneWrite, nil},
		}},
	}
}

// peopleTable is who asks, and with what.
func peopleTable() []endpoint {
	return []endpoint{
		{"client_apps/", callers, clientAppWire{}, map[string]row{
			get: {managingClients, (*call).clientApps}, post: {managingClients, (*call).createClientApp},
			put: {managingClients, nil}, patch: {managingClients, nil}, erase: {managingClients, nil},
		}},
		{"client_apps/{uuid}/", callers, clientAppWire{}, map[string]row{
			get: {managingClients, (*call).clientApp}, put: {managingClients, (*call).changeClientApp},
			patch: {managingClients, (*call).changeClientApp}, erase: {managingClients, (*call).deleteClientApp},
			post: {managingClients, nil},
		}},
		{"jwt/login/", everyone, nil, onlyPost((*call).login)},
		{"jwt/refresh_token/", everyone, nil, onlyPost((*call).refreshToken)},
		{"me/", callers, userWire{}, map[string]row{get: {"", (*call).me}}},
	}
}

func onlyPost(do func(*call) (answer, error)) map[string]row {
	return map[string]row{post: {"", do}, get: {"", nil}, put: {"", nil}, patch: {"", nil}, erase: {"", nil}}
}

// collections beyond what any scope opens.
var closedCollections = []string{
	"affiliations", "alerts", "axa_locks", "bicycle_models", "bicycle_types",
	"custom-tagging/tag_declarations", "custom-tagging/tag_groups", "custom-tagging/tag_instances",
	"feedback_categories", "feedbacks", "invitations", "locks", "photos", "rental_sessions",
	"reservations", "tasks", "users",
}

var closedPaths = []string{
	"bicycles/{uuid}/stats/", "dashboard/", "metrics/{uuid}/values/",
	"organizations/{uuid}/transitions/", "predictions/{uuid}/values/", "support_tickets/{uuid}/transitions/",
}

// closed are endpoints that exist and refuse every client application.
func closed() []endpoint {
	var out []endpoint
	for _, path := range closedPaths {
		out = append(out, endpoint{path: path})
	}
	for _, name := range closedCollections {
		out = append(out, endpoint{path: name + "/"}, endpoint{path: name + "/{uuid}/"})
	}
	return out
}

// find is the endpoint of a path below /api/ and what stands for {uuid}.
func (s *Sandbox) find(path string) (e endpoint, id string, found bool) {
	for _, e := range s.endpoints {
		if id, ok := e.matches(path); ok {
			return e, id, true
		}
	}
	return endpoint{}, "", false
}

func (e endpoint) matches(path string) (id string, ok bool) {
	want, have := strings.Split(e.path, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return "", false
	}
	for i, element := range want {
		switch {
		case element == "{uuid}" && have[i] != "" && !strings.Contains(have[i], "."):
			id = have[i]
		case element != have[i]:
			return "", false
		}
	}
	return id, true
}

// allow lists the methods as the Allow header does.
func (e endpoint) allow() string {
	var out []string
	for _, method := range []string{get, post, put, patch, erase} {
		if row, ok := e.methods[method]; ok && row.do != nil {
			out = append(out, method)
		}
	}
	if slices.Contains(out, get) {
		out = append(out, http.MethodHead)
	}
	return strings.Join(append(out, options), ", ")
}
