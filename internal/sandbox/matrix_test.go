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

// TestMatrixOfClientApps holds who may do what to client applications.
func TestMatrixOfClientApps(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 1, Trips: 1})
	operator, mechanic := n.asOperator(), n.asPerson(n.Mechanic())
	path := n.path(n.create(operator, n.newApp(0, "fresh")))
	for _, row := range []struct {
		method, path string
		operator     int
	}{
		{get, clientApps, 200},
		{post, clientApps, 400},
		{put, clientApps, 405},
		{patch, clientApps, 405},
		{erase, clientApps, 405},
		{options, clientApps, 200},
		{get, path, 200},
		{put, path, 200},
		{patch, path, 200},
		{post, path, 405},
		{get, clientApps + "not-a-uuid/", 404},
		{get, clientApps + randomUUID() + "/", 404},
		{erase, path, 204},
		{get, "/api/alerts/", 403},
		{erase, "/api/bicycles/11111111-2222-4333-8444-555555555555/", 403},
	} {
		if row.method != options {
			for want, header := range map[int]map[string]string{401: anonymous, 403: nil} {
				if r := n.do(row.method, row.path, "", header); r.status != want {
					t.Errorf("%s %s: got %d, want %d", row.method, row.path, r.status, want)
				}
			}
			if r := n.do(row.method, row.path, "", mechanic); r.status != 403 {
				t.Errorf("%s %s as mechanic: got %d, want 403", row.method, row.path, r.status)
			}
		}
		if r := n.do(row.method, row.path, "", operator); r.status != row.operator {
			t.Errorf("%s %s as operator: got %d, want %d", row.method, row.path, r.status, row.operator)
		}
	}
}
