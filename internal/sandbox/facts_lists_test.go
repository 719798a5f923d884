package sandbox

import (
	"strings"
	"testing"
)

func TestSection4(t *testing.T) {
	t.Parallel()
	const notFound, choice = "404 non_field_errors not_found", "400 ordering invalid_choice"
	const list = "GET /api/bicycles/"
	n := newNoa(t, Options{})
	check(t, n, []fact{
		{says: "4.1 the path comes before the version", ask: "GET /api/bikes/", header: "Accept:", want: "404 HTML"},
		{says: "4.1 the fields come before the scope", as: "noadesk-nothing", ask: "GET /api/trips/?fields=x", want: "400 [unknown_fields]"},
		{says: "4.1 the scope comes before the method", as: "noadesk-nothing", ask: "PUT /api/bicycles/", want: "403 non_field_errors permission_denied"},
		{says: "4.1 the object comes before the body", ask: "PATCH /api/bicycles/{none}/", body: "x", want: notFound},
		{says: "4.1 the token comes before the fields", as: nobody, ask: "GET /api/trips/?fields=x", want: "401 non_field_errors not_authenticated"},

		{says: "4.2 20 rows a page", ask: list, holds: both(rowsAre(20), counts("160"))},
		{says: "4.2 at most 100", ask: list + "?page_size=1000", holds: rowsAre(100)},
		{says: "4.2 a size of 0 is ignored", ask: list + "?page_size=0", holds: rowsAre(20)},
		{says: "4.2 a size of -1 is ignored", ask: list + "?page_size=-1", holds: rowsAre(20)},
		{says: "4.2 a size in words is ignored", ask: list + "?page_size=ten", holds: rowsAre(20)},
		{says: "4.2 the last page by its word", ask: list + "?page_size=100&page=last", holds: rowsAre(60)},
		{says: "4.2 links keep the parameters", ask: list + "?page_size=10&state=available&page=2", holds: member("previous", n.url+"/api/bicycles/?page_size=10&state=available")},
		{says: "4.2 an empty collection has a page", ask: list + "?name=zzzz", holds: both(rowsAre(0), counts("0"))},
		{says: "4.2 beyond the end", ask: list + "?page=99", want: notFound},
		{says: "4.2 page 0", ask: list + "?page=0", want: notFound},
		{says: "4.2 page -1", ask: list + "?page=-1", want: notFound},
		{says: "4.2 page two", ask: list + "?page=two", want: notFound},
		{says: "4.2 an empty page", ask: list + "?page=", want: notFound},
		{says: "4.2 a bare array", ask: list + "?no_page=1", holds: rowsAre(160)},
		{says: "4.2 no_page=0 too", ask: list + "?no_page=0", holds: rowsAre(160)},
		{says: "4.2 not of trips", ask: "GET /api/trips/?no_page=1", holds: rowsAre(20)},

		{says: "4.3 one name", ask: list + "?ordering=name"},
		{says: "4.3 several names", ask: list + "?ordering=state,-name"},
		{says: "4.3 an unknown name", ask: list + "?ordering=colour", want: choice},
		{says: "4.3 the name of a filter", ask: list + "?ordering=bbox", want: choice},
		{says: "4.3 nulls last upwards", ask: list + "?ordering=state_of_charge&page=last", holds: text(`"state_of_charge":null`)},
		{says: "4.3 nulls last downwards", ask: list + "?ordering=-state_of_charge&page=last", holds: text(`"state_of_charge":null`)},

		{says: "4.4 fields cut a list", ask: list + "?fields=uuid,name", holds: everyRow(func(row map[string]any) bool { return len(row) == 2 })},
		{says: "4.4 fields cut a resource", ask: "GET {bike}?fields=uuid", holds: func(r response) bool { return len(r.object()) == 1 }},
		{says: "4.4 fields cut the answer to a write", ask: "PATCH {bike}?fields=note", body: `{"note":"y"}`, holds: func(r response) bool { return len(r.object()) == 1 }},
		{says: "4.4 unknown fields are a list of complaints", ask: list + "?fields=uuid,x", want: "400 [unknown_fields]"},
		{says: "4.4 empty fields too", ask: list + "?fields=", want: "400 [unknown_fields]"},
		{says: "4.4 app_download_url only on demand", ask: "GET {bike}?fields=app_download_url", holds: member("app_download_url", nil)},
		{says: "4.4 actions have no fields", ask: "POST {bike}actions/?fields=uuid", body: `{"type":"rent"}`, want: "400 [unknown_fields]"},

		{says: "4.5 a misspelt filter returns everything", ask: list + "?staet=lost", holds: counts("160")},
		{says: "4.5 repeated choices are joined by or", ask: list + "?state=lost&state=retired&page_size=100", holds: everyRow(func(row map[string]any) bool { return row["state"] == lost || row["state"] == retired })},
		{says: "4.5 comma lists are not split", ask: list + "?state=lost,retired", want: "400 state invalid_choice"},
		{says: "4.5 uuid takes a comma list", ask: list + "?uuid={available-uuid},{lost-uuid}", holds: counts("2")},
		{says: "4.5 a malformed uuid has no name", ask: list + "?uuid=x", want: "400 non_field_errors invalid"},
		{says: "4.5 a malformed organization", ask: list + "?organization=x", want: "400 organization invalid"},
		{says: "4.5 a foreign organization is empty", ask: list + "?organization={foreign-uuid}", holds: counts("0")},
		{says: "4.5 malformed organizations are dropped", ask: list + "?organizations=x", holds: counts("160")},
		{says: "4.5 unknown models are empty", ask: list + "?model={none}", holds: counts("0")},
		{says: "4.5 malformed models", ask: list + "?model=x", want: "400 model invalid"},
		{says: "4.5 epochs may have fractions", ask: list + "?created_after={now}.5", holds: counts("0")},
		{says: "4.5 epochs are no ISO strings", ask: list + "?created_after=2024-05-14T00:00:00Z", want: "400 created_after invalid"},
		{says: "4.5 created is an exact moment", ask: list + "?created=2024-05-14T00:00:00Z", holds: counts("0")},
		{says: "4.5 booleans in any case", ask: list + "?has_lock=TRUE&page_size=100", holds: everyRow(func(row map[string]any) bool { return row["lock"] != nil })},
		{says: "4.5 other booleans are ignored", ask: list + "?has_lock=perhaps", holds: counts("160")},
		{says: "4.5 the corners of a box in any order", ask: list + "?bbox=72,52,71,51", holds: func(r response) bool { return r.count() != "0" }},
		{says: "4.5 a box with spaces", ask: list + "?bbox=71,%2051,72,52", want: "400 bbox invalid"},
		{says: "4.5 a box with exponents", ask: list + "?bbox=7e1,51,72,52", want: "400 bbox invalid"},
		{says: "4.5 filters act on resources", ask: "GET {available}?state=lost", want: notFound},
		{says: "4.5 filters act on actions", ask: "POST {available}actions/?state=lost", body: `{"type":"rent"}`, want: notFound},

		{says: "4.6 times are whole seconds in UTC", ask: list, holds: everyRow(func(row map[string]any) bool { return asUTC(row["created"]) && asUTC(row["latest_gps_timestamp"]) })},
		{says: "4.6 links have the host of the request", ask: "GET {bike}", holds: func(r response) bool { return strings.HasPrefix(r.object()["url"].(string), n.url) }},
		{says: "4.6 a path is a link too", ask: "POST /api/support_tickets/", body: `{"organization":"{org}"}`, want: "201"},
		{says: "4.6 the host of a link is not compared", ask: "POST /api/support_tickets/", body: `{"organization":"https://other.example{org}"}`, want: "201"},
		{says: "4.6 unknown members are ignored", ask: "PATCH {bike}", body: `{"colour":"red","state":"lost"}`, holds: member("state", available)},

		{says: "4.7 another version", ask: "PATCH {bike}", body: `{"note":"z","concurrency_version":1}`, want: "409 conflict"},
		{says: "4.7 no version writes", ask: "PATCH {bike}", body: `{"note":"z"}`, holds: member("note", "z")},
		{says: "4.7 an answer has an ETag", ask: "GET {trip}", holds: func(r response) bool { return r.header.Get("ETag") != "" }},
		{says: "4.7 what is unchanged is not sent", ask: "GET {trip}", header: "If-None-Match: *", want: "304"},

		{says: "4.8 client applications delete no bicycles", ask: "DELETE {bike}", want: "403 non_field_errors permission_denied"},
		{says: "4.9 405 names the methods", ask: "GET {bike}actions/", want: "405 non_field_errors method_not_allowed", holds: headerIs("Allow", "POST, OPTIONS")},
		{says: "4.9 405 without any scope", as: "noadesk-nothing", ask: "DELETE {bike}actions/", want: "405 non_field_errors method_not_allowed"},
		{says: "4.9 PUT to the list", ask: "PUT /api/bicycles/", want: "405 non_field_errors method_not_allowed"},
		{says: "4.9 DELETE of the tickets", ask: "DELETE /api/support_tickets/", want: "405 non_field_errors method_not_allowed"},
		{says: "4.9 no match", ask: "POST /api/support_tickets/", body: `{"organization":"/x/"}`, want: "400 organization no_match"},
		{says: "4.9 incorrect match", ask: "POST /api/support_tickets/", body: `{"organization":"{trip}"}`, want: "400 organization incorrect_match"},
		{says: "4.9 does not exist", ask: "POST /api/support_tickets/", body: `{"organization":"/api/organizations/{none}/"}`, want: "400 organization does_not_exist"},
		{says: "4.9 incorrect type", ask: "POST /api/support_tickets/", body: `{"organization":7}`, want: "400 organization incorrect_type"},
		{says: "4.9 a parse error", ask: "POST /api/support_tickets/", body: `{`, want: "400 non_field_errors parse_error"},

		{says: "4.11 OPTIONS is empty", ask: "OPTIONS /api/bicycles/", holds: headerIs("Allow", "GET, POST, HEAD, OPTIONS")},
		{says: "4.11 OPTIONS wants a known scope", as: "noadesk-nothing", ask: "OPTIONS /api/bicycles/", want: "403 non_field_errors permission_denied"},
		{says: "4.11 every answer has a number", ask: "GET /api/support_tickets/?page_size=1", holds: func(r response) bool {
			return len(r.header.Get("X-Noa-RequestId")) == 36 && r.header.Get("X-Noa-Version") == "1.0" && r.header.Get("X-Noa-From") != ""
		}},
		{says: "4.12 CSV has all rows", ask: list + "?page_size=5&page=9", header: "Accept: text/csv; version=1.0", holds: func(r response) bool {
			return strings.Count(string(r.raw), "\r\n") == 161
		}},
		{says: "4.12 columns are in the order of the alphabet", ask: list, header: "Accept: text/csv; version=1.0", holds: text("bicycle_model_name,bleid,concurrency_version,created,description,device_type,devices.lock.bleid,")},
		{says: "4.12 fields and filters apply", ask: list + "?fields=name,state&name=4711", header: "Accept: text/csv; version=1.0", holds: func(r response) bool { return string(r.raw) == "name,state\r\n4711,available\r\n" }},
		{says: "4.12 columns that no row fills in are missing", ask: list + "?fields=tags,devices,name&uuid={bare-uuid}", header: "Accept: text/csv; version=1.0", holds: func(r response) bool { return strings.HasPrefix(string(r.raw), "name\r\n") }},
		{says: "4.12 format=csv", ask: list + "?format=csv&fields=name&name=4711", header: "Accept: */*; version=1.0", holds: text("name\r\n4711")},

		{says: "4.2 tickets have pages of 100 too", ask: "GET /api/support_tickets/?page_size=100", holds: func(r response) bool { return len(r.rows()) > 20 }},
	})
}

