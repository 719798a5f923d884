package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"noadesk/internal/noa"
	"noadesk/internal/staff"
)

// parts are the panels of a bicycle's page and what they ask.
var parts = map[string]func(*http.Request) bool{
	"#trips":   func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/trips/") },
	"#tickets": func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/support_tickets/") },
	"#history": func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/transitions/") },
}

func TestBicyclePageStandsWhenAPanelFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	at := h.path("bicycles/" + h.noa.bicycle("4711") + "?wait=1")
	for name, c := range map[string]struct {
		fault http.HandlerFunc
		says  string
	}{
		"502":       {badGateway, "Noa does not answer"},
		"HTML":      {html200, "Noa answered something unexpected"},
		"hang up":   {hangsUp, "Noa does not answer"},
		"403":       {notAllowed, "Noa does not allow this to the organisation’s key"},
		"429":       {answers(http.StatusTooManyRequests, "application/json", "{}"), "Noa asks for patience"},
		"half JSON": {answers(http.StatusOK, "application/json", `{"results": [`), "Noa answered something unexpected"},
	} {
		for panel, on := range parts {
			h.noa.heals()
			h.forgets()
			h.noa.failsOn(on, c.fault)
			a := b.get(at).framed().is(http.StatusOK)
			if a.headline() != "4711" || !strings.Contains(a.text(panel), c.says) || strings.Contains(a.body, htmlMarker) {
				t.Errorf("%s in %s: %q", name, panel, a.text(panel))
			}
			for other := range parts {
				if other != panel && a.doc.Find(other+" .note").Length() > 0 {
					t.Errorf("%s in %s also spoils %s", name, panel, other)
				}
			}
		}
	}
	if log := h.log.String(); strings.Count(log, `"msg":"failed"`) < 18 || strings.Contains(log, htmlMarker) {
		t.Errorf("the log has %d failures", strings.Count(log, `"msg":"failed"`))
	}
}

func TestLatePanelIsNotWaitedForUnlessAsked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	at := h.path("bicycles/" + h.noa.bicycle("4711"))
	for panel, on := range parts {
		release := make(chan struct{})
		h.noa.heals()
		h.noa.failsOn(on, h.noa.holds(release))
		a := b.get(at).framed().is(http.StatusOK)
		link := a.doc.Find(panel + " a[hx-trigger=load]")
		if !strings.Contains(a.text(panel), "Still asking Noa") || link.AttrOr("hx-get", "") != "?wait=1" || link.AttrOr("href", "") != "?wait=1"+panel {
			t.Errorf("%s: %q", panel, a.text(panel))
		}
		var all sync.WaitGroup
		all.Go(func() {
			if a := b.get(at + "?wait=1").is(http.StatusOK); strings.Contains(a.body, "Still asking Noa") {
				t.Errorf("%s is late although it was waited for", panel)
			}
		})
		close(release)
		all.Wait()
	}
}

// old are the faults after which a page shows what Noa said last.
var old = map[string]struct {
	fault  http.HandlerFunc
	reason string
}{
	"502":     {badGateway, "status 502"},
	"HTML":    {html200, "unexpected answer"},
	"hang up": {hangsUp, "connection lost"},
	"429":     {answers(http.StatusTooManyRequests, "application/json", `{}`), "busy"},
}

func TestAPanelShowsWhatNoaSaidLastAndWhyItIsOld(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	at := h.path("bicycles/" + h.noa.bicycle("4711") + "?wait=1")
	for name, c := range old {
		h.noa.heals()
		h.forgets()
		want := b.get(at).framed().is(http.StatusOK).texts("#trips tbody tr")
		h.noa.failsOn(parts["#trips"], c.fault)
		a := b.get(at).framed().is(http.StatusOK)
		if got := a.texts("#trips tbody tr"); len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s: %d rows, want the %d of before", name, len(got), len(want))
		}
		if got := a.text("#trips .old"); !strings.HasPrefix(got, "From ") || !strings.Contains(got, "Noa did not answer ("+c.reason+")") || !strings.Contains(got, "Try again") {
			t.Errorf("%s: %q", name, got)
		}
		if a.doc.Find(".old").Length() != 1 {
			t.Errorf("%s: other parts are called old too", name)
		}
	}
}

