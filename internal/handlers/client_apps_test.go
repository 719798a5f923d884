package handlers

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"noadesk/internal/keystore"
	"noadesk/internal/staff"
)

// operator signs the sandbox's fleet operator in at Noa.
func (h *house) operator(b *browser) *answer {
	h.t.Helper()
	email, password := h.noa.sandbox.Operator()
	return b.post(h.path("keys/noa/enter"), url.Values{"email": {email}, "password": {password}}).to(http.StatusSeeOther, h.path("keys/noa"))
}

func TestClientApplicationIsRegisteredInOneStep(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	b.get(h.path("keys/noa")).framed().is(http.StatusOK, "Sign in at Noa")
	h.operator(b)
	b.get(h.path("keys/noa")).framed().is(http.StatusOK, "Register one", "noadesk-practice", "noadesk-nothing", "no key here")
	a := b.post(h.path("keys/noa"), url.Values{"name": {"workshop"}, "label": {"The workshop’s"}, "scopes": {"bicycle:read", "trip:read"}})
	page := b.follow(a).framed().is(http.StatusOK, "Noa has registered workshop", "Ready", "P-384", "imported")
	if strings.Contains(page.body, "PRIVATE KEY") {
		t.Error("the page shows a private key")
	}
	at := a.Header.Get("Location")
	b.follow(b.post(at+"/prove", nil)).framed().is(http.StatusOK, "Proved: Noa gave a token", "bicycle:read", "trip:read")
	b.get(h.path("audit")).is(http.StatusOK, "client-app.register", "key.import", "workshop")
	b.get(h.path("keys/noa")).framed().is(http.StatusOK, "The workshop’s", "Ready")
}

func TestRegisteredKeyIsNowhereInTheClear(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	email, secret := h.noa.sandbox.Operator()
	h.operator(b)
	b.post(h.path("keys/noa"), url.Values{"name": {"hidden"}, "scopes": {"bicycle:read"}}).is(http.StatusSeeOther)
	for _, suffix := range []string{"", "-wal"} {
		file, err := os.ReadFile(h.db.Path() + suffix)
		if err != nil {
			t.Fatal(err)
		}
		for _, marker := range []string{"PRIVATE KEY", secret, email} {
			if strings.Contains(string(file), marker) {
				t.Errorf("noadesk.db%s holds %q", suffix, marker[:5])
			}
		}
	}
	for _, marker := range []string{"PRIVATE KEY", secret} {
		if strings.Contains(h.log.String(), marker) {
			t.Error("the log holds a secret")
		}
	}
}

func TestSignInAtNoaThatFailsIsExplained(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	email, _ := h.noa.sandbox.Operator()
	for i := range 6 {
		form := url.Values{"email": {email}, "password": {"wrong " + strings.Repeat("x", i)}}
		a := b.post(h.path("keys/noa/enter"), form).framed().is(http.StatusUnprocessableEntity, "Noa does not know this e-mail with this password")
		if a.value("email") != email || a.value("password") != "" || strings.Contains(a.body, "wrong x") {
			t.Errorf("the form comes back with %q, %q", a.value("email"), a.value("password"))
		}
	}
	b.post(h.path("keys/noa/enter"), url.Values{"email": {email}, "password": {"any"}}).framed().is(http.StatusUnprocessableEntity, "locked this account")
	h.noa.fails("/api/jwt/", badGateway)
	b.post(h.path("keys/noa/enter"), url.Values{"email": {email}, "password": {"any"}}).framed().is(http.StatusBadGateway)
}

