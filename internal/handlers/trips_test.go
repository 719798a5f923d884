package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"noadesk/internal/staff"
)

// last is the query of the last call to a path that begins so.
func last(t *testing.T, calls []call, prefix string) url.Values {
	t.Helper()
	for _, c := range slices.Backward(calls) {
		if strings.HasPrefix(c.path, prefix) {
			q, err := url.ParseQuery(c.query)
			if err != nil {
				t.Fatal(err)
			}
			return q
		}
	}
	t.Errorf("no call to %s among %v", prefix, calls)
	return nil
}

func TestFiltersOfTripsReachNoa(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`UPDATE organisations SET zone = 'Asia/Almaty' WHERE uuid = $1`, h.org.UUID)
	b := h.as(staff.Viewer)
	id := h.noa.bicycle("4711")
	for query, want := range map[string]url.Values{
		"":                                {"page_size": {"50"}},
		"?page=2":                         {"page_size": {"50"}, "page": {"2"}},
		"?type=suspicious":                {"page_size": {"50"}, "type": {"suspicious"}},
		"?kind=in_maintenance":            {"page_size": {"50"}, "asset_state": {"in_maintenance"}},
		"?bicycle=" + id:                  {"page_size": {"50"}, "bicycle": {id}},
		"?bicycle=" + strings.ToUpper(id): {"page_size": {"50"}, "bicycle": {id}},
		"?from=2026-11-01":                {"page_size": {"50"}, "started_after": {"1793473200"}}, // 31 October 19:00 UTC
		"?to=2026-11-01":                  {"page_size": {"50"}, "ended_before": {"1793559600"}},  // the day's own end
		"?from=&to=&type=&kind=&bicycle=": {"page_size": {"50"}},
	} {
		h.noa.asked()
		a := b.get(h.path("trips" + query))
		if a.StatusCode != http.StatusOK && query != "?page=2" {
			t.Errorf("%s: %d", query, a.StatusCode)
		}
		if got := last(t, h.noa.asked(), "/api/trips/"); !equal(got, want) {
			t.Errorf("%s: asked %v, want %v", query, got, want)
		}
	}
}

func equal(a, b url.Values) bool { return a.Encode() == b.Encode() }

func TestTripsNameTheirBicyclesInOneCall(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	a := b.get(h.path("trips")).framed().is(http.StatusOK, "Rows 1–50")
	if rows, named := a.doc.Find("tbody tr").Length(), a.doc.Find("tbody a.number").Length(); rows != 50 || named < 30 {
		t.Errorf("%d rows, %d of them name their bicycle", rows, named)
	}
	h.forgets()
	h.noa.fails("/api/bicycles/", badGateway)
	a = b.get(h.path("trips")).framed().is(http.StatusOK)
	if rows, named := a.doc.Find("tbody tr").Length(), a.doc.Find("tbody a.number").Length(); rows != 50 || named != 0 {
		t.Errorf("without names: %d rows, %d named", rows, named)
	}
}

func TestTripsOfABicycleAreItsOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	id := h.noa.bicycle("4711")
	a := b.get(h.path("trips?bicycle="+id)).framed().is(http.StatusOK, "Trips of 4711")
	if want := len(h.noa.results("trips", "page_size=100&bicycle="+id)); a.doc.Find("tbody tr").Length() != want || want < 2 {
		t.Errorf("%d rows, want %d", a.doc.Find("tbody tr").Length(), want)
	}
	b.get(h.path("trips?bicycle=11111111-1111-4111-8111-111111111111")).framed().is(http.StatusOK, "No trip matches.")
	b.get(h.path("tickets?bicycle="+strings.ToUpper(id))).framed().is(http.StatusOK, "Tickets of 4711")
}

func TestEveryTripOfTheSandboxHasItsPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	for _, row := range h.noa.results("trips", "page_size=100") {
		a := b.get(h.path("trips/"+row["uuid"].(string))).framed().is(http.StatusOK, "Route", "Distance")
		if row["end_date"] == nil && !strings.Contains(a.text("main"), "running") {
			t.Error("a running trip does not say so")
		}
	}
	b.get(h.path("trips/11111111-1111-4111-8111-111111111111")).framed().is(http.StatusNotFound, "Noa does not know this")
}

func TestOddTripsAreShownSensibly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	const id = "11111111-1111-4111-8111-111111111111"
	bicycle := `"http://noa.example/api/bicycles/` + h.noa.bicycle("4711") + `/"`
	for name, c := range map[string]struct{ trip, says string }{
		"all null":            {`"bicycle":null,"start_date":null,"end_date":null,"route":null,"snapped_route":null,"duration":null,"distance_m":null,"type":null,"asset_state":null`, "Distance–"},
		"members missing":     {`"bicycle":null`, "Device serial–"},
		"running":             {`"bicycle":` + bicycle + `,"start_date":"2026-11-01T10:00:00Z","end_date":null`, "running"},
		"over a day":          {`"bicycle":` + bicycle + `,"start_date":"2026-11-01T10:00:00Z","end_date":"2026-11-02T12:05:09Z","duration":"1 02:05:09.500000"`, "1 d 2 h"},
		"documentation's way": {`"bicycle":` + bicycle + `,"started":"2026-11-01T10:00:00+05:00","ended":"2026-11-01T10:13:42.5Z","type":"SUSPICIOUS"`, "suspicious"},
		"one point":           {`"bicycle":` + bicycle + `,"route":{"type":"LineString","coordinates":[[71.4,51.1]]}`, "4711"},
		"unknown kind":        {`"bicycle":` + bicycle + `,"type":"teleported","asset_state":"in_orbit"`, "in orbit, teleported"},
		"no route":            {`"bicycle":` + bicycle + `,"route":{"type":"LineString","coordinates":[]}`, "4711"},
		"bicycle gone":        {`"bicycle":"http://noa.example/api/bicycles/22222222-2222-4222-8222-222222222222/"`, "22222222…"},
		"odd values":          {`"bicycle":7,"start_date":12,"duration":{},"distance_m":"far"`, ""},
	} {
		h.noa.heals()
		h.noa.fails("/api/trips/", answers(http.StatusOK, "application/json", `{"uuid":"`+id+`",`+c.trip+`}`))
		a := b.get(h.path("trips/" + id)).framed()
		if a.StatusCode != http.StatusOK && name != "odd values" || a.StatusCode == http.StatusInternalServerError || !strings.Contains(a.text("main"), c.says) {
			t.Errorf("%s: %d %q", name, a.StatusCode, a.text("main"))
		}
	}
}
