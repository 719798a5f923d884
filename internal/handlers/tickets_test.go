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

func TestTicketsAreListedByCategory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	for _, query := range []string{"", "category=bicycle_damaged", "category=bicycle_missing", "category=location_needs_bicycles", "bicycle=" + h.noa.bicycle("4711")} {
		a := b.get(h.path("tickets?" + query)).framed().is(http.StatusOK)
		var want []string
		for _, id := range uuids(h.noa.results("support_tickets", query+"&page_size=50")) {
			want = append(want, h.path("tickets/"+id))
		}
		if got := a.hrefs("tbody .first-words a"); !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("%s: %d rows, want %d", query, len(got), len(want))
		}
		if strings.Contains(a.body, "File a ticket") {
			t.Error("a viewer is offered to file one")
		}
	}
}

func TestEveryTicketOfTheSandboxHasItsPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	for _, row := range h.noa.results("support_tickets", "page_size=100") {
		a := b.get(h.path("tickets/"+row["uuid"].(string)+"?wait=1")).framed().is(http.StatusOK, "As filed at Noa")
		message, _ := row["message"].(string)
		switch {
		case message == "" && !strings.Contains(a.text("main"), "The ticket has no text."):
			t.Error("a ticket without a text does not say so")
		case a.doc.Find("p.text").Length() > 0 && a.doc.Find("p.text").Text() != message:
			t.Errorf("text %q, want %q", a.doc.Find("p.text").Text(), message)
		case row["bicycle"] == nil && !strings.Contains(a.text("#bicycle"), "names no bicycle"):
			t.Errorf("bicycle: %q", a.text("#bicycle"))
		case row["bicycle"] != nil && a.doc.Find("#bicycle a.number").Length() != 1:
			t.Errorf("bicycle: %q", a.text("#bicycle"))
		}
	}
	b.get(h.path("tickets/11111111-1111-4111-8111-111111111111")).framed().is(http.StatusNotFound, "Noa does not know this")
}

func TestTicketPageStandsWhenItsBicycleCannotBeAsked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	var id string
	for _, row := range h.noa.results("support_tickets", "page_size=100") {
		if row["bicycle"] != nil {
			id = row["uuid"].(string)
		}
	}
	h.noa.fails("/api/bicycles/", html200)
	b.get(h.path("tickets/"+id+"?wait=1")).framed().is(http.StatusOK, "As filed at Noa", "Noa answered something unexpected")
}

func TestFormKnowsTheBicycleItIsAbout(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Agent)
	id := h.noa.bicycle("4711")
	a := b.get(h.path("tickets/new?bicycle="+id)).framed().is(http.StatusOK, "4711", "Tickets that name it already", "won't unlock")
	if a.value("bicycle") != "4711" || a.value("of") != id || a.doc.Find("input[name=category][checked]").AttrOr("value", "") != string(noa.Damaged) || a.value("once") == "" {
		t.Errorf("bicycle %q, seal %q", a.value("bicycle"), a.value("once"))
	}
	b.get(h.path("tickets/new?bicycle=4711&category=bicycle_missing")).framed().is(http.StatusOK, "Tickets that name it already")
	b.get(h.path("tickets/new?bicycle=no-such")).framed().is(http.StatusOK, "No bicycle has this number.")
	b.get(h.path("tickets/new?bicycle=..%2F..")).framed().is(http.StatusOK, "That can be neither a number nor a uuid.")
	b.get(h.path("tickets/new?category=other")).framed().is(http.StatusBadRequest)
	b.get(h.path("tickets/new?bicycle=1&bicycle=2")).framed().is(http.StatusBadRequest)
	if one, other := a.value("once"), b.get(h.path("tickets/new")).value("once"); one == other {
		t.Error("two forms have one seal")
	}
}

