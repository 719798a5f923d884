package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"noadesk/internal/staff"
	"noadesk/internal/store"
)

func TestSettingsAreSaved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Manager)
	page := b.follow(b.post(h.path("settings"), url.Values{"name": {" Kulan Übersee "}, "zone": {"Asia/Almaty"}, "slug": {"other"}, "uuid": {"x"}})).framed()
	page.is(http.StatusOK, "Saved.", "Settings of Kulan Übersee", "Times are Asia/Almaty")
	if page.value("zone") != "Asia/Almaty" || page.value("name") != "Kulan Übersee" {
		t.Errorf("name %q, zone %q", page.value("name"), page.value("zone"))
	}
	for _, form := range []url.Values{
		{"name": {""}},
		{"name": {strings.Repeat("ä", 129)}},
		{"name": {"a\x00b"}},
		{"name": {"K"}, "zone": {"Local"}},
		{"name": {"K"}, "zone": {"Mars/Olympus"}},
		{"name": {"K"}, "zone": {"../../etc/passwd"}},
	} {
		a := b.post(h.path("settings"), form).framed().is(http.StatusUnprocessableEntity)
		if a.text("#name-error")+a.text("#zone-error") == "" || a.value("zone") != form.Get("zone") {
			t.Errorf("%v: %q", form, a.text("main"))
		}
	}
	h.as(staff.Admin).get(h.path("audit")).framed().is(http.StatusOK, "organisation.save", "manager@example.org")
}

func TestRecordsAreShownPageByPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 130 {
		e := store.Event{Actor: "<b>actor</b>", Organisation: h.org.UUID, Action: "test.action", Object: fmt.Sprintf("object %d", i), Detail: map[string]string{"b": "<i>", "a": "1"}}
		if err := h.db.Change(t.Context(), e, func(*store.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	other := h.takeIn("0f0f0f0f-0000-4000-8000-000000000001", "Other", "other")
	b := h.signedIn(h.hire("local@example.org", staff.Security, h.org.UUID))
	first := b.get(h.path("audit")).framed().is(http.StatusOK, "object 129", "<b>actor</b>", "a 1 b <i>")
	if first.doc.Find("tbody tr").Length() != 100 || strings.Contains(first.text("main"), other.UUID) {
		t.Errorf("%d rows", first.doc.Find("tbody tr").Length())
	}
	older := first.hrefs("a[rel=next]")
	if len(older) != 1 {
		t.Fatalf("older at %v", older)
	}
	second := b.get(older[0]).framed().is(http.StatusOK, "object 29", "object 0", "key.import", "organisation.add")
	if second.doc.Find("tbody tr").Length() != 32 || len(second.hrefs("a[rel=next]")) != 0 {
		t.Errorf("%d rows", second.doc.Find("tbody tr").Length())
	}
	for _, query := range []string{"before=0", "before=-1", "before=x", "before=99999999999999999999", "before=1&before=2"} {
		b.get(h.path("audit?" + query)).framed().is(http.StatusBadRequest)
	}
	b.get(h.path("audit?before=1")).framed().is(http.StatusOK, "No records of this organisation.")
	h.as(staff.Security).get(h.path("audit?before=2")).framed().is(http.StatusOK, "master-key.bind")
}

func TestOrganisationsAreAdded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	b.get("/admin/organisations").framed().is(http.StatusOK, "Kulan Velo", "noadesk-practice")
	b.get("/admin/organisations/new").framed().is(http.StatusOK, "Add an organisation")
	b.post("/admin/organisations", url.Values{"uuid": {" 0F0F0F0F-0000-4000-8000-000000000001 "}, "name": {"Zürich Süd"}}).to(http.StatusSeeOther, "/o/zuerich-sued/keys/new")
	b.get("/admin/organisations").framed().is(http.StatusOK, "Zürich Süd", "zuerich-sued", "0f0f0f0f-0000-4000-8000-000000000001")
	before := h.rowCounts()
	for name, c := range map[string]struct {
		form  url.Values
		field string
	}{
		"no uuid":     {url.Values{"uuid": {"kulan"}, "name": {"N"}}, "uuid"},
		"there":       {url.Values{"uuid": {h.org.UUID}, "name": {"N"}}, "uuid"},
		"no name":     {url.Values{"uuid": {"0f0f0f0f-0000-4000-8000-000000000002"}}, "name"},
		"slug taken":  {url.Values{"uuid": {"0f0f0f0f-0000-4000-8000-000000000002"}, "name": {"N"}, "slug": {"kulan"}}, "slug"},
		"slug path":   {url.Values{"uuid": {"0f0f0f0f-0000-4000-8000-000000000002"}, "name": {"N"}, "slug": {"../a"}}, "slug"},
		"slug a uuid": {url.Values{"uuid": {"0f0f0f0f-0000-4000-8000-000000000002"}, "name": {"N"}, "slug": {"0f0f0f0f-0000-4000-8000-00000000000"}}, "slug"},
		"nothing":     {nil, "uuid"},
	} {
		a := b.post("/admin/organisations", c.form).framed().is(http.StatusUnprocessableEntity)
		if a.text("#"+c.field+"-error") == "" || a.value("uuid") != c.form.Get("uuid") || a.value("slug") != c.form.Get("slug") {
			t.Errorf("%s: %q", name, a.text("main"))
		}
	}
	if after := h.rowCounts(); after["organisations"] != before["organisations"] || after["audit"] != before["audit"] {
		t.Errorf("rows before %v, after %v", before, after)
	}
}

func TestSystemPageSaysHowTheDeskIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.as(staff.Admin).get("/admin/system").framed().is(http.StatusOK, "Version", "noadesk.db", "https://api.example", "https://sts.example")
}

func TestOrganisationPageShowsWhatNoaKnows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	a := b.get(h.path("organisation?wait=1")).framed().is(http.StatusOK, "It and those below it")
	if a.headline() != h.noa.sandbox.Organization().Name {
		t.Errorf("headline %q", a.headline())
	}
	h.forgets()
	h.noa.failsOn(func(r *http.Request) bool { return r.URL.Path == "/api/organizations/" }, badGateway)
	b.get(h.path("organisation?wait=1")).framed().is(http.StatusOK, h.noa.sandbox.Organization().Name, "Noa does not answer")
}

func TestPracticeBandIsOnEveryPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.with(func(o *Options) { o.Practice = "PRACTICE band" })
	in := &browser{t: t, to: s, jar: h.as(staff.Viewer).jar}
	for _, a := range []*answer{in.get(h.path("bicycles")), in.get("/nowhere"), in.get(h.path("keys")), (&browser{t: t, to: s}).get("/login")} {
		if a.text(".practice") != "PRACTICE band" {
			t.Errorf("%d has no band", a.StatusCode)
		}
	}
}
