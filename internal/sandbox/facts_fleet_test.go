package sandbox

import (
	"fmt"
	"testing"
)

func TestSections7To9(t *testing.T) {
	t.Parallel()
	const denied, notFound, ordering = "403 non_field_errors permission_denied", "404 non_field_errors not_found", "400 ordering invalid_choice"
	const trips, organizations, tickets = "GET /api/trips/", "GET /api/organizations/", "GET /api/support_tickets/"
	const file, needs = "POST /api/support_tickets/", "400 __all__ invalid"
	with := func(more string) string { return `{"organization":"{org}",` + more + `}` }
	place := `"location":{"type":"Point","coordinates":[71.42,51.15]}`
	check(t, newNoa(t, Options{}), []fact{
		{says: "7 trips are not written", ask: "POST /api/trips/", body: "{}", want: denied},
		{says: "7 nor deleted", ask: "DELETE {trip}", want: denied},
		{says: "7.1 the members of a trip", ask: "GET {trip}", holds: func(r response) bool { return len(r.object()) == 15 }},
		{says: "7.2 hidden trips are not found", ask: "GET {hidden-trip}", want: notFound},
		{says: "7.2 include_invalid is ignored", ask: trips + "?include_invalid=1", holds: counts("280")},
		{says: "7.3 one bicycle", ask: trips + "?bicycle={bike-uuid}", holds: func(r response) bool { return r.count() != "280" && r.count() != "0" }},
		{says: "7.3 started_after includes its moment", ask: trips + "?started_after={hour-ago}", holds: everyRow(func(row map[string]any) bool { return asUTC(row["start_date"]) })},
		{says: "7.3 running trips drop out", ask: trips + "?ended_before={now}&page_size=100", holds: everyRow(func(row map[string]any) bool { return row["end_date"] != nil })},
		{says: "7.3 upper case types are refused", ask: trips + "?type=REGULAR", want: "400 type invalid_choice"},
		{says: "7.3 private is accepted and empty", ask: trips + "?asset_state=private", holds: counts("0")},
		{says: "7.3 an unknown rental is empty", ask: trips + "?rental_session={none}", holds: counts("0")},
		{says: "7.3 organizations works here", ask: trips + "?organizations={foreign-uuid}", holds: counts("0")},
		{says: "7.3 a box does not exist", ask: trips + "?bbox=0,0,1,1", holds: counts("280")},
		{says: "7.3 started_before does not exist", ask: trips + "?started_before=1", holds: counts("280")},
		{says: "7.3 ordering by type", ask: trips + "?ordering=-type"},
		{says: "7.3 no ordering by start", ask: trips + "?ordering=start_date", want: ordering},
		{says: "7.3 no ordering by distance", ask: trips + "?ordering=distance_m", want: ordering},
		{says: "7.1 no documentation's names by default", ask: trips + "?fields=started", want: "400 [unknown_fields]"},

		{says: "8 organizations are not written", ask: "PATCH {org}", body: "{}", want: denied},
		{says: "8 the own one and its descendant", ask: organizations, holds: counts("2")},
		{says: "8 a foreign one is not found", ask: "GET {foreign}", want: notFound},
		{says: "8 name is no filter", ask: organizations + "?name=x", holds: counts("2")},
		{says: "8 organization is no filter", ask: organizations + "?organization={part-uuid}", holds: counts("2")},
		{says: "8 uuid is", ask: organizations + "?uuid={part-uuid}", holds: counts("1")},
		{says: "8 no ordering by name", ask: organizations + "?ordering=name", want: ordering},
		{says: "8 the preference is inherited", ask: "GET {part}", holds: text(`/preference/"`)},
		{says: "8 no member names the parent", ask: "GET {part}", holds: func(r response) bool { return r.object()["parent"] == nil }},

		{says: "9 a ticket needs an organization", ask: file, body: "{}", want: "400 organization required"},
		{says: "9 and nothing more", ask: file, body: `{"organization":"{org}"}`, want: "201", holds: member("state", "new")},
		{says: "9 the state is ignored at filing", ask: file, body: with(`"state":"closed"`), want: "201", holds: member("state", "new")},
		{says: "9 the state is ignored at a change", ask: "PATCH {ticket}", body: `{"state":"closed"}`, holds: member("state", "new")},
		{says: "9 message null is the nested shape", ask: file, body: with(`"message":null`), want: "400 non_field_errors <nil>", holds: text(`{"non_field_errors":[{"message":[{`)},
		{says: "9 a location is needed for bicycles", ask: file, body: with(`"category":"location_needs_bicycles"`), want: needs},
		{says: "9 with one", ask: file, body: with(`"category":"location_needs_bicycles",` + place), want: "201"},
		{says: "9 a location is needed for a missing one", ask: file, body: with(`"category":"bicycle_missing","bicycle":"{bike}"`), want: needs},
		{says: "9 with one it is missing", ask: file, body: with(`"category":"bicycle_missing",` + place), want: "201"},
		{says: "9 a bicycle is needed for damage", ask: file, body: with(`"category":"bicycle_damaged"`), want: needs},
		{says: "9 with one it is damaged", ask: file, body: with(`"category":"bicycle_damaged","bicycle":"{bike}"`), want: "201"},
		{says: "9 category null needs nothing", ask: file, body: with(`"category":null`), want: "201"},
		{says: "9 category empty needs nothing", ask: file, body: with(`"category":""`), want: "201"},
		{says: "9 another category", ask: file, body: with(`"category":"stolen"`), want: "400 category invalid_choice"},
		{says: "9 complaints about members come alone", ask: file, body: with(`"category":"bicycle_damaged","owner":"x"`), want: "400 owner no_match"},
		{says: "9 the rule holds for the result", ask: "PATCH {ticket}", body: `{"bicycle":null}`, want: needs},
		{says: "9 coordinates are no strings", ask: file, body: with(`"location":{"type":"Point","coordinates":["71","51"]}`), want: "400 location invalid"},
		{says: "9 well known text", ask: file, body: with(`"location":"POINT(71.4 51.1)"`), want: "201", holds: text("[71.4,51.1]")},
		{says: "9 random text", ask: file, body: with(`"location":"here"`), want: "400 location invalid"},
		{says: "9 another geometry", ask: file, body: with(`"location":{"type":"LineString","coordinates":[[1,2],[3,4]]}`), want: "400 location invalid"},
		{says: "9 latitude first is taken", ask: file, body: with(`"location":{"type":"Point","coordinates":[51.1,71.4]}`), want: "201"},
		{says: "9 another's bicycle is taken", ask: file, body: with(`"bicycle":"{stranger}"`), want: "201"},
		{says: "9 PUT needs the organization", ask: "PUT {ticket}", body: `{}`, want: "400 organization required"},
		{says: "9 PUT makes the caller the owner", ask: "PUT {ticket}", body: `{"organization":"{org}"}`},
		{says: "9 another version", ask: "PATCH {ticket}", body: `{"message":"x","concurrency_version":1}`, want: "409 conflict"},
		{says: "9 filter by category", ask: tickets + "?category=bicycle_missing", holds: everyRow(func(row map[string]any) bool { return row["category"] == "bicycle_missing" })},
		{says: "9 filter by state", ask: tickets + "?state=new&state=pending", holds: everyRow(func(row map[string]any) bool { return row["state"] == "new" || row["state"] == "pending" })},
		{says: "9 filter by bicycle", ask: tickets + "?bicycle={bike-uuid}", holds: everyRow(func(row map[string]any) bool { return row["bicycle"] != nil })},
		{says: "9 and C24 a box is no bicycle", ask: tickets + "?bicycle=71.4,51.1,71.5,51.2", want: "400 bicycle invalid"},
		{says: "9 filter by owner", ask: tickets + "?owner={none}", holds: counts("0")},
		{says: "9 ordering by category", ask: tickets + "?ordering=category"},
		{says: "9 a deletion", ask: "DELETE {placed-ticket}", want: "204"},
		{says: "9 is for good", ask: "GET {placed-ticket}", want: notFound},
		{says: "9 transitions are refused", ask: "GET {ticket}transitions/", want: denied},
	})
}