// ticketCases are the rules of the categories, and what people type.
var ticketCases = map[string]struct {
	form  url.Values
	wrong string // the field that is refused, "" where Noa gets the ticket
	says  string
}{
	"damaged, by number":          {url.Values{"category": {"bicycle_damaged"}, "bicycle": {"4711"}, "message": {"Chain off"}}, "", ""},
	"damaged, without text":       {url.Values{"category": {"bicycle_damaged"}, "bicycle": {" 4711 "}}, "", ""},
	"damaged, with a place":       {url.Values{"category": {"bicycle_damaged"}, "bicycle": {"4711"}, "latitude": {"51.128"}, "longitude": {"71.4304"}}, "", ""},
	"damaged, nothing named":      {url.Values{"category": {"bicycle_damaged"}, "message": {"Chain off"}}, "bicycle", "A damaged bicycle has to be named."},
	"damaged, unknown number":     {url.Values{"category": {"bicycle_damaged"}, "bicycle": {"no-such"}, "message": {"Chain off"}}, "bicycle", "No bicycle has this number."},
	"damaged, unknown uuid":       {url.Values{"category": {"bicycle_damaged"}, "bicycle": {"11111111-1111-4111-8111-111111111111"}}, "bicycle", "No bicycle has this number."},
	"damaged, two of that number": {url.Values{"category": {"bicycle_damaged"}, "bicycle": {"2042"}, "message": {"Chain off"}}, "bicycle", "Several bicycles have this number."},
	"damaged, no number":          {url.Values{"category": {"bicycle_damaged"}, "bicycle": {"../..\x00"}}, "bicycle", "neither a number nor a uuid"},
	"missing, with a place":       {url.Values{"category": {"bicycle_missing"}, "latitude": {"51.1280"}, "longitude": {"71.4304"}, "message": {"Not here"}}, "", ""},
	"missing, decimal commas":     {url.Values{"category": {"bicycle_missing"}, "latitude": {" 51,1280 "}, "longitude": {"71,4304"}}, "", ""},
	"missing, south and west":     {url.Values{"category": {"bicycle_missing"}, "latitude": {"−33.45"}, "longitude": {"-70.66"}, "sure": {"yes"}}, "", ""},
	"missing, far from the fleet": {url.Values{"category": {"bicycle_missing"}, "latitude": {"0"}, "longitude": {"0"}}, "latitude", "km from the fleet."},
	"missing, swapped":            {url.Values{"category": {"bicycle_missing"}, "bicycle": {"4711"}, "latitude": {"71.4304"}, "longitude": {"51.1280"}}, "latitude", "seem to be swapped"},
	"missing, and its number":     {url.Values{"category": {"bicycle_missing"}, "latitude": {"51"}, "longitude": {"71"}, "bicycle": {"4711"}}, "", ""},
	"missing, no place":           {url.Values{"category": {"bicycle_missing"}, "message": {"Not here"}}, "latitude", "This category needs a place."},
	"missing, place of the fix":   {url.Values{"category": {"bicycle_missing"}, "bicycle": {"4711"}}, "latitude", "The bicycle’s last fix was 51."},
	"missing, half a place":       {url.Values{"category": {"bicycle_missing"}, "latitude": {"51.1"}}, "longitude", "Give degrees east"},
	"missing, swapped and beyond": {url.Values{"category": {"bicycle_missing"}, "latitude": {"171.4304"}, "longitude": {"51.1"}}, "latitude", "from −90 to 90"},
	"missing, too far east":       {url.Values{"category": {"bicycle_missing"}, "latitude": {"51"}, "longitude": {"180.1"}}, "longitude", "from −180 to 180"},
	"missing, no number":          {url.Values{"category": {"bicycle_missing"}, "latitude": {"north"}, "longitude": {"NaN"}}, "longitude", "Give degrees"},
	"missing, two commas":         {url.Values{"category": {"bicycle_missing"}, "latitude": {"51,12,80"}, "longitude": {"Inf"}}, "latitude", "Give degrees north"},
	"needs, with a place":         {url.Values{"category": {"location_needs_bicycles"}, "latitude": {"51.1"}, "longitude": {"71.4"}}, "", ""},
	"needs, no place":             {url.Values{"category": {"location_needs_bicycles"}, "message": {"Rack empty"}}, "latitude", "This category needs a place."},
	"none, with text":             {url.Values{"category": {""}, "message": {"How do I end my ride?"}}, "", ""},
	"none, and nothing else":      {url.Values{"message": {"Bell is missing"}}, "", ""},
	"none, with a bicycle":        {url.Values{"bicycle": {"4711"}, "message": {"Bell is missing"}}, "", ""},
	"none, no text":               {url.Values{"category": {""}, "message": {" \r\n "}}, "message", "A ticket without a category needs a text."},
	"unknown category":            {url.Values{"category": {"bicycle_stolen"}, "message": {"Gone"}}, "category", "There is no category of that name."},
	"text just fits":              {url.Values{"message": {strings.Repeat("🚲", 5000)}}, "", ""},
	"text too long":               {url.Values{"message": {strings.Repeat("ä", 5001)}}, "message", "The text has 5001 characters; 5 000 fit."},
	"text of a megabyte":          {url.Values{"message": {strings.Repeat("шина ", 100_000)}}, "message", "5 000 fit"},
	"text with NUL":               {url.Values{"message": {"a\x00b"}}, "message", "cannot be sent"},
	"text with a bell":            {url.Values{"message": {"a\x07b"}}, "message", "cannot be sent"},
	"text in no encoding":         {url.Values{"message": {"a\xffb"}}, "message", "cannot be sent"},
}

func TestCategoriesOfTicketsHaveTheirRules(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Agent)
	for name, c := range ticketCases {
		h.noa.asked()
		a := b.post(h.path("tickets"), c.form)
		filed := of(h.noa.asked(), http.MethodPost, "/api/support_tickets/")
		switch {
		case c.wrong == "" && (a.StatusCode != http.StatusSeeOther || filed != 1):
			t.Errorf("%s: %d, %d filed: %s", name, a.StatusCode, filed, a.text("main"))
		case c.wrong != "" && (a.StatusCode != http.StatusUnprocessableEntity || filed != 0):
			t.Errorf("%s: %d, %d filed", name, a.StatusCode, filed)
		case c.wrong != "":
			a.framed()
			refused(a, name, c.wrong, c.says)
			kept(a, name, c.form)
		}
	}
}

