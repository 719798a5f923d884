package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestSection6(t *testing.T) {
	t.Parallel()
	const denied, notFound, invalid = "403 non_field_errors permission_denied", "404 non_field_errors not_found", "400 non_field_errors invalid"
	const list, create = "GET /api/bicycles/", "POST /api/bicycles/"
	n := newNoa(t, Options{})
	long := strings.Repeat("x", 129)
	check(t, n, []fact{
		{says: "6.7 pricings are empty", ask: "GET {bike}pricings/", holds: text(`"active_subscriptions":[]`)},
		{says: "6.7 other sub-resources are refused", ask: "GET {bike}stats/", want: denied},
		{says: "6.7 clusters need a box", ask: "GET /api/clusters/", want: "400 bbox required"},
		{says: "6.7 of the right form", ask: "GET /api/clusters/?bbox=1", want: "400 bbox invalid"},
		{says: "6.7 with a size", ask: "GET /api/clusters/?bbox=1,1,1,2", want: "400 bbox invalid"},
		{says: "6.7 by state or model, not both", ask: "GET /api/clusters/?bbox=71,51,72,52&include_state=1&include_model=1", want: "400 include_model invalid, include_state invalid"},
		{says: "6.7 by state", ask: "GET /api/clusters/?bbox=71,51,72,52&include_state=1&state=lost", holds: text(`"density":{"lost"`)},
		{says: "6.8 the members of a bicycle", ask: "GET {bike}", holds: func(r response) bool { return len(r.object()) == 31 }},
		{says: "6.8 one that never reported has nulls", ask: "GET {bare}", holds: both(member("latitude", nil), member("estimated_state_of_charge", nil))},
		{says: "6.8 distance is null without a box", ask: "GET {bike}", holds: member("distance", nil)},

		{says: "6.9 device_type", ask: list + "?device_type=tracker", holds: everyRow(func(row map[string]any) bool { return row["device_type"] == "tracker" })},
		{says: "6.9 an unknown device_type", ask: list + "?device_type=axa", want: "400 device_type invalid_choice"},
		{says: "6.9 state__exclude", ask: list + "?state__exclude=available&page_size=100", holds: everyRow(func(row map[string]any) bool { return row["state"] != available })},
		{says: "6.9 min_state_of_charge", ask: list + "?min_state_of_charge=x", want: "400 min_state_of_charge invalid"},
		{says: "6.9 zone", ask: list + "?zone={none}", holds: counts("0")},
		{says: "6.9 a malformed zone", ask: list + "?zone=x", want: "400 zone invalid"},
		{says: "6.9 with_alerts", ask: list + "?with_alerts=1&state=lost&page_size=100", holds: everyRow(func(row map[string]any) bool { return row["state"] == lost })},
		{says: "6.9 alert_type", ask: list + "?alert_type=zone.low_threshold", holds: counts("0")},
		{says: "6.9 an unknown alert_type", ask: list + "?alert_type=x", want: "400 alert_type invalid_choice"},
		{says: "6.9 needs_attention beyond 100", ask: list + "?needs_attention=101", want: "400 needs_attention invalid"},
		{says: "6.9 distance without a box", ask: list + "?ordering=distance", want: "400 __all__ <nil>"},

		{says: "6.10 a new bicycle is in maintenance", ask: create, body: `{"name":"N 1","organization":"{org}","model":"{model}","description":"d","serial_number":"s"}`, want: "201", holds: both(member("state", inMaintenance), member("serial_number", "s"))},
		{says: "6.10 it is the newest", ask: list + "?page_size=1", holds: everyRow(func(row map[string]any) bool { return row["name"] == "N 1" && len(row["short_id"].(string)) == 12 })},
		{says: "6.10 its name is taken", ask: create, body: `{"name":"N 1","organization":"{org}"}`, want: "400 non_field_errors unique"},
		{says: "6.10 but not in another organization", ask: create, body: `{"name":"N 1","organization":"{part}"}`, want: "201"},
		{says: "6.10 members missing", ask: create, body: `{}`, want: "400 name required, organization required"},
		{says: "6.10 nulls", ask: create, body: `{"name":null,"organization":null,"description":null,"note":null}`, want: "400 description null, name null, organization null"},
		{says: "6.10 too long", ask: create, body: `{"name":"` + long + `","serial_number":"` + long + `","organization":"{org}"}`, want: "400 name max_length, serial_number max_length"},
		{says: "6.10 another's organization", ask: create, body: `{"name":"N 2","organization":"{foreign}"}`, want: denied},
		{says: "6.10 no such model", ask: create, body: `{"name":"N 2","organization":"{org}","model":"/api/bicycle_models/{none}/"}`, want: "400 model does_not_exist"},
		{says: "6.10 a model that is a trip", ask: create, body: `{"name":"N 2","organization":"{org}","model":"{trip}"}`, want: "400 model incorrect_match"},
		{says: "6.10 a lock from the shelf", ask: create, body: `{"name":"N 3","organization":"{org}","lock":"{lock}","axa_lock":"{axa}"}`, want: "201", holds: text(`"manufacturer":"noa"`)},
		{says: "6.10 is on one bicycle only", ask: create, body: `{"name":"N 4","organization":"{org}","lock":"{lock}"}`, want: "400 lock unique"},
		{says: "6.10 a lock of another organization", ask: create, body: `{"name":"N 4","organization":"{org}","lock":"{foreign-lock}"}`, want: "400 lock inconsistent"},
		{says: "6.10 a lock in use may not change", ask: "PATCH {available}", body: `{"lock":null}`, want: "400 lock inconsistent"},
		{says: "6.10 the same lock is no change", ask: "PATCH {centre}", body: `{"note":"n"}`},
		{says: "6.10 in maintenance it may", ask: "PATCH {in_maintenance}", body: `{"lock":null}`, holds: both(member("lock", nil), member("bleid", nil))},
		{says: "6.10 PUT needs name and organization", ask: "PUT {bike}", body: `{"note":"x"}`, want: "400 name required, organization required"},
		{says: "6.10 PUT", ask: "PUT {bike}", body: `{"name":"4711","organization":"{org}","note":null}`, holds: member("note", nil)},
		{says: "6.10 a change to a taken name", ask: "PATCH {bike}", body: `{"name":"N 1"}`, want: "400 non_field_errors unique"},
		{says: "6.10 a change to another's organization", ask: "PATCH {bike}", body: `{"organization":"{foreign}"}`, want: denied},
		{says: "6.10 a version that is no number", ask: "PATCH {bike}", body: `{"concurrency_version":"x"}`, want: "400 concurrency_version invalid"},
		{says: "6.10 another's bicycle", ask: "PATCH {stranger}", body: `{}`, want: notFound},

		{says: "6.4 no type", ask: "POST {bike}actions/", body: `{}`, want: "400 type required"},
		{says: "6.4 an unknown word", ask: "POST {bike}actions/", body: `{"type":"fly"}`, want: notFound},
		{says: "6.4 the name of a member", ask: "POST {bike}actions/", body: `{"type":"name"}`, want: denied},
		{says: "6.4 a system action", ask: "POST {bike}actions/", body: `{"type":"expire_reservation"}`, want: denied},
		{says: "6.4 return_", ask: "POST {bike}actions/", body: `{"type":"return_"}`, want: denied},
		{says: "6.4 no such bicycle", ask: "POST /api/bicycles/{none}/actions/", body: `x`, want: notFound},
		{says: "6.4 the body comes before the word", ask: "POST {bike}actions/", body: `{"type":"fly","dry_run":7}`, want: "400 dry_run invalid"},
		{says: "6.4 a duration that is no number", ask: "POST {bike}actions/", body: `{"type":"reserve","duration":"x"}`, want: "400 duration invalid"},
		{says: "6.4 no such user", ask: "POST {bike}actions/", body: `{"type":"reserve","user":"/api/users/{none}/"}`, want: "400 user does_not_exist"},
		{says: "6.4 a dry run", ask: "POST {bike}actions/", body: `{"type":"put_in_maintenance","dry_run":true}`, want: "204"},
		{says: "6.4 changes nothing", ask: "GET {bike}", holds: member("state", available)},
		{says: "6.4 a dry run is refused as well", ask: "POST {retired}actions/", body: `{"type":"rent","dry_run":true}`, want: "400 actions action_not_allowed"},
		{says: "6.4 the text names what is possible", ask: "POST {in_maintenance}actions/", body: `{"type":"rent"}`, want: "400 actions action_not_allowed", holds: text("Available actions: ['declare_available', 'declare_lost', 'retire', 'take_over'].")},
		{says: "6.4 and not what others may", ask: "POST {rented}actions/", body: `{"type":"rent"}`, want: "400 actions action_not_allowed", holds: text("Available actions: ['force_put_in_maintenance'].")},

		{says: "6.5 no device, not available", ask: "POST {bare}actions/", body: `{"type":"declare_available"}`, want: invalid},
		{says: "6.5 a device, not retired", ask: "POST {lost}actions/", body: `{"type":"take_over"}`, holds: member("state", inMaintenance)},
		{says: "6.5 a guard fails after the state", ask: "POST {lost}actions/", body: `{"type":"retire"}`, want: invalid},
		{says: "6.5 without a device it is retired", ask: "POST {bare}actions/", body: `{"type":"retire"}`, holds: member("state", retired)},
		{says: "6.5 nobody returns another's rental", ask: "POST {rented}actions/", body: `{"type":"return"}`, want: denied},
		{says: "6.5 nobody cancels another's reservation", ask: "POST {reserved}actions/", body: `{"type":"cancel_reservation"}`, want: denied},
		{says: "6.5 a reservation for a rider", ask: "POST {centre}actions/", body: `{"type":"reserve","user":"{rider}","duration":900}`, holds: text(`"duration":900.0`)},
		{says: "6.5 one a rider", ask: "POST {bike}actions/", body: `{"type":"reserve","user":"{rider}"}`, want: "400 non_field_errors too_many_reservations"},
		{says: "6.5 another rider does not rent it", ask: "POST {centre}actions/", body: `{"type":"rent","user":"{other-rider}"}`, want: invalid},
		{says: "6.5 the same rider does", ask: "POST {centre}actions/", body: `{"type":"rent","user":"{rider}"}`, holds: both(member("state", rented), member("reservation", nil))},
		{says: "6.5 a renter reserves nothing", ask: "POST {bike}actions/", body: `{"type":"reserve","user":"{rider}"}`, want: "400 non_field_errors too_many_rentalsessions"},
		{says: "6.5 the limit is not for renting", ask: "POST {remote}actions/", body: `{"type":"rent","user":"{rider}"}`, holds: member("state", rented)},
		{says: "6.5 outside every drop zone", ask: "POST {remote}actions/", body: `{"type":"return"}`, want: "400 non_field_errors outside_dropzone"},
		{says: "6.7 a password for the last actor", ask: "GET {centre}otp/?number=3", holds: func(r response) bool { list, _ := r.object()["otps"].([]any); return len(list) == 3 }},
		{says: "6.7 no password without an AXA lock", ask: "GET {remote}otp/?number=3", want: notFound},
		{says: "6.7 no password for others", ask: "GET {bike}otp/?number=3", want: notFound},
		{says: "6.7 how many is needed", ask: "GET {centre}otp/", want: "400 number required"},
		{says: "6.7 at most 720 hours", ask: "GET {centre}otp/?number=1&hours=721", want: "400 hours invalid"},
		{says: "6.7 slots from 3", ask: "GET {centre}otp/?number=1&slot=2", want: "400 slot invalid"},
		{says: "6.5 inside a drop zone", ask: "POST {centre}actions/", body: `{"type":"return"}`, holds: both(member("state", available), member("rental_session", nil))},
		{says: "6.6 return is logged as return_", ask: "GET {centre}transitions/", holds: text(`"state":"available","transition":"return_"`)},
		{says: "6.6 the newest first", ask: "GET {centre}transitions/?page_size=1", holds: rowsAre(1)},
		{says: "6.5 a foreign rental ends by force", ask: "POST {rented}actions/", body: `{"type":"force_put_in_maintenance"}`, holds: member("rental_session", nil)},
		{says: "6.3 a retired one comes back by force", ask: "POST {retired}actions/", body: `{"type":"force_put_in_maintenance"}`, holds: member("state", inMaintenance)},
	})
}

