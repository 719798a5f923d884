package sandbox

import (
	"strings"
	"testing"
)

func TestSections2And3(t *testing.T) {
	t.Parallel()
	const denied, login, failed = "403 non_field_errors permission_denied", "401 non_field_errors not_authenticated", "401 non_field_errors authentication_failed"
	const bicycles, trips, unacceptable = "GET /api/bicycles/", "GET /api/trips/", "406 non_field_errors not_acceptable"
	check(t, newNoa(t, Options{}), []fact{
		{says: "1.1 the slash is required", ask: "GET /api/bicycles?state=lost", want: "301 HTML", holds: headerIs("Location", "/api/bicycles/?state=lost")},
		{says: "1.1 an unknown path is HTML", ask: "GET /api/bikes/", want: "404 HTML"},
		{says: "1.1 a malformed uuid is JSON", ask: "GET /api/bicycles/4711/", want: "404 non_field_errors not_found"},
		{says: "1.1 the suffix .json works", ask: "GET /api/bicycles.json"},
		{says: "1.1 the suffix needs a version still", ask: "GET /api/bicycles.json", header: "Accept: application/json", want: unacceptable},
		{says: "1.1 format=json works", ask: "GET /api/bicycles/?format=json"},
		{says: "1.1 format=json needs a version still", ask: "GET /api/bicycles/?format=json", header: "Accept:", want: unacceptable},
		{says: "1.1 format=json has no page for browsers", ask: "GET /api/bicycles/?format=json", header: "Accept: text/html", want: unacceptable},
		{says: "1.1 another format is not found", ask: "GET /api/bicycles/?format=xml", want: "404 non_field_errors not_found"},
		{says: "1.1 the root is open to everyone", as: nobody, ask: "GET /api/", holds: text("api/bicycles/")},
		{says: "1.1 the root refuses a bad token", ask: "GET /api/", header: "Authorization: JWT x", want: failed},
		{says: "1.1 the root wants a version", ask: "GET /api/", header: "Accept: */*", want: unacceptable},
		{says: "1.1 the root needs no scope", as: "noadesk-nothing", ask: "GET /api/"},

		{says: "2 a space before the version", ask: bicycles, header: "Accept: application/json; version=1.0"},
		{says: "2 no space before the version", ask: bicycles, header: "Accept: application/json;version=1.0"},
		{says: "2 quotes round the version", ask: bicycles, header: `Accept: application/json; version="1.0"`},
		{says: "2 any type with a version", ask: bicycles, header: "Accept: */*; version=1.0"},
		{says: "2 no Accept", ask: bicycles, header: "Accept:", want: unacceptable},
		{says: "2 any type without a version", ask: bicycles, header: "Accept: */*", want: unacceptable},
		{says: "2 JSON without a version", ask: bicycles, header: "Accept: application/json", want: unacceptable},
		{says: "2 the most specific entry wins", ask: bicycles, header: "Accept: application/json, */*; version=1.0", want: unacceptable},
		{says: "2 version 2.0", ask: bicycles, header: "Accept: application/json; version=2.0", want: unacceptable},
		{says: "2 version 1", ask: bicycles, header: "Accept: application/json; version=1", want: unacceptable},
		{says: "2 an empty version", ask: bicycles, header: "Accept: application/json; version=", want: unacceptable},
		{says: "2 XML", ask: bicycles, header: "Accept: application/xml; version=1.0", want: unacceptable},
		{says: "2 a browser gets a page", ask: bicycles, header: "Accept: text/html,*/*;q=0.8", want: "200 HTML"},
		{says: "2 CSV of bicycles", ask: bicycles, header: "Accept: text/csv; version=1.0", holds: headerIs("Content-Type", "text/csv; charset=utf-8")},
		{says: "2 CSV without a version", ask: bicycles, header: "Accept: text/csv", want: unacceptable},
		{says: "2 CSV of trips does not exist", ask: trips, header: "Accept: text/csv; version=1.0", want: unacceptable},
		{says: "2 the version comes before the token", ask: trips, header: "Accept: */*", as: nobody, want: unacceptable},
		{says: "2 the login wants a version too", as: nobody, ask: "POST /api/jwt/login/", header: "Accept: */*", want: unacceptable},
		{says: "2 a form is a body too", ask: "POST /api/support_tickets/", header: "Content-Type: application/x-www-form-urlencoded", body: "organization={org}", want: "201"},
		{says: "2 plain text is not", ask: "POST /api/support_tickets/", header: "Content-Type: text/plain", body: "{}", want: "415 non_field_errors unsupported_media_type"},
		{says: "2 a body without a type is not", ask: "POST /api/support_tickets/", header: "Content-Type:", body: "{}", want: "415 non_field_errors unsupported_media_type"},

		{says: "3.2 a login gives token, user and refresh token", as: nobody, ask: "POST /api/jwt/login/", body: `{"email":"{email}","password":"{password}"}`, holds: text(`"refresh_token"`)},
		{says: "3.2 a wrong password", as: nobody, ask: "POST /api/jwt/login/", body: `{"email":"{email}","password":"x"}`, want: "400 non_field_errors invalid_credentials"},
		{says: "3.2 a wrong e-mail is not told apart", as: nobody, ask: "POST /api/jwt/login/", body: `{"email":"x@y.z","password":"x"}`, want: "400 non_field_errors invalid_credentials"},
		{says: "3.2 members missing", as: nobody, ask: "POST /api/jwt/login/", body: `{}`, want: "400 email required, password required"},
		{says: "3.2 an unknown organization", as: nobody, ask: "POST /api/jwt/login/", body: `{"email":"{email}","password":"{password}","organization_uuid":"{none}"}`, want: "400 organization_uuid organization_not_found"},
		{says: "3.2 a refresh", as: nobody, ask: "POST /api/jwt/refresh_token/", body: `{"client_id":"local","refresh_token":"{refresh}"}`, holds: text(`"token"`)},
		{says: "3.2 a bad refresh token", as: nobody, ask: "POST /api/jwt/refresh_token/", body: `{"client_id":"local","refresh_token":"x"}`, want: failed},

		{says: "3.3 a client application is made", as: operator, ask: "POST /api/client_apps/", body: `{"name":"a","organization":"{org}","scopes":["trip:read"]}`, want: "201", holds: text("BEGIN PRIVATE KEY")},
		{says: "3.3 its name is taken", as: operator, ask: "POST /api/client_apps/", body: `{"name":"a","organization":"{org}"}`, want: "400 non_field_errors unique"},
		{says: "3.3 but not in another organization", as: operator, ask: "POST /api/client_apps/", body: `{"name":"a","organization":"{part}"}`, want: "201"},
		{says: "3.3 members missing", as: operator, ask: "POST /api/client_apps/", body: `{}`, want: "400 name required, organization required"},
		{says: "3.3 another's organization", as: operator, ask: "POST /api/client_apps/", body: `{"name":"b","organization":"{foreign}"}`, want: denied},
		{says: "3.3 an unknown scope, by its place", as: operator, ask: "POST /api/client_apps/", body: `{"name":"b","organization":"{org}","scopes":["trip:read","x"]}`, want: "400", holds: text(`{"scopes":{"1":[{`)},
		{says: "3.3 a client application may not", ask: "POST /api/client_apps/", body: `{}`, want: denied},
		{says: "3.3 a mechanic may not", as: mechanic, ask: "GET /api/client_apps/", want: denied},
		{says: "3.3 the list has no keys", as: operator, ask: "GET /api/client_apps/", holds: func(r response) bool { return !strings.Contains(string(r.raw), "private_key") }},

		{says: "3.4 and C13 eight scopes can be had", as: operator, ask: "POST /api/client_apps/", body: `{"name":"all","organization":"{org}","scopes":["bicycle:read","bicycle:write","trip:read","organization:read","support-ticket:read","support-ticket:write","zone:read","zone:write"]}`, want: "201"},
		{says: "3.4 and the ninth cannot", as: operator, ask: "POST /api/client_apps/", body: `{"name":"locks","organization":"{org}","scopes":["lock:write"]}`, want: "400", holds: text("invalid_choice")},
		{says: "3.4 write without read does not read", as: writer, ask: bicycles, want: denied},
		{says: "3.4 write without read writes", as: writer, ask: "PATCH {bike}", body: `{"note":"x"}`, holds: member("note", "x")},
		{says: "3.4 no scope at all", ask: trips, header: "Authorization: JWT {no-scope}", want: denied},
		{says: "3.4 an unknown scope hides those behind it", ask: trips, header: "Authorization: JWT {odd-scope}", want: denied},

		{says: "3.6 an assertion becomes a token", as: nobody, ask: "POST /jwt", body: `{"assertion":"{assertion}"}`, holds: text(`"jwt"`)},
		{says: "3.6 whatever the type of the body", as: nobody, ask: "POST /jwt", header: "Content-Type:", body: `{"assertion":"{assertion}"}`, holds: text(`"jwt"`)},
		{says: "3.6 no assertion", as: nobody, ask: "POST /jwt", body: `{}`, want: "400", holds: member("error", "invalid_request")},
		{says: "3.6 no JSON", as: nobody, ask: "POST /jwt", body: `x`, want: "400", holds: member("error", "invalid_request")},
		{says: "3.6 a wrong signature", as: nobody, ask: "POST /jwt", body: `{"assertion":"{assertion}x"}`, want: "401", holds: member("error", "unauthorized")},

		{says: "3.8 the scheme in any case", ask: trips, header: "Authorization: jWt {token}"},
		{says: "3.8 Bearer is anonymous", ask: bicycles, header: "Authorization: Bearer {token}", holds: counts("0")},
		{says: "3.9 no token", as: nobody, ask: trips, want: login, holds: headerIs("WWW-Authenticate", `JWT realm="api"`)},
		{says: "3.9 Bearer where a login is needed", ask: trips, header: "Authorization: Bearer {token}", want: login},
		{says: "3.9 expired", ask: trips, header: "Authorization: JWT {expired}", want: failed, holds: text("Signature has expired.")},
		{says: "3.7 ten seconds of leeway", ask: trips, header: "Authorization: JWT {leeway}"},
		{says: "3.9 garbage", ask: trips, header: "Authorization: JWT x", want: failed, holds: text("Error decoding signature.")},
		{says: "3.9 another's signature", ask: trips, header: "Authorization: JWT {other-secret}", want: failed, holds: text("Error decoding signature.")},
		{says: "3.9 an assertion as token", ask: trips, header: "Authorization: JWT {assertion}", want: failed, holds: text("Incorrect authentication credentials.")},
		{says: "3.9 not yet valid", ask: trips, header: "Authorization: JWT {early}", want: failed, holds: text("Incorrect authentication credentials.")},
		{says: "3.9 an unknown client application", ask: trips, header: "Authorization: JWT {unknown-app}", want: failed, holds: text("Invalid client application account.")},
		{says: "3.9 another environment", ask: trips, header: "Authorization: JWT {staging}", want: failed, holds: text("Unexpected JWT iss for STS (expected sts)")},
		{says: "3.9 an unknown person", ask: trips, header: "Authorization: JWT {person-gone}", want: failed, holds: text("Invalid user account.")},
		{says: "3.9 no value", ask: trips, header: "Authorization: JWT", want: failed, holds: text("No credentials provided.")},
		{says: "3.9 two values", ask: trips, header: "Authorization: JWT a b", want: failed, holds: text("should not contain spaces.")},
		{says: "3.9 a scope is missing", as: "noadesk-tickets-only", ask: trips, want: denied},
		{says: "3.9 a link to another's organization", ask: "POST /api/support_tickets/", body: `{"organization":"{foreign}"}`, want: denied, holds: text("You are not allowed to link to this organization.")},
		{says: "3.9 nobody sees an empty fleet", as: nobody, ask: bicycles, holds: counts("0")},
		{says: "3.9 nobody sees no bicycle", as: nobody, ask: "GET {bike}", want: "404 non_field_errors not_found"},
		{says: "3.9 nobody sees no organizations", as: nobody, ask: "GET /api/organizations/", holds: counts("0")},
		{says: "3.9 nobody may ask for clusters", as: nobody, ask: "GET /api/clusters/?bbox=71,51,72,52", holds: member("density_total", 0)},
	})
}