// refused checks that a form's field is marked and says why.
func refused(a *answer, name, field, says string) {
	a.t.Helper()
	input := a.doc.Find("#" + field)
	if !strings.Contains(a.text("#"+field+"-error"), says) || input.Length() != 1 {
		a.t.Errorf("%s: %s says %q, want %q", name, field, a.text("#"+field+"-error"), says)
	}
	if a.doc.Find("#problems a[href='#"+field+"']").Length() != 1 {
		a.t.Errorf("%s: the summary does not lead to %s: %q", name, field, a.text("#problems"))
	}
}

// kept checks that everything typed is still in the form.
func kept(a *answer, name string, form url.Values) {
	a.t.Helper()
	for field := range form {
		want := strings.NewReplacer("\r\n", "\n", "\x00", "\uFFFD", "\xff", "\uFFFD").Replace(form.Get(field))
		got := strings.ToValidUTF8(a.value(field), "\uFFFD")
		if field == "once" {
			continue
		}
		if field == "category" {
			got, _ = a.doc.Find("input[name=category][checked]").Attr("value")
			if !isCategory(noa.Category(want)) {
				continue
			}
		}
		if got != want && strings.TrimLeft(got, "\n") != strings.TrimLeft(want, "\n") {
			a.t.Errorf("%s: %s is %.40q, was %.40q", name, field, got, want)
		}
	}
	if a.value("once") == "" {
		a.t.Errorf("%s: the form has no seal", name)
	}
}

func TestFiledTicketIsShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Agent)
	text := "<script>alert(1)</script> \"quoted\" & \u202eturned\u202c\r\nsecond line 🚲"
	form := url.Values{"category": {"bicycle_missing"}, "bicycle": {"4711"}, "latitude": {"51,128"}, "longitude": {"71.4304"}, "message": {text}}
	a := b.post(h.path("tickets"), form)
	row := h.noa.results("support_tickets", "page_size=1")[0]
	a.to(http.StatusSeeOther, h.path("tickets/"+row["uuid"].(string)))
	if row["message"] != strings.ReplaceAll(text, "\r\n", "\n") || row["category"] != "bicycle_missing" || !strings.HasSuffix(row["bicycle"].(string), h.noa.bicycle("4711")+"/") {
		t.Errorf("Noa got %v", row)
	}
	place := row["location"].(map[string]any)["coordinates"].([]any)
	if place[0] != 71.4304 || place[1] != 51.128 {
		t.Errorf("place %v, longitude comes first", place)
	}
	page := b.follow(a).framed().is(http.StatusOK, "The ticket is filed at Noa.", "<script>alert(1)</script>", "51.12800, 71.43040")
	if strings.Contains(page.body, "<script>alert") || strings.ContainsRune(page.body, 0x202e) {
		t.Error("the text is not inert")
	}
	if again := b.get(a.Header.Get("Location")); strings.Contains(again.body, "The ticket is filed at Noa.") {
		t.Error("the result is told twice")
	}
}

func TestTicketBelongsToWhoeverOwnsTheBicycle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Agent)
	for _, bicycle := range h.noa.results("bicycles", "query=2042") {
		b.post(h.path("tickets"), url.Values{"category": {"bicycle_damaged"}, "bicycle": {bicycle["uuid"].(string)}}).is(http.StatusSeeOther)
		if filed := h.noa.results("support_tickets", "page_size=1")[0]; filed["organization"] != bicycle["organization"] {
			t.Errorf("filed for %v, the bicycle is of %v", filed["organization"], bicycle["organization"])
		}
	}
	b.post(h.path("tickets"), simple).is(http.StatusSeeOther)
	if filed := h.noa.results("support_tickets", "page_size=1")[0]; !strings.Contains(filed["organization"].(string), h.org.UUID) {
		t.Errorf("filed for %v", filed["organization"])
	}
}

func TestTicketsNeedNoRightToLookBicyclesUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.noa.bicycle("4711")
	h.switchTo("noadesk-tickets-only")
	b := h.as(staff.Agent)
	b.post(h.path("tickets"), url.Values{"category": {"bicycle_damaged"}, "bicycle": {"4711"}}).is(http.StatusUnprocessableEntity, "may not look bicycles up")
	b.post(h.path("tickets"), url.Values{"category": {"bicycle_damaged"}, "bicycle": {id}}).is(http.StatusSeeOther)
	if n := of(h.noa.asked(), http.MethodGet, "/api/bicycles/"); n != 0 {
		t.Errorf("bicycles were asked for %d times in vain", n)
	}
	b.get(h.path("tickets")).framed().is(http.StatusOK, "File a ticket")
}
