package handlers

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"noadesk/internal/staff"
	"noadesk/internal/views"
)

func TestEveryRouteHasARule(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	list := h.addresses()
	for _, a := range list {
		if _, ok := rules[a]; !ok && !slices.Contains(open, a) {
			t.Errorf("%s has no rule in this test", a)
		}
	}
	if len(list) != len(rules)+len(open) {
		t.Errorf("%d routes, %d rules and %d open addresses", len(list), len(rules), len(open))
	}
}

func TestNobodyIsLetIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	nobody := h.browser()
	for address := range rules {
		method, pattern, _ := strings.Cut(address, " ")
		at := h.real(pattern, "kulan")
		a := nobody.visits(method, at, "Sec-Fetch-Mode", "navigate")
		switch to := a.Header.Get("Location"); {
		case a.StatusCode != http.StatusSeeOther:
			t.Errorf("%s: %d", address, a.StatusCode)
		case method == http.MethodGet && pattern != "/" && to != "/login?next="+strings.ReplaceAll(at, "/", "%2F"):
			t.Errorf("%s leads to %s", address, to)
		case (method == http.MethodPost || pattern == "/") && to != "/login":
			t.Errorf("%s leads to %s", address, to)
		}
		for _, header := range [][]string{{"HX-Request", "true"}, {"Sec-Fetch-Mode", "cors"}, {"Sec-Fetch-Mode", "same-origin"}} {
			if a := nobody.visits(method, at, header...); a.StatusCode != http.StatusUnauthorized || a.Header.Get("Location") != "" {
				t.Errorf("%s by script: %d to %q", address, a.StatusCode, a.Header.Get("Location"))
			}
		}
	}
	if n := len(h.noa.asked()); n != 0 {
		t.Errorf("Noa was asked %d times", n)
	}
}

const headRight = "Your role does not allow this"

func TestEveryRoleGetsWhatItsRightsSay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, role := range staff.Roles() {
		b := h.as(role)
		for address, rule := range rules {
			method, pattern, _ := strings.Cut(address, " ")
			a := b.visits(method, h.real(pattern, "kulan"))
			may := role.Rights()&rule.right == rule.right
			switch {
			case a.StatusCode >= 500:
				t.Errorf("%s as %s: %d %s", address, role, a.StatusCode, a.headline())
			case may && a.headline() == headRight:
				t.Errorf("%s as %s is refused", address, role)
			case !may:
				a.framed().is(http.StatusForbidden, headRight, rule.right.String())
			}
		}
	}
}

func TestRoleInOneOrganisationHoldsOnlyThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.takeIn("0f0f0f0f-0000-4000-8000-000000000001", "Other", "other")
	b := h.signedIn(h.hire("other@example.org", staff.Admin, other.UUID))
	for address := range rules {
		method, pattern, _ := strings.Cut(address, " ")
		if !strings.HasPrefix(pattern, "/o/") {
			continue
		}
		missing := b.visits(method, h.real(pattern, "nowhere"))
		for _, org := range []string{"kulan", h.org.UUID} {
			foreign := b.visits(method, h.real(pattern, org))
			if foreign.StatusCode != http.StatusNotFound || foreign.headline() != missing.headline() || foreign.text("main .prose") != missing.text("main .prose") {
				t.Errorf("%s in %s: %d %s, in one that is not there %d %s", address, org, foreign.StatusCode, foreign.headline(), missing.StatusCode, missing.headline())
			}
		}
	}
	for _, path := range []string{"/admin/organisations", "/admin/organisations/new", "/admin/system"} {
		b.get(path).framed().is(http.StatusForbidden, headRight)
	}
	if n := len(h.noa.asked()); n != 0 {
		t.Errorf("Noa was asked %d times", n)
	}
}

func TestKeyWithoutScopesIsToldWhichOneIsMissing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.switchTo("noadesk-nothing")
	b := h.as(staff.Admin)
	for address, rule := range rules {
		method, pattern, _ := strings.Cut(address, " ")
		if rule.scope != "" {
			b.visits(method, h.real(pattern, "kulan")).framed().is(http.StatusForbidden, "The organisation’s key lacks a scope", string(rule.scope))
		}
	}
	b.get(h.path("desk")).is(http.StatusOK, "lacks the scope support-ticket:read", "not counted")
}

func TestOrganisationWithoutKeyAsksForOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.takeIn("0f0f0f0f-0000-4000-8000-000000000001", "Other", "other")
	b := h.as(staff.Admin)
	for address, rule := range rules {
		method, pattern, _ := strings.Cut(address, " ")
		if rule.scope != "" {
			b.visits(method, h.real(pattern, "other")).framed().is(http.StatusConflict, "no working key yet")
		}
	}
	b.get("/o/other/desk").is(http.StatusOK, "This organisation has no key yet", "Add the key")
	if n := len(h.noa.asked()); n != 0 {
		t.Errorf("Noa was asked %d times", n)
	}
}

