package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"noadesk/internal/noa"
	"noadesk/internal/staff"
)

// hrefs are the addresses of the links that fit.
func (a *answer) hrefs(selector string) (list []string) {
	for _, n := range a.doc.Find(selector).Nodes {
		for _, attribute := range n.Attr {
			if attribute.Key == "href" {
				list = append(list, attribute.Val)
			}
		}
	}
	return list
}

// uuids are those of rows from the sandbox.
func uuids(rows []map[string]any) (list []string) {
	for _, r := range rows {
		list = append(list, r["uuid"].(string))
	}
	return list
}

func TestListOfBicyclesShowsWhatNoaHas(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	for query, same := range map[string]string{
		"":                            "state__exclude=retired",
		"?page=1":                     "state__exclude=retired",
		"?page=2":                     "state__exclude=retired&page=2",
		"?state=all":                  "",
		"?state=all&page=2":           "page=2",
		"?state=retired":              "state=retired",
		"?state=in_maintenance":       "state=in_maintenance",
		"?q=M%C3%BCller":              "query=M%C3%BCller",
		"?q=4711&state=available":     "query=4711&state=available",
		"?q=%D2%9A%D0%B0%D0%B7%D0%B0": "query=%D2%9A%D0%B0%D0%B7%D0%B0",
	} {
		a := b.get(h.path("bicycles" + query)).framed().is(http.StatusOK)
		var want []string
		for _, id := range uuids(h.noa.results("bicycles", same+"&page_size=50")) {
			want = append(want, h.path("bicycles/"+id))
		}
		if got := a.hrefs("tbody td:first-child a"); !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s: %d rows, want %d: %v", query, len(got), len(want), got)
		}
	}
}

func TestPagesOfAListLeadToEachOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	first := b.get(h.path("bicycles?state=all"))
	if next := first.hrefs("a[rel=next]"); !slices.Equal(next, []string{"/o/kulan/bicycles?page=2&state=all"}) || len(first.hrefs("a[rel=prev]")) > 0 {
		t.Errorf("next %v", next)
	}
	second := b.get("/o/kulan/bicycles?page=2&state=all").is(http.StatusOK, "Rows 51–70 of about 70", "Page 2")
	if prev := second.hrefs("a[rel=prev]"); !slices.Equal(prev, []string{"/o/kulan/bicycles?state=all"}) || len(second.hrefs("a[rel=next]")) > 0 {
		t.Errorf("prev %v", prev)
	}
}

func TestEmptyListsSayWhy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	b.get(h.path("bicycles?q=nothing-like-this&state=lost")).is(http.StatusOK, "No bicycle matches.", "Search in every state", "Drop the search “nothing-like-this”")
	b.get(h.path("search?q=nothing-like-this")).is(http.StatusOK, "No bicycle matches “nothing-like-this”", "File a ticket without a bicycle")
	b.get(h.path("search")).is(http.StatusOK, "Type what the caller reads to you.")
	b.get(h.path("search?q=++")).is(http.StatusOK, "Type what the caller reads to you.")
}

func TestUnknownParametersAreNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	b.get(h.path("bicycles?stat=lost")).is(http.StatusOK, "does not know the parameter “stat” and ignored it")
	b.get(h.path("trips?started_before=1&%3Cb%3E=2")).is(http.StatusOK, "does not know the parameters “<b>”, “started_before” and ignored them")
	if a := b.get(h.path("bicycles?state=lost&q=1&page=1&wait=1")); strings.Contains(a.body, "does not know") {
		t.Error("known parameters are called unknown")
	}
}

func TestBadAddressesOfListsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	long := url.QueryEscape(strings.Repeat("ä", 201))
	uuid := h.noa.bicycle("4711")
	b.get(h.path("bicycles")).is(http.StatusOK)
	h.noa.asked()
	for _, path := range []string{
		"bicycles?state=LOST", "bicycles?state=lost,rented", "bicycles?state=lost&state=rented", "bicycles?page=0", "bicycles?page=-1",
		"bicycles?page=1.5", "bicycles?page=last", "bicycles?page=1&page=2", "bicycles?page=99999999999999999999", "bicycles?q=a&q=b",
		"bicycles?q=" + long, "bicycles?q=%00", "bicycles?q=a%0Ab", "bicycles?q=%FF", "search?q=" + long, "search?q=%00", "search?q=a&q=b", "search?q=a&page=x",
		"trips?bicycle=4711", "trips?bicycle=" + uuid + "&bicycle=" + uuid, "trips?from=23.11.2026", "trips?to=tomorrow", "trips?from=2026-02-30",
		"trips?from=1999-12-31", "trips?to=9999-01-01", "trips?type=Regular", "trips?kind=private", "trips?page=0", "trips?from=2026-01-01&from=2026-01-02",
		"tickets?bicycle=..", "tickets?category=bicycle", "tickets?category=bicycle_damaged&category=bicycle_missing", "tickets?page=a",
		"audit?before=0",
	} {
		want := http.StatusBadRequest
		if strings.HasPrefix(path, "audit") {
			want = http.StatusForbidden
		}
		b.get(h.path(path)).framed().is(want)
	}
	if calls := h.noa.asked(); len(calls) != 0 {
		t.Errorf("Noa was asked: %v", calls)
	}
}

func TestPageBeyondTheEndIsNotFound(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	for _, path := range []string{"bicycles?page=3", "bicycles?page=1000000", "trips?page=999", "tickets?page=999", "search?q=1&page=999"} {
		b.get(h.path(path)).framed().is(http.StatusNotFound, "Noa does not know this")
	}
}

func TestNumberLeadsToItsBicycle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	at := func(number string) string { return h.path("bicycles/" + h.noa.bicycle(number)) }
	for path, to := range map[string]string{
		h.path("bicycles/4711"):                      at("4711"),
		h.path("bicycles/%204711"):                   at("4711"),
		h.path("bicycles/lastenrad%20m%C3%BCller-3"): at("Lastenrad Müller-3"),
		h.path("bicycles/Zo%C3%AB"):                  at("Zoë"),
		h.path("search?q=4711"):                      at("4711"),
		h.path("search?q=+4711+"):                    at("4711"),
		h.path("search?q=zoë"):                       at("Zoë"),
		h.path("search?q=" + h.noa.bicycle("4711")):  at("4711"),
		"/b/4711":                      at("4711"),
		"/b/Zo%C3%AB":                  at("Zoë"),
		"/b/lastenrad%20m%C3%BCller-3": at("Lastenrad Müller-3"),
	} {
		b.get(path).to(http.StatusFound, to)
	}
	short := h.noa.results("bicycles", "name=4711")[0]["short_id"].(string)
	b.get(h.path("search?q="+short)).to(http.StatusFound, at("4711"))
	for _, path := range []string{h.path("bicycles/471"), h.path("bicycles/no-such"), "/b/471", "/b/no-such"} {
		b.get(path).framed().is(http.StatusNotFound)
	}
	b.get(h.path("bicycles/"+strings.ToUpper(h.noa.bicycle("4711")))).framed().is(http.StatusOK, "4711")
	b.get(h.path("bicycles/11111111-1111-4111-8111-111111111111")).framed().is(http.StatusNotFound, "Noa does not know this")
}

func TestNumberThatSeveralHaveLeadsToAChoice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	var want []string
	for _, id := range uuids(h.noa.results("bicycles", "name=2042")) {
		want = append(want, h.path("bicycles/"+id))
	}
	for _, path := range []string{h.path("bicycles/2042"), "/b/2042"} {
		a := b.get(path).framed().is(http.StatusOK, "Several bicycles are called “2042”")
		if got := a.hrefs("tbody a"); !slices.Equal(got, want) || len(got) != 2 {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
		if owners := a.texts("tbody td:nth-child(3)"); len(owners) != 2 || owners[0] == owners[1] {
			t.Errorf("%s: owners %v", path, owners)
		}
	}
}

