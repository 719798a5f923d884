package views

import (
	"strings"
	"testing"
	"time"

	"noadesk/internal/noa"
)

var allScopes = []string{"bicycle:read", "bicycle:write", "trip:read", "organization:read", "support_ticket:read", "support_ticket:write"}

// keyIn is a key in a state, proved unless it cannot be.
func keyIn(state string) Key {
	k := Key{
		Fingerprint: strings.Repeat("0fe67b771b4ebca8", 4), Client: "noadesk-berlin", Curve: "P-384", Algorithm: "ES384", State: state, Origin: "imported",
		PublicPEM: "-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE\n-----END PUBLIC KEY-----\n", Created: noon.Add(-40 * 24 * time.Hour),
	}
	if state != "unproved" {
		k.LastUsed, k.ProvedAt, k.ProvedScopes, k.ProvedSkew = noon.Add(-time.Minute), noon.Add(-20*24*time.Hour), allScopes, 94*time.Second
	}
	return k
}

func keySamples(*testing.T) []sample {
	states := []string{"active", "ready", "unproved", "retiring", "retired", "damaged", "molten"}
	var list []Key
	var pages []sample
	for _, s := range states {
		list = append(list, keyIn(s))
		pages = append(pages, sample{"key-" + s, KeyPage{Org: ours, Key: keyIn(s), CanSwitch: s == "ready" || s == "retiring"}})
	}
	narrow, refused := keyIn("active"), keyIn("unproved")
	narrow.ProvedScopes, narrow.PublicPEM = nil, ""
	return append(
		pages,
		sample{"keys", Keys{Org: ours, List: list}},
		sample{"keys-scopes", Keys{Org: ours, List: list[:1], Days: 365, Hours: 24, Due: []string{list[0].Fingerprint}, Matrix: scopesOfAllKinds()}},
		sample{"keys-empty", Keys{Org: ours}},
		sample{"key-without-scopes", KeyPage{Org: ours, Key: narrow}},
		sample{"key-refused", KeyPage{Org: ours, Key: refused, First: true, Refused: "Noa refused the key.", Advice: "Register its public half at Noa under the name noadesk-berlin."}},
		sample{"key-with-uses", KeyPage{Org: ours, Key: keyIn("active"), Uses: usesOf(0, 3, 0, 12)}},
		sample{"new-key-to-rotate", NewKey{Org: ours, Rotation: true, Curve: "P-384"}},
		sample{"new-key", NewKey{Org: ours, Curve: "P-384"}},
		sample{"new-key-first-refused", NewKey{Org: ours, First: true, Client: "noadesk", Problems: Problems{"": "Nothing was stored.", "client": "Give its name.", "key": "This is an RSA key; Noa takes keys on P-256, P-384 and P-521.", "passphrase": "It does not open the key."}}},
		sample{"new-key-not-made", NewKey{Org: ours, Making: true, Curve: "P-521", Problems: Problems{"new-client": "Give its name.", "curve": "Choose one of the three."}}},
	)
}

// scopesOfAllKinds is a matrix in which every word stands at least once, and a scope that the desk does not know.
func scopesOfAllKinds() Matrix {
	old := keyIn("active")
	old.ProvedScopes = []string{"bicycle:read", "trip:read", "moon:read"}
	young := Key{
		Fingerprint: strings.Repeat("ab12", 16), Client: "workshop", State: "ready", Created: noon, ProvedAt: noon,
		ProvedScopes: []string{"bicycle:read"}, AskedAt: noon, AskedScopes: []string{"bicycle:read", "bicycle:write", "zone:write"},
	}
	asking := Key{Fingerprint: strings.Repeat("cd34", 16), Client: "reports", State: "unproved", Created: noon, AskedAt: noon, AskedScopes: []string{"trip:read"}}
	m := ScopeMatrix([]Key{old, young, asking}, map[string]map[string]time.Time{old.Fingerprint: {"bicycle:read": noon, "trip:read": noon.Add(-31 * 24 * time.Hour)}})
	m.Org = ours
	return m
}

// usesOf are the uses of hours that end with the one of noon.
func usesOf(counts ...int) (u Uses) {
	for i, n := range counts {
		u = append(u, Hour{noon.Truncate(time.Hour).Add(time.Duration(i+1-len(counts)) * time.Hour), n})
	}
	return u
}