// TestSection6StateMachine tries every action in every state against a
// table written out of the contract once more.
func TestSection6StateMachine(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	states := []string{inMaintenance, available, reserved, rented, lost, unrecoverable, retired}
	table := `declare_available: available - - - available available -
put_in_maintenance: - in_maintenance - - in_maintenance in_maintenance -
take_over: in_maintenance in_maintenance - - in_maintenance in_maintenance -
declare_lost: lost lost - - - lost -
declare_unrecoverable: - unrecoverable - - unrecoverable - -
reserve: - reserved - - - - -
cancel_reservation: - - available - - - -
rent: - rented rented - - - -
return: - - - available - - -
force_put_in_maintenance: - - in_maintenance in_maintenance - - in_maintenance
retire: retired - - - - - -`
	lines := strings.Split(table, "\n")
	for _, line := range lines {
		kind, cells, _ := strings.Cut(line, ": ")
		for i, want := range strings.Fields(cells) {
			t.Run(fmt.Sprintf("6.3 %s from %s", kind, states[i]), func(t *testing.T) { n.tryMove(t, kind, states[i], want) })
		}
	}
	if got := slices.Sorted(maps.Keys(moves)); len(got) != len(lines) {
		t.Errorf("got actions %v, want %d", got, len(lines))
	}
}

