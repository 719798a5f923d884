package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"noadesk/internal/views"
)

func (h *house) setupLink() string {
	h.t.Helper()
	token, _, err := h.people.NewSetup(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return views.SetupPath(token)
}

func firstAdmin(name, email, secret string) url.Values {
	return url.Values{"name": {name}, "email": {email}, "password": {secret}}
}

func TestDeskIsSetUpInFourSteps(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	b := h.browser()
	b.get("/login").framed().is(http.StatusOK, "Nobody is on the staff yet.")
	link := h.setupLink()
	b.get(link).framed().is(http.StatusOK, "Welcome. Who looks after this desk?").step("Administrator")
	a := b.post(link, firstAdmin("Adil", "adil@example.org", password)).to(http.StatusSeeOther, "/admin/organisations/new")
	b.follow(a).framed().step("Organisation")
	theirs := h.noa.sandbox.Organization()
	a = b.post("/admin/organisations", url.Values{"uuid": {theirs.UUID}, "name": {"Kulan Velo"}}).to(http.StatusSeeOther, "/o/kulan-velo/keys/new")
	b.follow(a).framed().step("Key")
	a = b.upload("/o/kulan-velo/keys", map[string]string{"client": "noadesk-practice"}, string(h.noa.pem("noadesk-practice")))
	b.follow(a).framed().step("Proof")
	a = b.post(a.Header.Get("Location")+"/prove", nil)
	page := b.follow(a).framed().is(http.StatusOK, "Proved")
	if page.doc.Find("ol.steps").Length() != 0 {
		t.Error("the set-up does not end")
	}
	b.get(page.hrefs("main a.button.main")[0]).framed().is(http.StatusOK, "Bicycles")
	b.get(link).framed().is(http.StatusNotFound, "This set-up link is not valid")
	h.browser().get("/login").framed().is(http.StatusOK, "Sign in")
}

// step checks which step of the set-up a page is.
func (a *answer) step(name string) {
	a.t.Helper()
	if got := a.text("ol.steps [aria-current=step]"); got != name {
		a.t.Errorf("step %q, want %q", got, name)
	}
}

func TestSetupLinkWorksOnce(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	link := h.setupLink()
	b := h.browser()
	for name, c := range map[string]struct {
		form  url.Values
		field string
	}{
		"no name":         {firstAdmin("", "adil@example.org", password), "name"},
		"no e-mail":       {firstAdmin("Adil", "adil", password), "email"},
		"short password":  {firstAdmin("Adil", "adil@example.org", "short"), "password"},
		"password is it":  {firstAdmin("Adil", "adil@example.org", "adil adil adil adil"), "password"},
		"nothing at all":  {nil, "email"},
		"role smuggled":   {url.Values{"role": {"viewer"}, "organisation": {"x"}, "name": {"A"}, "email": {"a"}, "password": {password}}, "email"},
		"markup in names": {firstAdmin("<script>\x00", "adil@example.org", password), "name"},
	} {
		a := b.post(link, c.form).framed().is(http.StatusUnprocessableEntity)
		if a.text("#"+c.field+"-error") == "" || a.value("password") != "" || a.value("email") != c.form.Get("email") {
			t.Errorf("%s: %q", name, a.text("main"))
		}
	}
	var all sync.WaitGroup
	won := make([]int, 5)
	for i := range won {
		twin := h.browser()
		all.Go(func() { won[i] = twin.post(link, firstAdmin("Adil", "adil@example.org", password)).StatusCode })
	}
	all.Wait()
	slices.Sort(won)
	if !slices.Equal(won, []int{http.StatusSeeOther, http.StatusNotFound, http.StatusNotFound, http.StatusNotFound, http.StatusNotFound}) || h.rowCounts()["people"] != 1 {
		t.Errorf("%d people, %v", h.rowCounts()["people"], won)
	}
	b.post(link, firstAdmin("Other", "other@example.org", password)).framed().is(http.StatusNotFound)
	b.get(views.SetupPath("guessed")).framed().is(http.StatusNotFound)
}