func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	before := h.rowCounts()
	for _, address := range append(h.addresses(), "GET /nowhere", "GET /o/kulan/nowhere") {
		method, pattern, _ := strings.Cut(address, " ")
		if method != http.MethodGet {
			continue
		}
		at := h.real(pattern, "kulan")
		if a := b.get(at); a.StatusCode >= 500 {
			t.Errorf("%s: %d", at, a.StatusCode)
		}
		whole, head := b.get(at), b.ask(http.MethodHead, at, nil)
		if head.StatusCode != whole.StatusCode || head.Header.Get("Content-Type") != whole.Header.Get("Content-Type") {
			t.Errorf("HEAD %s: %d %s, GET %d", at, head.StatusCode, head.Header.Get("Content-Type"), whole.StatusCode)
		}
	}
	if after := h.rowCounts(); !reflect.DeepEqual(before, after) {
		t.Errorf("rows before %v, after %v", before, after)
	}
}

func TestOtherMethodsAreRefusedInTheFrame(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	list := h.addresses()
	for _, address := range list {
		_, pattern, _ := strings.Cut(address, " ")
		at := h.real(strings.ReplaceAll(pattern, "{token}", "abc"), "kulan")
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodTrace, "PROPFIND"} {
			if slices.Contains(list, method+" "+pattern) {
				continue
			}
			a := b.ask(method, at, nil, "Origin", "http://"+host).framed().is(http.StatusMethodNotAllowed, "does not take that")
			if !strings.Contains(address, a.Header.Get("Allow")) && len(a.Header.Values("Allow")) < 2 {
				t.Errorf("%s %s: Allow %q", method, pattern, a.Header.Values("Allow"))
			}
		}
	}
	for _, path := range []string{"/logout", "/o/kulan/people/disable", "/o/kulan/keys/" + h.key.Fingerprint + "/prove"} {
		b.get(path).framed().is(http.StatusMethodNotAllowed)
	}
}

func TestUnknownAddressesAreNotFoundInTheFrame(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, b := range []*browser{h.browser(), h.as(staff.Viewer)} {
		for _, path := range []string{"/nowhere", "/o", "/o/", "/login/", "/o/kulan/nowhere", "/o/kulan/bicycles/", "/o/kulan/bicycles/a/b", "/setup/x", "/setup/", "/admin", "//", "/.", "/o/kulan/%2e%2e/desk"} {
			a := b.get(path + "?page=2").framed().is(http.StatusNotFound)
			if strings.Contains(a.body, "does not know the parameter") {
				t.Errorf("%s talks of parameters", path)
			}
		}
	}
}

func TestAddressesOfPagesHaveRoutes(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	list := []string{views.LoginPath, views.LogoutPath, views.OrganisationsPath, views.NewOrganisationPath, views.SystemPath, views.SetupPath("a"), views.StickerPath("4711")}
	o := reflect.ValueOf(views.Org{Slug: "kulan", Name: "K", UUID: "u"})
	for i := range o.NumMethod() {
		method := o.Method(i)
		if method.Type().NumOut() != 1 || method.Type().Out(0).Kind() != reflect.String {
			continue
		}
		args := slices.Repeat([]reflect.Value{reflect.ValueOf("x")}, method.Type().NumIn())
		if path := method.Call(args)[0].String(); strings.HasPrefix(path, "/") {
			list = append(list, path)
		}
	}
	if len(list) < 30 {
		t.Fatalf("only %d addresses", len(list))
	}
	for _, address := range list {
		path, _, _ := strings.Cut(address, "?")
		if !h.mux.Match(chi.NewRouteContext(), http.MethodGet, path) && !h.mux.Match(chi.NewRouteContext(), http.MethodPost, path) {
			t.Errorf("%s has no route", address)
		}
	}
}

func TestUUIDOfAnOrganisationLeadsToItsSlug(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	for _, uuid := range []string{h.org.UUID, strings.ToUpper(h.org.UUID)} {
		for from, to := range map[string]string{
			"":                           "/o/kulan",
			"/":                          "/o/kulan/",
			"/desk":                      "/o/kulan/desk",
			"/bicycles?state=lost&q=a+b": "/o/kulan/bicycles?state=lost&q=a+b",
			"/bicycles/Z%C3%BCri%201":    "/o/kulan/bicycles/Z%C3%BCri%201",
			"/keys":                      "/o/kulan/keys",
		} {
			b.get("/o/"+uuid+from).to(http.StatusFound, to)
		}
		b.post("/o/"+uuid+"/tickets", nil).is(http.StatusForbidden)
	}
}

func TestStartPageLeadsOn(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	h.as(staff.Admin).get("/").to(http.StatusFound, "/admin/organisations/new")
	h.as(staff.Viewer).get("/").framed().is(http.StatusOK, "No organisation yet")
	other := h.takeIn("0f0f0f0f-0000-4000-8000-000000000001", "B", "b")
	h.takeIn("0f0f0f0f-0000-4000-8000-000000000002", "A", "a")
	b := h.signedIn(h.hire("one@example.org", staff.Viewer, other.UUID))
	b.get("/").to(http.StatusFound, "/o/b/desk")
	b.get("/o/b").to(http.StatusFound, "/o/b/desk")
	b.get("/o/b/").to(http.StatusFound, "/o/b/desk")
	h.signedIn(h.hire("all@example.org", staff.Viewer, "")).get("/").to(http.StatusFound, "/o/a/desk")
}
