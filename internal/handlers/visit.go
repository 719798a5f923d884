package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"noadesk/internal/desk"
	"noadesk/internal/keystore"
	"noadesk/internal/noa"
	"noadesk/internal/staff"
	"noadesk/internal/store"
	"noadesk/internal/views"
)

// anybody is the right of an address for whoever is signed in.
const anybody staff.Right = 0

// A visit is all that a handler may know of who is asking.
type visit struct {
	*http.Request
	person   staff.Person
	org      views.Org   // the organisation in the address, zero where there is none
	orgs     []views.Org // those that the person may enter
	fleet    *noa.Fleet  // Noa as the organisation's active key sees it, nil where there is none
	scopes   noa.Scopes  // what that key may do
	fallBack func() bool // takes the key before in place of one that Noa refuses
	damaged  bool        // the organisation’s active key does not open
	warning  string      // what everybody on this page should know
	ended    staff.Ended // why there is no person though there was a cookie

	sessions *staff.Sessions
	log      *slog.Logger
	known    map[string]bool // query parameters that the page asked for
	until    time.Time       // late panels are waited for until then
	search   string          // what stands in the search box
}

// A page reads and returns something to show.
type page func(*visit) (views.Page, error)

// An action changes something and returns where to go next.
type action func(*visit) (next string, err error)

// page answers a GET for whoever has the right, with a key that has the scope.
func (s *Server) page(right staff.Right, scope noa.Scope, f page) http.HandlerFunc {
	return s.serve(right, scope, func(w http.ResponseWriter, v *visit) error {
		p, err := f(v)
		if err != nil {
			return err
		}
		return s.show(w, v, http.StatusOK, p)
	})
}

// action answers a POST for whoever has the right, with a key that has the scope.
func (s *Server) action(right staff.Right, scope noa.Scope, f action) http.HandlerFunc {
	return s.serve(right, scope, func(w http.ResponseWriter, v *visit) error {
		next, err := f(v)
		if err != nil {
			return err
		}
		http.Redirect(w, v.Request, next, http.StatusSeeOther)
		return nil
	})
}

// serve is the layer below pages and actions: who asks, may they, has the key the scope; and one way for every error.
func (s *Server) serve(right staff.Right, scope noa.Scope, f func(http.ResponseWriter, *visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := s.visit(r)
		if err == nil {
			err = s.admit(v, right, scope)
		}
		if err == nil {
			err = f(w, v)
		}
		if err != nil {
			s.fail(w, v, err)
		}
	}
}

// open answers a GET for everybody.
func (s *Server) open(f page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := s.visit(r)
		var p views.Page
		if err == nil {
			p, err = f(v)
		}
		if err == nil {
			err = s.show(w, v, http.StatusOK, p)
		}
		if err != nil {
			s.fail(w, v, err)
		}
	}
}