// tryMove does it on a bicycle that the caller has just brought into the
// state, and which no guard holds back.
func (n *noa) tryMove(t *testing.T, kind, from, want string) {
	t.Helper()
	n.mu.Lock()
	b := n.fleet.bicycles[slices.IndexFunc(n.fleet.bicycles, n.isInTown)]
	b.state, b.axa = from, nil
	b.log = []transition{{n.now(), from, "take_over", n.clients[clientName{n.fleet.tree[0].uuid, "noadesk-practice"}].user}}
	b.noa = n.fleet.spares[0]
	if kind == retire {
		b.noa = nil
	}
	n.mu.Unlock()
	r := n.do(post, "/api/bicycles/"+b.uuid+"/actions/", `{"type":"`+kind+`"}`, nil)
	switch {
	case want == "-" && r.said() != "400 actions action_not_allowed":
		t.Errorf("got %s, want it refused", r.said())
	case want != "-" && (r.status != 200 || r.object()["state"] != want):
		t.Errorf("got %s, state %v; want %s", r.said(), r.object()["state"], want)
	}
}

// isInTown says whether a rental of the bicycle may end where it is.
func (n *noa) isInTown(b *bicycle) bool {
	return b.organization == n.fleet.tree[0] && b.name != "4711" && n.inZone(b)
}