// rotationSamples are the four steps, and what can go wrong in them.
func rotationSamples(*testing.T) []sample {
	old, fallback := RotatingKey{keyIn("active"), usesOf(2, 0, 1)}, RotatingKey{keyIn("retiring"), usesOf(2, 1, 0)}
	successor := func(state string, scopes ...string) RotatingKey {
		k := keyIn(state)
		k.Fingerprint, k.Client, k.ProvedScopes = strings.Repeat("ab12", 16), "noadesk-berlin-2", scopes
		return RotatingKey{k, usesOf(0, 0, 4)}
	}
	unknown := old
	unknown.ProvedAt, unknown.ProvedScopes = time.Time{}, nil
	other := keyIn("ready")
	other.Client, other.Purpose = "workshop", "Repairs"
	return []sample{
		{"rotation-nothing-yet", Rotation{Org: ours}},
		{"rotation-add", Rotation{Org: ours, Old: old, Due: true, Others: []Key{other}}},
		{"rotation-add-as-operator", Rotation{Org: ours, Old: old, Operator: true}},
		{"rotation-prove", Rotation{Org: ours, Step: ProveStep, Old: old, New: successor("unproved"), Others: []Key{other}, Refused: "Noa refused the key.", Advice: "Register it."}},
		{"rotation-switch", Rotation{Org: ours, Step: SwitchStep, Old: old, New: successor("ready", allScopes...)}},
		{"rotation-switch-loses-scopes", Rotation{Org: ours, Step: SwitchStep, Old: old, New: successor("ready", "bicycle:read", "moon:read")}},
		{"rotation-switch-not-compared", Rotation{Org: ours, Step: SwitchStep, Old: unknown, New: successor("ready", allScopes...)}},
		{"rotation-taken-back", Rotation{Org: ours, Step: SwitchStep, TakenBack: true, Old: old, New: successor("retiring", allScopes...)}},
		{"rotation-retire-rests", Rotation{Org: ours, Step: RetireStep, Old: fallback, New: successor("active", allScopes...), Drained: noon.Add(3*time.Hour + time.Minute), Rest: 24 * time.Hour}},
		{"rotation-retire", Rotation{Org: ours, Step: RetireStep, Old: fallback, New: successor("active", allScopes...), Drained: noon, Rest: 24 * time.Hour}},
	}
}

func organisationSamples(t *testing.T) []sample {
	own := example[noa.Organization](t, "organization-detail")
	own.Fetched = noon
	list := examples[noa.Organization](t, "organization-list")
	bare := noa.Organization{UUID: own.UUID, Name: "Spatzrad"}
	return []sample{
		{"organisation", Organisation{Org: ours, Own: own, List: answered(list)}},
		{"organisation-alone", Organisation{Org: ours, Own: bare, List: answered(list[:1])}},
		{"organisation-list-failed", Organisation{Org: ours, Own: own, List: failed[[]noa.Organization]()}},
		{"organisation-list-late", Organisation{Org: ours, Own: own, List: late[[]noa.Organization]()}},
	}
}

var roles = []Choice{{"viewer", "Sees the fleet."}, {"agent", "Files tickets too."}, {"admin", "Does everything."}}

