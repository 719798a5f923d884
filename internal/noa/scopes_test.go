package noa

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"testing"
)

// TestEveryCallHasTheScopeThatOpensIt holds every call of a fleet against the contract's table of endpoints.
func TestEveryCallHasTheScopeThatOpensIt(t *testing.T) {
	t.Parallel()
	var asked string
	var used []Scope
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.Path[len("/api/"):]
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		reply(w, http.StatusOK, `{"uuid": "`+someBicycle+`", "results": [], "clusters": [], "pricing_schemes": []}`)
	})
	s := p.noa(0).settings
	s.Used = func(_ Credential, scope Scope) { used = append(used, scope) }
	f := New(s, keyring{p.key}).Fleet(Credential{Organization: ourOrganization, Client: "desk", Fingerprint: "f"})
	ctx, one := t.Context(), someBicycle+"/"
	calls := map[string]struct {
		ask   func() error
		asked string
		scope Scope
	}{
		"Bicycles":      {func() error { _, err := f.Bicycles(ctx, BicycleQuery{}); return err }, "GET bicycles/", "bicycle:read"},
		"EachBicycle":   {func() error { _, err := walked(f.EachBicycle(ctx, BicycleQuery{}), bicycleID); return err }, "GET bicycles/", "bicycle:read"},
		"Bicycle":       {func() error { _, err := f.Bicycle(ctx, someBicycle); return err }, "GET bicycles/" + one, "bicycle:read"},
		"Transitions":   {func() error { _, err := f.Transitions(ctx, someBicycle); return err }, "GET bicycles/" + one + "transitions/", "bicycle:read"},
		"TransitionsOn": {func() error { _, err := f.TransitionsOn(ctx, someBicycle, 2, 50); return err }, "GET bicycles/" + one + "transitions/", "bicycle:read"},
		"Pricings":      {func() error { _, err := f.Pricings(ctx, someBicycle); return err }, "GET bicycles/" + one + "pricings/", "bicycle:read"},
		"Clusters":      {func() error { _, err := f.Clusters(ctx, BicycleQuery{Box: berlin}, Unsplit); return err }, "GET clusters/", "bicycle:read"},
		"CreateBicycle": {func() error { _, err := f.CreateBicycle(ctx, NewBicycle{}); return err }, "POST bicycles/", "bicycle:write"},
		"ChangeBicycle": {func() error { _, err := f.ChangeBicycle(ctx, someBicycle, 1, BicycleChange{}); return err }, "PATCH bicycles/" + one, "bicycle:write"},
		"Move":          {func() error { _, err := f.Move(ctx, someBicycle, Retire, MoveOptions{}); return err }, "POST bicycles/" + one + "actions/", "bicycle:write"},
		"TryMove":       {func() error { return tried(f.TryMove(ctx, someBicycle, Retire, MoveOptions{})) }, "POST bicycles/" + one + "actions/", "bicycle:write"},
		"Trips":         {func() error { _, err := f.Trips(ctx, TripQuery{}); return err }, "GET trips/", "trip:read"},
		"EachTrip": {func() error {
			_, err := walked(f.EachTrip(ctx, TripQuery{}), func(t Trip) string { return t.UUID })
			return err
		}, "GET trips/", "trip:read"},
		"Trip":              {func() error { _, err := f.Trip(ctx, someBicycle); return err }, "GET trips/" + one, "trip:read"},
		"Organizations":     {func() error { _, err := f.Organizations(ctx); return err }, "GET organizations/", "organization:read"},
		"FindOrganizations": {func() error { _, err := f.FindOrganizations(ctx, OrganizationQuery{}); return err }, "GET organizations/", "organization:read"},
		"Organization":      {func() error { _, err := f.Organization(ctx, someBicycle); return err }, "GET organizations/" + one, "organization:read"},
		"Tickets":           {func() error { _, err := f.Tickets(ctx, TicketQuery{}); return err }, "GET support_tickets/", "support-ticket:read"},
		"EachTicket": {func() error {
			_, err := walked(f.EachTicket(ctx, TicketQuery{}), func(t Ticket) string { return t.UUID })
			return err
		}, "GET support_tickets/", "support-ticket:read"},
		"Ticket":       {func() error { _, err := f.Ticket(ctx, someBicycle); return err }, "GET support_tickets/" + one, "support-ticket:read"},
		"FileTicket":   {func() error { _, err := f.FileTicket(ctx, NewTicket{}); return err }, "POST support_tickets/", "support-ticket:write"},
		"ChangeTicket": {func() error { _, err := f.ChangeTicket(ctx, someBicycle, 1, TicketChange{}); return err }, "PATCH support_tickets/" + one, "support-ticket:write"},
		"DeleteTicket": {func() error { return f.DeleteTicket(ctx, someBicycle) }, "DELETE support_tickets/" + one, "support-ticket:write"},
		"Zones":        {func() error { _, err := f.Zones(ctx, ZoneQuery{}); return err }, "GET zones/", "zone:read"},
		"EachZone": {func() error {
			_, err := walked(f.EachZone(ctx, ZoneQuery{}), func(z Zone) string { return z.UUID })
			return err
		}, "GET zones/", "zone:read"},
		"Zone":  {func() error { _, err := f.Zone(ctx, someBicycle); return err }, "GET zones/" + one, "zone:read"},
		"Prove": {func() error { _, err := f.Prove(ctx); return err }, "GET organizations/" + ourOrganization + "/", "organization:read"},
	}
	for name, row := range calls {
		used = nil
		if err := row.ask(); err != nil || asked != row.asked || !slices.Equal(used, []Scope{row.scope}) {
			t.Errorf("%s: asked %s with %v, %v, want %s with %s", name, asked, used, err, row.asked, row.scope)
		}
	}
	others := []string{"Background", "Fresh", "Credential", "Scopes"}
	for m := range reflect.TypeFor[*Fleet]().Methods() {
		if _, ok := calls[m.Name]; !ok && !slices.Contains(others, m.Name) {
			t.Errorf("no row for %s", m.Name)
		}
	}
}

// tried is the error of a trial that the peer answers as if it were no trial.
func tried(err error) error {
	if errors.Is(err, ErrUnknownOutcome) {
		return nil
	}
	return err
}