func TestStickerLooksOnlyWhereThePersonMay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.takeIn("0f0f0f0f-0000-4000-8000-000000000001", "Other", "other")
	b := h.signedIn(h.hire("other@example.org", staff.Admin, other.UUID))
	b.get("/b/4711").framed().is(http.StatusNotFound)
	if calls := h.noa.asked(); len(calls) != 0 {
		t.Errorf("Noa was asked: %v", calls)
	}
	h.switchTo("noadesk-tickets-only")
	h.signedIn(h.hire("here@example.org", staff.Viewer, h.org.UUID)).get("/b/4711").framed().is(http.StatusForbidden, "bicycle:read")
	h.activate(h.importKey(h.org, "noadesk-readonly"))
	both := h.as(staff.Viewer)
	both.get("/b/4711").to(http.StatusFound, h.path("bicycles/"+h.noa.bicycle("4711")))
}

func TestOddIdsNeverReachNoa(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	b.get(h.path("bicycles")).is(http.StatusOK)
	h.noa.asked()
	odd := []string{
		".", "..", "%2e", "%2e%2e", "%2E.", "..%2f", "..%2F..", "%252f", "%252e%252e", ";", "a;b", "%00", "4711%00", "a%2Fb%2F..", "..%5C", "%5C", "%0a", "%0d%0a",
		"%E2%80%AE4711", "%FF", "%20", "%C2%A0", strings.Repeat("4", 129), "x%25", "..;",
	}
	for _, id := range odd {
		for _, path := range []string{h.path("bicycles/"), h.path("trips/"), h.path("tickets/"), h.path("keys/"), "/b/", "/setup/", "/o/", "/static/"} {
			b.get(path + id).is(http.StatusNotFound)
		}
		b.get("/o/" + id + "/desk").framed().is(http.StatusNotFound)
		b.get("/o/" + id + "/bicycles/4711").framed().is(http.StatusNotFound)
	}
	if calls := h.noa.asked(); len(calls) != 0 {
		t.Errorf("Noa was asked: %v", calls)
	}
}

func FuzzNumbersAreNoPaths(f *testing.F) {
	for _, s := range []string{"4711", "..", "a/../b", "Müller-3", "a\x00", "\xff", "%2e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !isNumber(s) {
			return
		}
		if strings.Contains(s, "..") || strings.ContainsAny(s, "\x00\n\r%?\\;") || len(s) > 128 {
			t.Errorf("%q counts as a number", s)
		}
	})
}

func TestBicyclePageShowsAllOfIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Agent)
	a := b.get(h.path("bicycles/"+h.noa.bicycle("4711")+"?wait=1")).framed().is(http.StatusOK, "Lock sticks.", "State changes", "Last trips")
	if a.headline() != "4711" || a.doc.Find("#history li").Length() == 0 || a.doc.Find("#trips tbody tr").Length() == 0 {
		t.Errorf("headline %q, %d changes, %d trips", a.headline(), a.doc.Find("#history li").Length(), a.doc.Find("#trips tbody tr").Length())
	}
	if file := a.hrefs("main a.button.main"); !slices.Equal(file, []string{"/o/kulan/tickets/new?bicycle=" + h.noa.bicycle("4711")}) {
		t.Errorf("the door to a ticket: %v", file)
	}
	if a := h.as(staff.Viewer).get(h.path("bicycles/" + h.noa.bicycle("4711"))); strings.Contains(a.body, "File a ticket") {
		t.Error("a viewer is offered to file a ticket")
	}
	for _, row := range h.noa.results("bicycles", "page_size=100") {
		id := row["uuid"].(string)
		b.get(h.path("bicycles/" + id)).framed().is(http.StatusOK)
		if name, _ := row["name"].(string); row["state"] == string(noa.Lost) && name != "" {
			b.get(h.path("bicycles/"+id)).is(http.StatusOK, "Lost")
		}
	}
}
