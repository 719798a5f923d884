package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"noadesk/internal/staff"
)

// credentials are what somebody types to sign in.
func credentials(email, secret string) url.Values {
	return url.Values{"email": {email}, "password": {secret}}
}

func TestSignInLeadsToWhereOneWanted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("vera@example.org", staff.Viewer, "")
	b := h.browser()
	login := b.follow(b.get(h.path("bicycles?state=lost"), "Sec-Fetch-Mode", "navigate")).framed().is(http.StatusOK, "Sign in")
	form := credentials(" VERA@example.org ", password)
	form.Set("next", login.value("next"))
	a := b.post("/login", form).to(http.StatusSeeOther, h.path("bicycles?state=lost"))
	if len(a.Cookies()) != 1 {
		t.Fatalf("%d cookies", len(a.Cookies()))
	}
	c := a.Cookies()[0]
	if c.Name != "noadesk" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure || c.MaxAge != 0 || len(c.String()) > 150 || len(c.Name)+len(c.Value) > 99 {
		t.Errorf("cookie %s, %t, %d, %s", c.Name, c.HttpOnly, c.SameSite, c.Path)
	}
	b.follow(a).framed().is(http.StatusOK, "vera@example.org", "viewer in every organisation")
	b.get("/login").to(http.StatusFound, "/")
	b.get("/login?next=%2Fo%2Fkulan%2Ftrips").to(http.StatusFound, "/o/kulan/trips")
	b.get("/login?next=%2F%2Fevil.example").to(http.StatusFound, "/")
	form.Set("next", "//evil.example")
	b.post("/login", form).to(http.StatusSeeOther, "/")
}

func TestSignInNeedsNoCookieAndNoPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("vera@example.org", staff.Viewer, "")
	form := credentials("vera@example.org", password)
	form.Set("next", "/o/kulan/bicycles")
	h.browser().post("/login", form, "Origin", "").to(http.StatusSeeOther, "/o/kulan/bicycles")
	h.browser().post("/login?email=vera@example.org&password=x&next=/o/kulan/trips", credentials("vera@example.org", password)).to(http.StatusSeeOther, "/")
}

func TestCookieOfASecureDeskIsSecure(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("vera@example.org", staff.Viewer, "")
	secure := h.with(func(o *Options) { o.URL = &url.URL{Scheme: "https", Host: host} })
	b := &browser{t: t, to: secure, jar: map[string]string{}}
	a := b.post("/login", credentials("vera@example.org", password), "Origin", "https://"+host).is(http.StatusSeeOther)
	c := a.Cookies()[0]
	if c.Name != "__Host-noadesk" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %s, secure %t", c.Name, c.Secure)
	}
	if a.Header.Get("Strict-Transport-Security") != "max-age=31536000; includeSubDomains" {
		t.Errorf("HSTS %q", a.Header.Get("Strict-Transport-Security"))
	}
	b.get(h.path("bicycles")).framed().is(http.StatusOK)
}

func TestRefusedSignInsLookAlike(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("vera@example.org", staff.Viewer, "")
	h.hire("adil@example.org", staff.Admin, "")
	h.hire("gone@example.org", staff.Viewer, "")
	if err := h.people.Disable(t.Context(), byTest, "gone@example.org"); err != nil {
		t.Fatal(err)
	}
	var before *answer
	for _, form := range []url.Values{
		credentials("vera@example.org", "a wrong password"), credentials("nobody@example.org", password), credentials("gone@example.org", password),
	} {
		form.Set("next", "/o/kulan/trips")
		a := h.browser().post("/login", form).framed().is(http.StatusUnprocessableEntity, "E-mail and password do not fit, or the account is disabled.")
		if a.value("email") != form.Get("email") || a.value("next") != "/o/kulan/trips" || a.value("password") != "" || len(a.Cookies()) != 0 {
			t.Errorf("e-mail %q, next %q, %d cookies", a.value("email"), a.value("next"), len(a.Cookies()))
		}
		h.secrets(a, form.Get("password"))
		if before != nil && (before.text("main") != a.text("main") || len(before.Header) != len(a.Header)) {
			t.Errorf("%q and %q", before.text("main"), a.text("main"))
		}
		before = a
	}
	for _, form := range []url.Values{nil, {"email": {"vera@example.org"}}, {"password": {password}}, {"email": {"a", "vera@example.org"}, "password": {password}}} {
		h.browser().post("/login", form).framed().is(http.StatusUnprocessableEntity)
	}
}

func TestManyWrongPasswordsMakeOneWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("vera@example.org", staff.Viewer, "")
	b := h.browser()
	for range 4 {
		b.post("/login", credentials("vera@example.org", "a wrong password")).is(http.StatusUnprocessableEntity)
	}
	a := b.post("/login", credentials("vera@example.org", password)).framed().is(http.StatusTooManyRequests, "Too many tries", "this account has to wait")
	if wait, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 2 {
		t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
	}
	h.hire("adil@example.org", staff.Admin, "")
	b.post("/login", credentials("adil@example.org", password)).is(http.StatusSeeOther)
	h.exec(`UPDATE sign_in_tries SET until = 0`)
	b.post("/login", credentials("vera@example.org", password)).is(http.StatusSeeOther)
}

func TestSignOutEndsTheSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	stolen := &browser{t: t, to: h, jar: map[string]string{"noadesk": b.jar["noadesk"]}}
	stolen.get(h.path("bicycles")).is(http.StatusOK)
	a := b.post("/logout", nil).to(http.StatusSeeOther, "/login")
	if len(a.Cookies()) != 1 || a.Cookies()[0].MaxAge >= 0 || a.Header.Get("Clear-Site-Data") != `"cache", "storage"` {
		t.Errorf("cookies %d, Clear-Site-Data %q", len(a.Cookies()), a.Header.Get("Clear-Site-Data"))
	}
	stolen.get(h.path("bicycles")).to(http.StatusSeeOther, "/login?next=%2Fo%2Fkulan%2Fbicycles")
	h.browser().post("/logout", nil).to(http.StatusSeeOther, "/login")
	if n := h.rowCounts()["sessions"]; n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestSignInTakesANewSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	vera := h.hire("vera@example.org", staff.Viewer, "")
	mine := h.signedIn(vera).jar["noadesk"]
	for _, preset := range []string{"", "chosen-by-somebody-else", mine, strings.Repeat("a", 5000)} {
		b := &browser{t: t, to: h, jar: map[string]string{"noadesk": preset}}
		b.post("/login", credentials("vera@example.org", password)).is(http.StatusSeeOther)
		if now := b.jar["noadesk"]; now == preset || len(now) != 43 {
			t.Errorf("the session that was brought along holds: %t", now == preset)
		}
		b.get(h.path("bicycles")).is(http.StatusOK)
		(&browser{t: t, to: h, jar: map[string]string{"noadesk": preset}}).get(h.path("bicycles")).is(http.StatusSeeOther)
	}
}

func TestTwoCookiesOfOurNameCountForNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, other := h.as(staff.Viewer), h.as(staff.Admin)
	for _, pair := range [][2]string{{one.jar["noadesk"], other.jar["noadesk"]}, {"x", one.jar["noadesk"]}, {one.jar["noadesk"], "x"}, {one.jar["noadesk"], one.jar["noadesk"]}} {
		r := httptest.NewRequest(http.MethodGet, h.path("bicycles"), nil)
		r.Host = host
		r.Header.Set("Cookie", "noadesk="+pair[0]+"; noadesk="+pair[1])
		h.browser().send(r).is(http.StatusSeeOther)
	}
}

func TestSessionThatRanOutSaysWhy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for what, words := range map[string]string{"seen": "because nothing was done for a while", "created": "because the working day’s limit was reached"} {
		b := h.signedIn(h.hire(what+"@example.org", staff.Viewer, ""))
		h.exec(`UPDATE sessions SET `+what+` = $1`, time.Now().Add(-13*time.Hour).UnixMilli())
		b.follow(b.get(h.path("trips"))).framed().is(http.StatusOK, words)
	}
}

func TestDisabledPersonIsOutAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	b.get(h.path("bicycles")).is(http.StatusOK)
	h.exec(`UPDATE people SET disabled = 1`)
	b.get(h.path("bicycles")).is(http.StatusSeeOther)
	if h.rowCounts()["sessions"] != 1 {
		t.Error("the test no longer shows what it means to")
	}
}

func TestRoleThatChangesCountsFromTheNextRequest(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	b.get(h.path("keys")).is(http.StatusForbidden)
	h.exec(`UPDATE roles SET role = 'security'`)
	b.get(h.path("keys")).is(http.StatusOK)
	h.exec(`DELETE FROM roles`)
	b.get(h.path("keys")).is(http.StatusNotFound)
	b.get("/").framed().is(http.StatusOK, "No organisation yet")
}