func TestNameThatNoaDoesNotTakeKeepsTheForm(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	h.operator(b)
	for name, c := range map[string]struct {
		form url.Values
		says string
	}{
		"taken":         {url.Values{"name": {"noadesk-practice"}, "label": {"L"}, "scopes": {"bicycle:read"}}, "has this name already"},
		"missing":       {url.Values{"name": {""}, "label": {"L"}}, "Noa does not take this"},
		"unknown scope": {url.Values{"name": {"odd"}, "label": {"L"}, "scopes": {"moon:read"}}, "Noa does not take this (invalid_choice)."},
	} {
		a := b.post(h.path("keys/noa"), c.form).framed().is(http.StatusUnprocessableEntity, c.says)
		if a.value("name") != c.form.Get("name") {
			t.Errorf("%s: the name comes back as %q", name, a.value("name"))
		}
	}
	if keys, err := h.keys.List(t.Context(), h.org.UUID); err != nil || len(keys) != 1 {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

func TestChangedScopesCountAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	b.get(h.path("trips")).is(http.StatusOK)
	h.operator(b)
	id := appOf(b.get(h.path("keys/noa")), "noadesk-practice")
	form := url.Values{"uuid": {id}, "label": {"Less"}, "scopes": {"bicycle:read", "organization:read"}}
	b.follow(b.post(h.path("keys/noa/change"), form)).framed().is(http.StatusOK, "noadesk-practice is changed at Noa.", "Less")
	b.get(h.path("trips")).framed().is(http.StatusForbidden, "trip:read")
	b.get(h.path("bicycles")).is(http.StatusOK)
}

// appOf is the uuid of a client application on the page that lists them.
func appOf(a *answer, name string) string {
	return a.doc.Find("input[name=name][value='"+name+"']").First().Parent().Find("input[name=uuid]").AttrOr("value", "")
}

func TestClientApplicationIsDeletedWhenItsNameIsTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	h.operator(b)
	id := appOf(b.get(h.path("keys/noa")), "noadesk-nothing")
	form := url.Values{"uuid": {id}, "name": {"noadesk-nothing"}, "typed": {"noadesk"}}
	b.post(h.path("keys/noa/delete"), form).framed().is(http.StatusUnprocessableEntity, "Nothing was deleted.", "noadesk-nothing")
	form.Set("typed", "noadesk-nothing")
	b.follow(b.post(h.path("keys/noa/delete"), form)).framed().is(http.StatusOK, "noadesk-nothing is deleted at Noa.")
	b.post(h.path("keys/noa/delete"), form).framed().is(http.StatusNotFound)
	b.post(h.path("keys/noa"), url.Values{"name": {"noadesk-nothing"}}).framed().is(http.StatusUnprocessableEntity, "a name that was deleted before")
}

func TestErrandAtNoaEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	b.post(h.path("keys/noa"), url.Values{"name": {"x"}}).framed().is(http.StatusUnprocessableEntity, "The sign-in at Noa is over.")
	h.operator(b)
	other := h.as(staff.Admin)
	other.get(h.path("keys/noa")).framed().is(http.StatusOK, "Password at Noa")
	b.follow(b.post(h.path("keys/noa/leave"), nil)).framed().is(http.StatusOK, "Signed out at Noa.", "Password at Noa")
	h.operator(b)
	b.post("/logout", nil)
	if len(h.operators.signed) != 0 {
		t.Error("an operator outlives the session")
	}
}

func TestKeyThatCannotBeStoredLeavesNoClientApplication(t *testing.T) {
	t.Parallel()
	for name, member := range map[string]string{
		"no key at all": `"label": ""`,
		"not a key":     `"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"`,
	} {
		h := newHouse(t)
		b := h.as(staff.Security)
		h.operator(b)
		h.noa.fails("/api/client_apps/", answers(http.StatusCreated, "application/json",
			`{"uuid": "60e4b2c9-d13f-4875-a5b6-82f70c9de143", "name": "odd", `+member+`}`))
		b.post(h.path("keys/noa"), url.Values{"name": {"odd"}})
		if keys, err := h.keys.List(t.Context(), h.org.UUID); err != nil || len(keys) != 1 || keys[0].State != keystore.Active {
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		}
		if deleted := of(h.noa.asked(), http.MethodDelete, "/api/client_apps/60e4b2c9-d13f-4875-a5b6-82f70c9de143/"); deleted != 1 {
			t.Errorf("%s: %d deleted", name, deleted)
		}
	}
}