func TestSection11Zones(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	const zones, notFound = "/api/zones/", "404 non_field_errors not_found"
	const square = `"polygon":{"type":"MultiPolygon","coordinates":[[[[71.4,51.1],[71.5,51.1],[71.5,51.2],[71.4,51.2],[71.4,51.1]]]]}`
	with := func(more string) string { return `{"organization":"{org}","name":"Old town",` + square + more + `}` }
	check(t, n, []fact{
		{says: "11.1 a list", as: zoned, ask: "GET " + zones, holds: everyRow(func(row map[string]any) bool { return len(row) == 13 })},
		{says: "11.1 not of foreign ones", as: zoned, ask: "GET " + zones, holds: counts(fmt.Sprint(len(n.fleet.zones) - 1))},
		{says: "11.1 one", as: zoned, ask: "GET {zone}"},
		{says: "11.1 counted on demand", as: zoned, ask: "GET {zone}?include_bicycle_count=1", holds: func(r response) bool { return r.object()["bicycle_count"] != nil }},
		{says: "11.1 by type", as: zoned, ask: "GET " + zones + "?type=maintenance", holds: counts("1")},
		{says: "11.1 by types", as: zoned, ask: "GET " + zones + "?type=maintenance&type=custom", holds: counts("2")},
		{says: "11.1 an unknown type", as: zoned, ask: "GET " + zones + "?type=x", want: "400 type invalid_choice"},
		{says: "11.1 by state", as: zoned, ask: "GET " + zones + "?state=decommissioned", holds: counts("0")},
		{says: "11.1 by a box elsewhere", as: zoned, ask: "GET " + zones + "?bbox=0,0,1,1", holds: counts("0")},
		{says: "11.1 by a point", as: zoned, ask: "GET " + zones + `?type=cycling_area&geo={"type":"Point","coordinates":[71.42,51.15]}`, holds: counts("1")},
		{says: "11.1 by a line", as: zoned, ask: "GET " + zones + `?type=cycling_area&geo={"type":"LineString","coordinates":[[60,51.15],[80,51.15]]}`, holds: counts("1")},
		{says: "11.1 by nonsense", as: zoned, ask: "GET " + zones + "?geo=x", want: "400 geo invalid"},
		{says: "11.1 a new one", as: zoned, ask: "POST " + zones, body: with(`,"low_threshold":1,"high_threshold":5`), want: "201", holds: both(member("type", "dropzone"), member("state", "new"))},
		{says: "11.1 members missing", as: zoned, ask: "POST " + zones, body: `{}`, want: "400 name required, organization required, polygon required"},
		{says: "11.1 low is below high", as: zoned, ask: "POST " + zones, body: with(`,"low_threshold":5,"high_threshold":5`), want: "400 non_field_errors invalid"},
		{says: "11.1 thresholds are not negative", as: zoned, ask: "POST " + zones, body: with(`,"low_threshold":-1`), want: "400 low_threshold invalid"},
		{says: "11.1 an unknown type is not written", as: zoned, ask: "POST " + zones, body: with(`,"type":"x"`), want: "400 type invalid_choice"},
		{says: "11.1 another's organization", as: zoned, ask: "PATCH {zone}", body: `{"organization":"{foreign}"}`, want: "403 non_field_errors permission_denied"},
		{says: "11.1 a polygon alone will not do", as: zoned, ask: "PATCH {zone}", body: `{"polygon":{"type":"Polygon","coordinates":[[[71,51],[72,51],[72,52],[71,51]]]}}`, want: "400 polygon invalid"},
		{says: "11.1 rings are closed", as: zoned, ask: "PATCH {zone}", body: `{"polygon":{"type":"MultiPolygon","coordinates":[[[[71,51],[72,51],[72,52],[71,52]]]]}}`, want: "400 polygon invalid"},
		{says: "11.1 a mechanic", as: zoned, ask: "PATCH {zone}", body: `{"preferred_mechanic":"{rider}"}`, holds: text(`"preferred_mechanic":"http`)},
		{says: "11.1 no mechanic", as: zoned, ask: "PATCH {zone}", body: `{"preferred_mechanic":null}`, holds: member("preferred_mechanic", nil)},
		{says: "11.1 another version", as: zoned, ask: "PATCH {zone}", body: `{"name":"x","concurrency_version":1}`, want: "409 conflict"},
		{says: "11.1 PUT needs all", as: zoned, ask: "PUT {zone}", body: `{"name":"x"}`, want: "400 organization required, polygon required"},
		{says: "11.1 a deletion", as: zoned, ask: "DELETE {zone}", want: "204"},
		{says: "11.1 is for good", as: zoned, ask: "GET {zone}", want: notFound},
		{says: "11.1 the desk may not", ask: "POST " + zones, body: "{}", want: "403 non_field_errors permission_denied"},
		{says: "11.1 PUT to the list", as: zoned, ask: "PUT " + zones, want: "405 non_field_errors method_not_allowed"},
	})
}