func manageSamples(*testing.T) []sample {
	staff := []StaffRow{
		{Name: "Mara Özdemir", Email: "mara@spatzrad.example", Role: "admin", Everywhere: true, LastSeen: noon},
		{Name: "Ilja Weiß", Email: "ilja@spatzrad.example", Role: "agent", CanEnd: true, LastSeen: noon.Add(-50 * time.Hour)},
		{Name: "Old Hand", Email: "old@spatzrad.example", Role: "viewer", Disabled: true, CanEnd: true},
	}
	records := []AuditRow{
		{Seq: 1042, At: noon, Actor: "mara@spatzrad.example", Action: "key.import", Object: strings.Repeat("ab12", 16), Detail: []Choice{{"client", "noadesk-berlin"}, {"curve", "P-384"}}},
		{Seq: 1, At: noon.Add(-400 * 24 * time.Hour), Actor: "command line", Action: "organisation.add", Object: "Spatzrad Berlin"},
	}
	wrongPerson := Problems{"name": "Give a name.", "email": "This is no e-mail address.", "password": "At least 15 characters.", "role": "Choose one."}
	return []sample{
		{"people", People{Org: ours, List: staff, Roles: roles, CanAll: true}},
		{"people-refused", People{Org: ours, List: staff, Roles: roles, Name: "Ana", Email: "ana", Role: "agent", Problems: wrongPerson}},
		{"audit", Audit{Org: ours, List: records, Older: ours.Audit() + "?before=1"}},
		{"audit-empty", Audit{Org: ours}},
		{"settings", Settings{Org: ours, Name: "Spatzrad Berlin", Zone: "Europe/Berlin"}},
		{"settings-refused", Settings{Org: ours, Zone: "Mars/Olympus", Problems: Problems{"name": "Give a name.", "zone": "There is no such time zone."}}},
		{"organisations", Organisations{List: []OrgRow{{ours, noon, "noadesk-berlin"}, {Org{Slug: "kreuzberg", Name: "Kreuzberg"}, noon.Add(-time.Hour), ""}}}},
		{"organisations-empty", Organisations{}},
		{"new-organisation", NewOrganisation{}},
		{"new-organisation-first-refused", NewOrganisation{First: true, UUID: "12", Name: "Ü", Slug: "Ü", Problems: Problems{"uuid": "This is no uuid.", "name": "Too short.", "slug": "Only small letters."}}},
		{"system", System{Version: "1.0.0", Started: noon.Add(-26 * time.Hour), Database: "/data/noadesk.db", API: "https://api.lock8.me/api/", STS: "https://sts.lock8.me/jwt", Facts: []Choice{{"Memory", "31 MB"}}}},
		{"no-organisation", NoOrganisation{}},
		{"client-apps-sign-in", ClientApps{Org: ours}},
		{"client-apps-sign-in-refused", ClientApps{Org: ours, Email: "mila@spatzrad.example", Problems: Problems{"": "Nothing was done.", "password": "Noa does not know this."}}},
		{"client-apps", ClientApps{Org: ours, SignedIn: true, List: clientApps(), Unread: 1, New: NewClientApp{Name: "workshop", Label: "Workshop", Scopes: []string{"bicycle:read", "moon:read"}}, Problems: Problems{"name": "This name is taken."}}},
		{"client-apps-none", ClientApps{Org: ours, SignedIn: true}},
	}
}

func clientApps() []ClientApp {
	app := func(name, label string, scopes ...noa.Scope) noa.ClientApp {
		return noa.ClientApp{UUID: "60e4b2c9-d13f-4875-a5b6-82f70c9de143", Name: name, Label: label, Scopes: scopes}
	}
	return []ClientApp{
		{app("noadesk-berlin", "The desk", noa.BicycleRead, "zone:read"), []Key{{Fingerprint: strings.Repeat("ab12", 16), Client: "noadesk-berlin", State: "active"}}},
		{app("reports", ""), nil},
	}
}

func problemSamples(*testing.T) []sample {
	return []sample{
		{"problem-not-found", Problem{Status: 404, Headline: "There is no such page", Advice: "Look at the address.", Org: ours, RequestID: "7F3K2M"}},
		{"problem-noa-unreachable", Problem{Status: 502, Headline: "Noa cannot be reached", Advice: "Try again in a moment.", Org: ours, Again: ours.Bicycles() + "?q=4711&page=2", RequestID: "7F3K2M"}},
		{"problem-outside", Problem{Status: 403, Headline: "Your role does not allow this", Advice: "An administrator can change it.", RequestID: "7F3K2M"}},
	}
}

// plainSamples are the pages for whoever is not signed in.
func plainSamples(*testing.T) []sample {
	return []sample{
		{"login", Login{Next: ours.Desk()}},
		{"login-refused", Login{Email: "mara@spatzrad.example", Wrong: "E-mail or password is wrong."}},
		{"login-fresh", Login{Fresh: true}},
		{"login-ended", Login{Ended: "You were signed out after 30 minutes without a page."}},
		{"setup", Setup{Token: "s3tup"}},
		{"setup-refused", Setup{Token: "s3tup", Name: "Mara", Email: "mara", Problems: Problems{"": "Nothing was stored.", "name": "Give a name.", "email": "This is no e-mail address.", "password": "At least 15 characters."}}},
	}
}
