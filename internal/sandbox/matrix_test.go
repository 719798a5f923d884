package sandbox

import (
	"net/http"
	"testing"
)

func TestMethodNotAllowedNamesTheAllowedOnes(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	r := n.do(get, "/api/bicycles/"+n.fleet.bicycles[0].uuid+"/actions/", "", n.as("noadesk-nothing"))
	if r.status != 405 || r.header.Get("Allow") != "POST, OPTIONS" {
		t.Errorf("got status %d, Allow %q", r.status, r.header.Get("Allow"))
	}
}

// TestMatrix is the table of endpoints and scopes of the contract.
func TestMatrix(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	bike := "/api/bicycles/" + n.fleet.bicycles[0].uuid + "/"
	organization := "/api/organizations/" + n.Organization().UUID + "/"
	ticket := "/api/support_tickets/" + n.fleet.tickets[0].uuid + "/"
	trip := "/api/trips/" + n.fleet.trips[0].uuid + "/"
	for _, row := range []struct {
		method, path             string
		with, without, anonymous int
	}{
		{get, "/api/", 200, 200, 200},
		{get, "/api/bicycles/", 200, 403, 200},
		{get, bike, 200, 403, 404},
		{put, "/api/bicycles/", 405, 403, 401},
		{patch, "/api/bicycles/", 405, 403, 401},
		{erase, "/api/bicycles/", 403, 403, 401},
		{erase, bike, 403, 403, 401},
		{get, bike + "actions/", 405, 405, 401},
		{erase, bike + "actions/", 405, 405, 401},
		{get, bike + "transitions/", 200, 403, 401},
		{post, bike + "transitions/", 403, 403, 401},
		{get, bike + "pricings/", 200, 403, 401},
		{get, bike + "otp/?number=3", 404, 403, 401},
		{get, bike + "stats/", 403, 403, 401},
		{get, "/api/clusters/?bbox=71.2,51.0,71.7,51.3", 200, 403, 200},
		{get, "/api/trips/", 200, 403, 401},
		{get, trip, 200, 403, 401},
		{post, "/api/trips/", 403, 403, 401},
		{erase, trip, 403, 403, 401},
		{get, "/api/organizations/", 200, 403, 200},
		{get, organization, 200, 403, 404},
		{patch, organization, 403, 403, 401},
		{get, organization + "preference/", 403, 403, 404},
		{get, organization + "transitions/", 403, 403, 401},
		{get, "/api/support_tickets/", 200, 403, 401},
		{get, ticket, 200, 403, 401},
		{put, "/api/support_tickets/", 405, 403, 401},
		{patch, "/api/support_tickets/", 405, 403, 401},
		{erase, "/api/support_tickets/", 405, 403, 401},
		{get, ticket + "transitions/", 403, 403, 401},
		{post, ticket + "actions/", 404, 404, 404},
		{get, "/api/zones/", 403, 403, 401},
		{get, "/api/client_apps/", 403, 403, 401},
		{post, "/api/client_apps/", 403, 403, 401},
		{get, "/api/alerts/", 403, 403, 401},
		{get, "/api/locks/", 403, 403, 401},
		{get, "/api/users/11111111-2222-4333-8444-555555555555/", 403, 403, 401},
		{get, "/api/me/", 404, 404, 401},
		{get, "/api/nonsense/", 404, 404, 404},
		{options, "/api/bicycles/", 200, 403, 200},
	} {
		for header, want := range map[*map[string]string]int{
			ptr(n.as("noadesk-practice")): row.with, ptr(n.as("noadesk-nothing")): row.without, &anonymous: row.anonymous,
		} {
			if r := n.do(row.method, row.path, "", *header); r.status != want {
				t.Errorf("%s %s as %.12v: got %d, want %d", row.method, row.path, *header, r.status, want)
			}
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestReadAndWriteAreIndependent(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	if r := n.do(post, "/api/support_tickets/", "{}", n.as("noadesk-readonly")); r.status != http.StatusForbidden {
		t.Errorf("filing with reading scopes: got status %d, want 403", r.status)
	}
}