func TestAPageShowsWhatNoaSaidLast(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	for _, path := range []string{"bicycles", "trips", "tickets", "bicycles/" + h.noa.bicycle("4711"), "trips/" + h.noa.first("trips")} {
		h.noa.heals()
		h.forgets()
		b.get(h.path(path)).framed().is(http.StatusOK)
		h.noa.fails("/api/", badGateway)
		b.get(h.path(path)).framed().is(http.StatusOK, "Noa did not answer (status 502)")
	}
	h.noa.heals()
	h.noa.fails("/api/", notAllowed)
	b.get(h.path("bicycles")).framed().is(http.StatusForbidden)
}

func TestDeskStandsWhenAPartFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	a := b.get(h.path("desk")).framed().is(http.StatusOK, "Newest tickets")
	if n := a.doc.Find(".tile b").Length(); n != len(noa.States) || strings.Contains(a.body, "not counted") {
		t.Errorf("%d tiles: %v", n, a.texts(".tile"))
	}
	h.forgets()
	h.noa.failsOn(func(r *http.Request) bool { return r.URL.Query().Get("state") == "lost" }, badGateway)
	h.noa.fails("/api/support_tickets/", html200)
	a = b.get(h.path("desk?wait=1")).framed().is(http.StatusOK, "Noa answered something unexpected")
	if strings.Count(strings.Join(a.texts(".tile"), " "), "not counted") != 1 {
		t.Errorf("tiles %v", a.texts(".tile"))
	}
}

func TestPanelWithoutItsScopeSaysWhichOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.register("bicycles-only", "bicycle:read")
	b := h.as(staff.Agent)
	a := b.get(h.path("bicycles/" + h.noa.bicycle("4711") + "?wait=1")).framed().is(http.StatusOK)
	for panel, scope := range map[string]noa.Scope{"#trips": noa.TripRead, "#tickets": noa.TicketRead} {
		if !strings.Contains(a.text(panel), "lacks the scope "+string(scope)) {
			t.Errorf("%s: %q", panel, a.text(panel))
		}
	}
	if strings.Contains(a.body, "File a ticket") {
		t.Error("a ticket is offered that the key cannot file")
	}
	for _, c := range h.noa.asked() {
		if strings.HasPrefix(c.path, "/api/trips/") || strings.HasPrefix(c.path, "/api/support_tickets/") {
			t.Errorf("asked in vain: %+v", c)
		}
	}
}

func TestP5APanelSurvivesAPanic(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r, err := http.NewRequest(http.MethodGet, "/?wait=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	v := h.unknown(r)
	v.scopes = noa.Scopes{noa.TripRead}
	p := panel(v, noa.TripRead, func(context.Context) (int, noa.AsOf, error) { panic("a fault of ours") })()
	if p.Problem == "" || strings.Contains(p.Problem, "a fault of ours") || !strings.Contains(h.log.String(), "a fault of ours") {
		t.Errorf("got %+v", p)
	}
}

func TestPagesAskNoMoreThanTheyMay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	b.get(h.path("bicycles"))
	id := h.noa.bicycle("4711")
	for path, most := range map[string]int{
		"bicycles": 1, "bicycles?q=47&page=1": 1, "bicycles/4711": 1, "search?q=47": 1, "search?q=zzzz": 2, "search?q=" + id: 0,
		"bicycles/" + id + "?wait=1": 4, "trips": 2, "trips?bicycle=" + id: 2, "tickets": 2, "tickets?bicycle=" + id: 2,
		"trips/" + h.noa.first("trips"): 2, "tickets/" + h.noa.first("support_tickets") + "?wait=1": 2, "tickets/new": 0,
		"tickets/new?bicycle=" + id: 2, "organisation?wait=1": 2, "desk?wait=1": 9, "keys": 0, "keys/new": 0, "audit": 0, "people": 0, "settings": 0,
	} {
		h.noa.asked()
		if a := b.get(h.path(path)); a.StatusCode >= 400 {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.headline())
		}
		if calls := h.noa.asked(); len(calls) > most {
			t.Errorf("%s asks %d times, at most %d: %v", path, len(calls), most, calls)
		}
	}
}

func TestPanelsAskAtTheSameTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	id := h.noa.bicycle("4711")
	b.get(h.path("bicycles"))
	var together sync.WaitGroup
	together.Add(4)
	h.noa.fails("/api/", func(w http.ResponseWriter, r *http.Request) {
		together.Done()
		together.Wait() // for ever, if one of the four waits for another
		h.noa.behind.ServeHTTP(w, r)
	})
	b.get(h.path("bicycles/"+id+"?wait=1")).framed().is(http.StatusOK, "4711")
}

func TestManyPeopleNeedOneToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id, trip, ticket := h.noa.bicycle("4711"), h.noa.first("trips"), h.noa.first("support_tickets")
	var all sync.WaitGroup
	for _, role := range staff.Roles() {
		b := h.as(role)
		all.Go(func() {
			for _, path := range []string{"desk", "bicycles", "bicycles/" + id, "search?q=47", "trips", "trips/" + trip, "tickets", "tickets/" + ticket, "organisation"} {
				if a := b.get(h.path(path)); a.StatusCode != http.StatusOK {
					t.Errorf("%s: %d %s", path, a.StatusCode, a.headline())
				}
			}
		})
	}
	all.Wait()
	if n := of(h.noa.asked(), http.MethodPost, "/jwt"); n != 1 {
		t.Errorf("%d exchanges", n)
	}
}

func TestRejectedTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	b.get(h.path("bicycles")).is(http.StatusOK)
	h.noa.asked()
	h.noa.fails("/api/", answers(http.StatusUnauthorized, "application/json", `{"detail":{"non_field_errors":[{"message":"x","code":"authentication_failed"}]}}`))
	b.get(h.path("bicycles")).framed().is(http.StatusBadGateway, "Noa refused the organisation’s key", "Try again")
	calls := h.noa.asked()
	if of(calls, http.MethodPost, "/jwt") != 1 || of(calls, http.MethodGet, "/api/bicycles/") != 2 {
		t.Errorf("calls %v", calls)
	}
}

func TestPagesSayWhatIsWrongWithNoa(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	b.get(h.path("bicycles")).is(http.StatusOK)
	for name, c := range map[string]struct {
		fault  http.HandlerFunc
		status int
		says   string
	}{
		"502":      {badGateway, http.StatusBadGateway, "Noa does not answer"},
		"HTML":     {html200, http.StatusBadGateway, "Noa answered something unexpected"},
		"redirect": {http.RedirectHandler("https://example.org/", http.StatusFound).ServeHTTP, http.StatusBadGateway, "Noa answered something unexpected"},
		"hang up":  {hangsUp, http.StatusBadGateway, "Noa does not answer"},
		"403":      {notAllowed, http.StatusForbidden, "Noa does not allow this"},
		"400":      {answers(http.StatusBadRequest, "application/json", `{}`), http.StatusBadRequest, "Noa does not take this"},
		"429":      {answers(http.StatusTooManyRequests, "application/json", `{}`), http.StatusServiceUnavailable, "Noa asks for patience"},
	} {
		h.noa.heals()
		h.noa.fails("/api/", c.fault)
		for _, path := range []string{"bicycles", "trips", "tickets", "organisation", "search?q=" + url.QueryEscape(name), "bicycles/4711", "trips/" + h.noa.first("trips")} {
			h.forgets()
			a := b.get(h.path(path)).framed().is(c.status, c.says, "Incident")
			if strings.Contains(a.body, htmlMarker) {
				t.Errorf("%s, %s: Noa's HTML is shown", name, path)
			}
		}
	}
}
