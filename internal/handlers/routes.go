package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"noadesk/internal/noa"
	"noadesk/internal/staff"
	"noadesk/static"
)

// nothing is the scope of an address that asks Noa nothing.
const nothing noa.Scope = ""

// routes is the surface: every address, the right that a person needs, the
// scope that the organisation's key needs, and the function. No other place decides who may.
func (s *Server) routes() *chi.Mux {
	r := chi.NewRouter()
	r.Use(middleware.GetHead)
	r.NotFound(s.open(lost))
	r.MethodNotAllowed(s.wrongMethod)

	s.openToAll(r)
	s.fleet(r)
	s.keyring(r)
	s.management(r)
	return r
}

// openToAll are the addresses for everybody, and those for whoever is signed in.
func (s *Server) openToAll(r *chi.Mux) {
	r.Get("/healthz", healthz)
	r.Get("/readyz", s.readyz)
	r.Method(http.MethodGet, "/static/*", static.Handler())
	r.Get("/login", s.open(s.login))
	r.Post("/login", s.enter(s.signIn))
	r.Get("/setup/{token}", s.open(s.setup))
	r.Post("/setup/{token}", s.enter(s.firstPerson))

	r.Get("/", s.page(anybody, nothing, s.home))
	r.Post("/logout", s.enter(s.signOut))
	r.Get("/b/{number}", s.page(anybody, nothing, s.sticker))
}

// fleet is an organisation's fleet, as Noa has it.
func (s *Server) fleet(r *chi.Mux) {
	r.Get("/o/{org}", s.page(staff.See, nothing, home))
	r.Get("/o/{org}/", s.page(staff.See, nothing, home))
	r.Get("/o/{org}/desk", s.page(staff.See, nothing, s.desk))
	r.Get("/o/{org}/search", s.page(staff.See, noa.BicycleRead, search))
	r.Get("/o/{org}/bicycles", s.page(staff.See, noa.BicycleRead, bicycles))
	r.Get("/o/{org}/bicycles/{id}", s.page(staff.See, noa.BicycleRead, bicycle))
	r.Get("/o/{org}/trips", s.page(staff.See, noa.TripRead, trips))
	r.Get("/o/{org}/trips/{id}", s.page(staff.See, noa.TripRead, trip))
	r.Get("/o/{org}/organisation", s.page(staff.See, noa.OrganizationRead, organisation))
	r.Get("/o/{org}/noa", s.page(staff.See, nothing, s.weather))
	r.Get("/o/{org}/noa.txt", s.serve(staff.See, nothing, s.weatherReport))
	r.Get("/o/{org}/tickets", s.page(staff.See, noa.TicketRead, tickets))
	r.Get("/o/{org}/tickets/new", s.page(staff.Tickets, noa.TicketWrite, newTicket))
	r.Post("/o/{org}/tickets", s.action(staff.Tickets, noa.TicketWrite, s.fileTicket))
	r.Get("/o/{org}/tickets/{id}", s.page(staff.See, noa.TicketRead, ticket))
}

// keyring is an organisation's keys and their client applications at Noa.
func (s *Server) keyring(r *chi.Mux) {
	r.Get("/o/{org}/keys", s.page(staff.Keys, nothing, s.keyList))
	r.Post("/o/{org}/keys", s.action(staff.Keys, nothing, s.importKey))
	r.Get("/o/{org}/keys/new", s.page(staff.Keys, nothing, s.newKey))
	r.Post("/o/{org}/keys/generate", s.action(staff.Keys, nothing, s.generateKey))
	r.Get("/o/{org}/keys/noa", s.page(staff.Keys, nothing, s.clientApps))
	r.Post("/o/{org}/keys/noa", s.action(staff.Keys, nothing, s.register))
	r.Post("/o/{org}/keys/noa/enter", s.action(staff.Keys, nothing, s.enterNoa))
	r.Post("/o/{org}/keys/noa/leave", s.action(staff.Keys, nothing, s.leaveNoa))
	r.Post("/o/{org}/keys/noa/change", s.action(staff.Keys, nothing, s.changeClientApp))
	r.Post("/o/{org}/keys/noa/rotate", s.action(staff.Keys, nothing, s.rotate))
	r.Post("/o/{org}/keys/noa/delete", s.action(staff.Keys, nothing, s.deleteClientApp))
	r.Get("/o/{org}/keys/rotate", s.page(staff.Keys, nothing, s.rotation))
	r.Get("/o/{org}/keys/{fingerprint}", s.page(staff.Keys, nothing, s.key))
	r.Post("/o/{org}/keys/{fingerprint}/rename", s.action(staff.Keys, nothing, s.renameKey))
	r.Post("/o/{org}/keys/{fingerprint}/describe", s.action(staff.Keys, nothing, s.describeKey))
	r.Post("/o/{org}/keys/{fingerprint}/destroy", s.action(staff.Keys, nothing, s.destroyKey))
	r.Post("/o/{org}/keys/policy", s.action(staff.Keys, nothing, s.savePolicy))
	r.Post("/o/{org}/keys/{fingerprint}/prove", s.action(staff.Keys, nothing, s.proveKey))
	r.Post("/o/{org}/keys/{fingerprint}/switch", s.action(staff.Keys, nothing, s.switchKey))
	r.Post("/o/{org}/keys/{fingerprint}/retire", s.action(staff.Keys, nothing, s.retireKey))
}

// management is an organisation's record, staff and settings, and the desk itself with rights that hold in every organisation.
func (s *Server) management(r *chi.Mux) {
	r.Get("/o/{org}/audit", s.page(staff.Audit, nothing, s.audit))
	r.Get("/o/{org}/audit.csv", s.serve(staff.Audit, nothing, s.auditTable))
	r.Get("/o/{org}/audit.ndjson", s.serve(staff.Audit, nothing, s.auditLines))
	r.Get("/o/{org}/people", s.page(staff.People, nothing, s.staffList))
	r.Post("/o/{org}/people", s.action(staff.People, nothing, s.addPerson))
	r.Post("/o/{org}/people/disable", s.action(staff.People, nothing, s.disablePerson))
	r.Post("/o/{org}/people/enable", s.action(staff.People, nothing, s.enablePerson))
	r.Get("/o/{org}/settings", s.page(staff.Settings, nothing, s.settings))
	r.Post("/o/{org}/settings", s.action(staff.Settings, nothing, s.saveSettings))

	r.Get("/admin/organisations", s.page(staff.People, nothing, s.organisations))
	r.Post("/admin/organisations", s.action(staff.People, nothing, s.addOrganisation))
	r.Get("/admin/organisations/new", s.page(staff.People, nothing, s.newOrganisation))
	r.Get("/admin/system", s.page(staff.People, nothing, s.system))
}