// TestSection5 is the part of the matrix that TestMatrix does not have: what
// no scope opens answers 403, and nothing else answers 200.
func TestSection5(t *testing.T) {
	t.Parallel()
	const denied = "403 non_field_errors permission_denied"
	var facts []fact
	for _, name := range closedCollections {
		for _, method := range []string{get, post} {
			facts = append(facts,
				fact{says: "5 " + method + " " + name, ask: method + " /api/" + name + "/", want: denied},
				fact{says: "5 nobody's " + method + " " + name, as: nobody, ask: method + " /api/" + name + "/", want: "401 non_field_errors not_authenticated"})
		}
	}
	for _, path := range closedPaths {
		path = strings.ReplaceAll(path, "{uuid}", "{none}")
		facts = append(facts, fact{says: "5 " + path, ask: "GET /api/" + path, want: denied})
	}
	facts = append(facts,
		fact{says: "5 a client application is nobody's user", ask: "GET /api/me/", want: "404 non_field_errors not_found"},
		fact{says: "5 the preference is no resource", ask: "GET {org}preference/", want: denied},
		fact{says: "5 an anonymous preference", as: nobody, ask: "GET {org}preference/", want: "404 non_field_errors not_found"},
		fact{says: "5 anonymous writing", as: nobody, ask: "POST /api/bicycles/", body: "{}", want: "401 non_field_errors not_authenticated"},
		fact{says: "5 tickets have no actions", ask: "POST {ticket}actions/", body: "{}", want: "404 HTML"},
		fact{says: "5 zones want their scope", ask: "GET /api/zones/", want: denied},
		fact{says: "5 zones want a token", as: nobody, ask: "GET /api/zones/", want: "401 non_field_errors not_authenticated"},
		fact{says: "5 the schema is not served", as: nobody, ask: "GET /swagger.json", want: "404"},
	)
	check(t, newNoa(t, Options{}), facts)
}