// enter answers the posts that begin or end a session, the only ones that write a cookie.
func (s *Server) enter(f func(http.ResponseWriter, *visit) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := s.visit(r)
		var next string
		if err == nil {
			next, err = f(w, v)
		}
		if err != nil {
			s.fail(w, v, err)
			return
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
}

// unknown is a visit of nobody yet.
func (s *Server) unknown(r *http.Request) *visit {
	return &visit{Request: r, sessions: s.sessions, log: s.options.Log, known: map[string]bool{}}
}

// visit finds out who asks. It always returns a visit in which an error can be shown.
func (s *Server) visit(r *http.Request) (*visit, error) {
	v := s.unknown(r)
	id, ok, ended := s.sessions.PersonID(r)
	v.ended = ended
	if !ok {
		return v, nil
	}
	person, err := s.people.Person(r.Context(), id)
	if err != nil {
		return v, err
	}
	if person.Disabled {
		return v, nil
	}
	v.person = person
	v.orgs, err = s.mayEnter(r.Context(), person)
	return v, err
}

// mayEnter lists the organisations that a person may see.
func (s *Server) mayEnter(ctx context.Context, p staff.Person) ([]views.Org, error) {
	all, err := s.rows.Organisations(ctx)
	var may []views.Org
	for _, o := range all {
		if p.Rights(o.UUID) != 0 {
			may = append(may, shown(o))
		}
	}
	return may, err
}

// shown is an organisation as pages know it.
func shown(o desk.Organisation) views.Org {
	zone, err := time.LoadLocation(o.Zone)
	if err != nil {
		zone = time.UTC
	}
	return views.Org{Slug: o.Slug, Name: o.Name, UUID: o.UUID, Zone: zone}
}

func (v *visit) signedIn() bool { return v.person.ID != "" }

// admit holds the visit against the route's row in the table.
func (s *Server) admit(v *visit, right staff.Right, scope noa.Scope) error {
	if !v.signedIn() {
		return errSignedOut
	}
	if !slices.Contains(chi.RouteContext(v.Context()).URLParams.Keys, "org") {
		return v.may(right, "")
	}
	name := chi.URLParam(v.Request, "org")
	if err := v.enter(name); err != nil {
		return err
	}
	if err := v.may(right, v.org.UUID); err != nil {
		return err
	}
	if err := s.takeKey(v); err != nil {
		return err
	}
	return v.need(scope)
}

// enter finds the organisation of the address among those that the person may
// see. One that they may not see does not exist for them.
func (v *visit) enter(name string) error {
	i := slices.IndexFunc(v.orgs, func(o views.Org) bool { return o.Slug == name })
	if i >= 0 {
		v.org = v.orgs[i]
		return nil
	}
	i = slices.IndexFunc(v.orgs, func(o views.Org) bool { return strings.EqualFold(o.UUID, name) })
	switch {
	case i < 0:
		return errNotFound
	case v.Method == http.MethodGet || v.Method == http.MethodHead:
		return elsewhere{bySlug(v.URL, name, v.orgs[i].Slug)}
	}
	v.org = v.orgs[i]
	return nil
}

// bySlug is the same address with the organisation's slug in place of its uuid.
func bySlug(u *url.URL, uuid, slug string) string {
	to := "/o/" + slug + u.EscapedPath()[len("/o/"+uuid):]
	if u.RawQuery != "" {
		to += "?" + u.RawQuery
	}
	return to
}

func (v *visit) may(right staff.Right, org string) error {
	if right == anybody || v.person.May(right, org) {
		return nil
	}
	return lacksRight{right}
}

// takeKey gives the visit Noa as the organisation's active key sees it.
func (s *Server) takeKey(v *visit) error {
	key, err := s.keys.Active(v.Context(), v.org.UUID)
	if errors.Is(err, keystore.ErrNoKey) {
		v.damaged = errors.Is(err, keystore.ErrDamaged)
		return nil
	}
	if err != nil {
		return err
	}
	s.holds(v, key)
	return nil
}

// holds makes a key the one with which this visit asks Noa.
func (s *Server) holds(v *visit, key keystore.Key) {
	v.fleet = s.api.Fleet(credential(key))
	if v.Method != http.MethodGet && v.Method != http.MethodHead {
		v.fleet = v.fleet.Fresh() // a change is decided on what is, not on what was a moment ago
	}
	v.fallBack = func() bool { return s.fallBack(v) }
}

// fallBack takes another key when the one at hand does not work: the active one, where it was switched or retired since this
// page began, or else the key before, where there is one and Noa refuses the active one.
func (s *Server) fallBack(v *visit) bool {
	if key, err := s.keys.Active(v.Context(), v.org.UUID); err == nil && key.Fingerprint != v.fleet.Credential().Fingerprint {
		s.holds(v, key)
		v.fallBack = func() bool { return false }
		return true
	}
	keys, err := s.keys.List(v.Context(), v.org.UUID)
	if err != nil {
		v.failed(err)
	}
	i := slices.IndexFunc(keys, func(k keystore.Key) bool { return k.State == keystore.Retiring })
	if i < 0 {
		return false
	}
	s.holds(v, keys[i])
	v.fallBack = func() bool { return false }
	v.warning = "Noa refuses the organisation’s active key. The desk goes on with the one before; whoever keeps the keys should look at them now."
	return true
}

// need asks for a token, where there is none, and for a scope in it.
func (v *visit) need(scope noa.Scope) (err error) {
	if scope == nothing {
		return nil
	}
	if v.fleet == nil && v.damaged {
		return keystore.ErrDamaged
	}
	if v.fleet == nil {
		return errNoKey
	}
	if err := v.token(); err != nil {
		return err
	}
	if !v.scopes.Has(scope) {
		return lacksScope{scope}
	}
	return nil
}

// token makes sure of a token and reads what it grants. A key that Noa refuses
// is not the end where there is one to fall back on; that Noa does not answer says nothing about a key.
func (v *visit) token() (err error) {
	v.scopes, err = v.fleet.Scopes(v.Context())
	if (errors.Is(err, noa.ErrRefused) || errors.Is(err, keystore.ErrRetired)) && v.fallBack() {
		v.note(http.StatusBadGateway, err)
		v.scopes, err = v.fleet.Scopes(v.Context())
	}
	return err
}

// credential is who asks Noa with a key.
func credential(key keystore.Key) noa.Credential {
	return noa.Credential{Organization: key.Organisation, Client: key.Client, Fingerprint: key.Fingerprint}
}

// event is a record of what this person does in this organisation.
func (v *visit) event() store.Event {
	return store.Event{Actor: v.person.Email, Organisation: v.org.UUID}
}

// flash leaves a result for the next page. That it may be lost is no reason to fail what was done.
func (v *visit) flash(text string) { _ = v.sessions.Flash(v.Request, text) }
