package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"noadesk/internal/staff"
)

func newcomer(email string, more ...string) url.Values {
	form := url.Values{"name": {"Nadia New"}, "email": {email}, "password": {"quite a long first one"}, "role": {"agent"}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

func TestPeopleAreAddedAndDisabled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	b.get(h.path("people")).framed().is(http.StatusOK, "admin@example.org", "admin everywhere")
	page := b.follow(b.post(h.path("people"), newcomer("Nadia@example.org"))).framed().is(http.StatusOK, "Nadia New may sign in now.", "nadia@example.org")
	h.secrets(page, "quite a long first one")
	nadia := h.browser()
	nadia.post("/login", credentials("nadia@example.org", "quite a long first one")).to(http.StatusSeeOther, "/")
	nadia.get(h.path("tickets/new")).framed().is(http.StatusOK, "agent in Kulan Velo")
	b.follow(b.post(h.path("people/disable"), url.Values{"email": {"nadia@example.org"}})).framed().is(http.StatusOK, "Nadia New can no longer sign in.", "disabled")
	b.follow(b.post(h.path("people/enable"), url.Values{"email": {"nadia@example.org"}})).framed().is(http.StatusOK, "Nadia New may sign in again.")
	b.post(h.path("people/disable"), url.Values{"email": {"nadia@example.org"}})
	nadia.get(h.path("bicycles")).is(http.StatusSeeOther)
	nadia.post("/login", credentials("nadia@example.org", "quite a long first one")).is(http.StatusUnprocessableEntity)
	b.get(h.path("audit")).framed().is(http.StatusOK, "staff.add", "staff.disable", "nadia@example.org", "admin@example.org")
}

func TestRefusedPersonComesBackInTheForm(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	before := h.rowCounts()
	for name, c := range map[string]struct {
		form  url.Values
		field string
	}{
		"taken":          {newcomer("ADMIN@example.org"), "email"},
		"no e-mail":      {newcomer("nadia"), "email"},
		"no name":        {newcomer("n@example.org", "name", " "), "name"},
		"short password": {newcomer("n@example.org", "password", "short"), "password"},
		"no role":        {newcomer("n@example.org", "role", ""), "role"},
		"unknown role":   {newcomer("n@example.org", "role", "root"), "role"},
		"nothing":        {nil, "email"},
	} {
		a := b.post(h.path("people"), c.form).framed().is(http.StatusUnprocessableEntity)
		if a.text("#"+c.field+"-error") == "" || a.value("name") != c.form.Get("name") || a.value("email") != c.form.Get("email") || a.value("password") != "" {
			t.Errorf("%s: %q", name, a.text("#problems"))
		}
	}
	if after := h.rowCounts(); after["people"] != before["people"] || after["audit"] != before["audit"] {
		t.Errorf("rows before %v, after %v", before, after)
	}
}

func TestRolesAreGivenOnlyWhereOneMay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.takeIn("0f0f0f0f-0000-4000-8000-000000000001", "Other", "other")
	local := h.signedIn(h.hire("local@example.org", staff.Admin, h.org.UUID))
	if a := local.get(h.path("people")).framed().is(http.StatusOK); a.doc.Find("[name=everywhere]").Length() != 0 {
		t.Error("the door to roles everywhere is shown")
	}
	local.post(h.path("people"), newcomer("a@example.org", "everywhere", "yes")).framed().is(http.StatusForbidden, headRight)
	local.post("/o/other/people", newcomer("b@example.org")).framed().is(http.StatusNotFound)
	local.post(h.path("people"), newcomer("c@example.org", "organisation", other.UUID, "org", "other", "Organisation", "")).is(http.StatusSeeOther)
	h.as(staff.Admin).post(h.path("people"), newcomer("d@example.org", "everywhere", "yes")).is(http.StatusSeeOther)
	for email, org := range map[string]string{"c@example.org": h.org.UUID, "d@example.org": ""} {
		p, err := h.people.ByEmail(t.Context(), email)
		if err != nil || len(p.Roles) != 1 || p.Roles[org] != staff.Agent {
			t.Errorf("%s: roles %v, %v", email, p.Roles, err)
		}
	}
	for _, email := range []string{"a@example.org", "b@example.org"} {
		if _, err := h.people.ByEmail(t.Context(), email); err == nil {
			t.Errorf("%s was added", email)
		}
	}
}

func TestPeopleOfOthersAreSafe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.takeIn("0f0f0f0f-0000-4000-8000-000000000001", "Other", "other")
	local := h.signedIn(h.hire("local@example.org", staff.Admin, h.org.UUID))
	h.hire("both@example.org", staff.Viewer, h.org.UUID)
	h.exec(`INSERT INTO roles SELECT id, $1, 'agent' FROM people WHERE email = 'both@example.org'`, other.UUID)
	h.hire("foreign@example.org", staff.Viewer, other.UUID)
	h.hire("chief@example.org", staff.Admin, "")
	h.hire("mine@example.org", staff.Viewer, h.org.UUID)
	listed := local.get(h.path("people")).texts("tbody td:nth-child(2)")
	if slices.Sort(listed); !slices.Equal(listed, []string{"both@example.org", "chief@example.org", "local@example.org", "mine@example.org"}) {
		t.Errorf("listed %v", listed)
	}
	for email, want := range map[string]int{
		"both@example.org": http.StatusForbidden, "chief@example.org": http.StatusForbidden, "foreign@example.org": http.StatusNotFound,
		"nobody@example.org": http.StatusNotFound, "": http.StatusNotFound, "mine@example.org": http.StatusSeeOther,
	} {
		local.post(h.path("people/disable"), url.Values{"email": {email}}).is(want)
		p, err := h.people.ByEmail(t.Context(), email)
		if err == nil && p.Disabled != (want == http.StatusSeeOther) {
			t.Errorf("%s is disabled: %t", email, p.Disabled)
		}
	}
}

func TestLastAdministratorStays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	b.post(h.path("people/disable"), url.Values{"email": {"admin@example.org"}}).framed().is(http.StatusConflict, "The last administrator stays")
	b.get(h.path("people")).is(http.StatusOK)
	h.hire("second@example.org", staff.Admin, "")
	b.post(h.path("people/disable"), url.Values{"email": {"admin@example.org"}}).is(http.StatusSeeOther)
	b.get(h.path("people")).is(http.StatusSeeOther)
}
