package noa

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlacesAreReadLongitudeFirst(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]*Point{
		`{"type":"Point","coordinates":[13.4,52.5]}`:        {13.4, 52.5},
		`{"type":"Point","coordinates":[13.4,52.5,34]}`:     {13.4, 52.5},
		`{"type":"Point","coordinates":[52.5,113.4]}`:       nil,
		`{"type":"Point","coordinates":[13.4]}`:             nil,
		`{"type":"Point","coordinates":["13.4","52.5"]}`:    nil,
		`{"type":"Polygon","coordinates":[[1,2]]}`:          nil,
		`{"type":"Point"}`:                                  nil,
		`"POINT(13.4 52.5)"`:                                nil,
		`[13.4,52.5]`:                                       nil,
		`{"type":"Point","coordinates":[1e400,52.5]}`:       nil,
		`{"type":"Point","coordinates":[13.4,52.5],"x":{}}`: {13.4, 52.5},
	} {
		ticket, ok := readRow[Ticket]([]byte(`{"uuid":"` + someBicycle + `","message":"m","location":` + text + `}`))
		if diff := cmp.Diff(want, ticket.Location); diff != "" || !ok || ticket.Message != "m" {
			t.Errorf("%s: %s (kept %v)", text, diff, ok)
		}
	}
}

func TestAPlaceGoesOutAsItCameIn(t *testing.T) {
	t.Parallel()
	out, err := json.Marshal(Point{13.4247, 52.4868})
	if want := `{"type":"Point","coordinates":[13.4247,52.4868]}`; err != nil || string(out) != want {
		t.Errorf("got %s, %v, want %s", out, err, want)
	}
}

func TestAWayKeepsThePointsThatMakeSense(t *testing.T) {
	t.Parallel()
	line := func(coordinates string) string { return `{"type":"LineString","coordinates":` + coordinates + `}` }
	for text, want := range map[string]Line{
		line(`[[13.1,52.1],[13.2,52.2]]`):                        {{13.1, 52.1}, {13.2, 52.2}},
		line(`[[13.1,52.1],null,[1],[999,0],"x",[13.2,52.2,7]]`): {{13.1, 52.1}, {13.2, 52.2}},
		line(`[]`):              nil,
		line(`null`):            nil,
		line(`5`):               nil,
		`null`:                  nil,
		`"LINESTRING(1 2)"`:     nil,
		`{"type":"MultiPoint"}`: nil,
		line(`[` + strings.Repeat(`[13,52],`, maxPoints) + `[13,52]]`): nil,
	} {
		trip, ok := readRow[Trip]([]byte(`{"uuid":"` + someBicycle + `","serial_number":"s","route":` + text + `}`))
		if diff := cmp.Diff(want, trip.Route); diff != "" || !ok || trip.SerialNumber != "s" {
			t.Errorf("%.80s: %s (kept %v)", text, diff, ok)
		}
	}
}

func TestALinkIsGoodForItsUUIDOnly(t *testing.T) {
	t.Parallel()
	for link, want := range map[Link]string{
		"https://api.lock8.me/api/bicycles/" + someBicycle + "/":    someBicycle,
		"https://api.noa.one/bicycles/" + someBicycle:               someBicycle,
		Link("/bicycles/" + strings.ToUpper(someBicycle) + "/?x=1"): someBicycle,
		someBicycle:                             someBicycle,
		"":                                      "",
		"https://api.lock8.me/api/bicycles/":    "",
		"https://api.lock8.me/api/bicycles/../": "",
		"https://api.lock8.me/api/bicycles/a3b0c6d2-9e17-4c58-8f24-60d5e1b7a90/": "",
		"https://api.lock8.me/api/bicycles/a3b0c6d2_9e17_4c58_8f24_60d5e1b7a901": "",
		"https://api.lock8.me/api/bicycles/g3b0c6d2-9e17-4c58-8f24-60d5e1b7a901": "",
	} {
		if got := link.UUID(); got != want {
			t.Errorf("%s: got %q, want %q", link, got, want)
		}
	}
}
