package handlers

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"noadesk/internal/staff"
)

func TestEveryPageSaysHowNoaIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	if got := b.get(h.path("noa")).framed().is(http.StatusOK, "Nothing was asked").text(".bar .weather"); got != "Noa: not asked" {
		t.Errorf("before the first call %q", got)
	}
	for _, page := range []string{"bicycles", "tickets", "noa", "bicycles/" + h.noa.bicycle("4711")} {
		a := b.get(h.path(page))
		if got := a.text(".bar .weather"); got != "Noa: fine" || a.doc.Find(".bar .weather").AttrOr("href", "") != "/o/kulan/noa" {
			t.Errorf("%s: %q", page, got)
		}
	}
	h.noa.fails("/api/trips/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Noa-RequestId", "5e1f-77")
		w.WriteHeader(http.StatusBadGateway)
	})
	for range 3 {
		b.get(h.path("trips?wait=1&q=SECRET"))
	}
	h.noa.heals()
	a := b.get(h.path("noa")).framed().is(http.StatusOK, "Noa: failing", "trips", "502", "5e1f-77", "Valid for", "…"+h.key.Fingerprint[60:])
	if report := a.text("#report"); !strings.Contains(report, "5e1f-77") || strings.Contains(report, "SECRET") || strings.Contains(report, "eyJ") {
		t.Errorf("the report says %q", report)
	}
	if a.doc.Find("main a[href*='/keys/']").Length() != 0 {
		t.Error("a viewer is led to keys")
	}
	if n := len(h.noa.asked()); n != 0 {
		t.Errorf("the page asked Noa %d times", n)
	}
}

func TestTheReportIsDownloaded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	b.get(h.path("bicycles")).is(http.StatusOK)
	a := b.get(h.path("noa.txt"))
	if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), `attachment; filename="kulan-noa-`) {
		t.Errorf("got %d %v", a.StatusCode, a.Header)
	}
	for _, want := range []string{"Noa as Noadesk test saw it", h.org.UUID, "bicycles", "jwt"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the report lacks %q: %s", want, a.body)
		}
	}
	if strings.Contains(a.body, h.key.Client) || strings.Contains(a.body, h.org.Name) {
		t.Errorf("the report tells too much: %s", a.body)
	}
}

func TestWithoutAKeyNothingIsSaidOfNoa(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	h.org = h.takeIn(h.noa.sandbox.Organization().UUID, "Kulan Velo", "kulan")
	a := h.as(staff.Admin).get(h.path("noa")).framed().is(http.StatusOK, "no key in use")
	if a.doc.Find(".weather").Length() != 0 {
		t.Errorf("the bar says %q", a.text(".weather"))
	}
}

func TestARefusedKeyIsSeenInTheHeader(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.noa.fails("/jwt", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error": "unauthorized"}`)
	})
	a := h.as(staff.Viewer).get(h.path("bicycles"))
	if got := a.text(".bar .weather"); a.StatusCode != http.StatusBadGateway || got != "Noa: failing" {
		t.Errorf("%d %q", a.StatusCode, got)
	}
}

func TestWhoeverObservesIsToldOfEachRequestByItsPattern(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var told []Answered
	b := h.as(staff.Viewer)
	b.to = h.with(func(o *Options) { o.Observe = func(a Answered) { told = append(told, a) } })
	b.get(h.path("bicycles?q=SECRET"))
	b.get(h.path("SECRET"))
	b.get("/healthz")
	want := []Answered{{"GET", "/o/{org}/bicycles", 200, 0}, {"GET", "", 404, 0}, {"GET", "/healthz", 200, 0}}
	for i := range told {
		if told[i].Took <= 0 {
			t.Errorf("%+v took no time", told[i])
		}
		told[i].Took = 0
	}
	if !slices.Equal(told, want) {
		t.Errorf("got %+v", told)
	}
}
