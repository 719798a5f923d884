package views

import (
	"net/url"
	"strings"
	"testing"
)

func TestAddressesKeepWhatTheyAreMadeOf(t *testing.T) {
	t.Parallel()
	const odd = "a/b?c#d%2f ü&x=1"
	o := Org{Slug: odd}
	for got, want := range map[string]string{
		o.Bicycle(odd): "/o/a%2Fb%3Fc%23d%252f%20%C3%BC&x=1/bicycles/a%2Fb%3Fc%23d%252f%20%C3%BC&x=1",
		ours.Desk():    "/o/spatzrad/desk", ours.ProveKey("ab12"): "/o/spatzrad/keys/ab12/prove",
		ours.SearchFor("Rad & Tat"): "/o/spatzrad/search?q=Rad+%26+Tat", ours.SearchFor(""): "/o/spatzrad/search",
		ours.BicyclesIn("all"): "/o/spatzrad/bicycles?state=all", ours.TripsOf("7c42"): "/o/spatzrad/trips?bicycle=7c42",
		SetupPath("a/b"): "/setup/a%2Fb", StickerPath("47 11"): "/b/47%2011",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestEveryAddressOfAnOrganisationIsReadBackAsItWasMade(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		o := Org{Slug: "berlin"}
		to, err := url.Parse(o.Trip(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		last := to.EscapedPath()[strings.LastIndexByte(to.EscapedPath(), '/')+1:]
		if got, err := url.PathUnescape(last); got != text || err != nil || to.RawQuery != "" || to.Fragment != "" {
			t.Errorf("%q became %q, %v", text, got, err)
		}
		if to, err = url.Parse(o.SearchFor(text)); err != nil || to.Query().Get("q") != text {
			t.Errorf("%q became %q, %v", text, to, err)
		}
	}
}

func TestAnAddressIsNotChangedByItsNeighbours(t *testing.T) {
	t.Parallel()
	a := NewAddress("/list").With("state", "lost", "", "rented").With("page", "3")
	for got, want := range map[string]string{
		a.String():                  "/list?page=3&state=lost&state=rented",
		a.Page(1):                   "/list?state=lost&state=rented",
		a.Page(-1):                  "/list?state=lost&state=rented",
		a.Page(4):                   "/list?page=4&state=lost&state=rented",
		a.With("state").String():    "/list?page=3",
		a.With("state", "").Page(0): "/list",
		a.With("from", "2024-05-14T09:30").Page(1): "/list?from=2024-05-14T09:30&state=lost&state=rented",
		a.Value("state"): "lost",
		a.Value("q"):     "",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if again := a.String(); again != "/list?page=3&state=lost&state=rented" {
		t.Errorf("the address became %s", again)
	}
}

func TestAnOrganisationKeepsItsColour(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for _, slug := range []string{"", "berlin", "hamburg", "astana", "almaty", "practice", "köln", "a", "b", "c", "d", "e", "f"} {
		hue := Org{Slug: slug}.Hue()
		if hue < 0 || hue > 5 || hue != (Org{Slug: slug, Name: "Renamed"}).Hue() {
			t.Errorf("%q has hue %d", slug, hue)
		}
		seen[hue] = true
	}
	if len(seen) < 4 {
		t.Errorf("all organisations share %d hues", len(seen))
	}
}

func TestAPagerCountsFromOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pager       Pager
		first, last int
	}{
		{Pager{Page: 1, Size: 50, Shown: 50}, 1, 50},
		{Pager{Page: 2, Size: 50, Shown: 1}, 51, 51},
		{Pager{Page: 1, Size: 50, Shown: 0}, 1, 0},
		{Pager{Page: 400, Size: 100, Shown: 7}, 39901, 39907},
	} {
		if c.pager.First() != c.first || c.pager.Last() != c.last {
			t.Errorf("%+v: rows %d to %d, want %d to %d", c.pager, c.pager.First(), c.pager.Last(), c.first, c.last)
		}
	}
}
