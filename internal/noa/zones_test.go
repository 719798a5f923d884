package noa

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestZonesOfTheContractAreRead(t *testing.T) {
	t.Parallel()
	f := newPeer(t, says(http.StatusOK, example(t, "zone-list"))).fleet()
	page, err := f.Zones(t.Context(), ZoneQuery{})
	if err != nil || len(page.Items) != 1 || page.More || page.Items[0].Fetched.IsZero() {
		t.Fatalf("got %+v, %v", page, err)
	}
	want := Zone{
		AsOf: page.Items[0].AsOf, UUID: "7e20c9b5-a461-4d8f-b3e7-f59d18c0624a",
		Created: Time{time.Date(2023, 4, 2, 12, 0, 0, 0, time.UTC)}, Modified: Time{time.Date(2024, 3, 1, 8, 15, 0, 0, time.UTC)},
		ConcurrencyVersion: 1709279954015500, State: ZoneNew, Name: "Alexanderplatz", Type: DropZone,
		Organization: "https://api.lock8.me/api/organizations/" + ourOrganization + "/", Low: pointer(2), High: pointer(12),
		Polygon: Area{{{{13.4105, 52.5205}, {13.4165, 52.5205}, {13.4165, 52.5235}, {13.4105, 52.5235}, {13.4105, 52.5205}}}},
	}
	if diff := cmp.Diff(want, page.Items[0]); diff != "" {
		t.Error(diff)
	}
}

func TestOneZoneIsRead(t *testing.T) {
	t.Parallel()
	var asked string
	f := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.RequestURI
		reply(w, http.StatusOK, `{"uuid": "`+strings.ToUpper(someBicycle)+`", "type": "park", "low_threshold": null, "high_threshold": "many", "bicycle_count": 0}`)
	}).fleet()
	z, err := f.Zone(t.Context(), someBicycle)
	if err != nil || asked != "/api/zones/"+someBicycle+"/" || z.UUID != someBicycle || z.Type != "park" {
		t.Errorf("asked %s: %+v, %v", asked, z, err)
	}
	if z.Low != nil || z.High != nil || z.Bicycles == nil || *z.Bicycles != 0 || z.Polygon != nil {
		t.Errorf("got %+v", z)
	}
}

func TestAnAreaIsReadOrLeftEmpty(t *testing.T) {
	t.Parallel()
	area := func(coordinates string) string { return `{"type":"MultiPolygon","coordinates":` + coordinates + `}` }
	ring := func(points int) string { return `[` + strings.Repeat(`[13,52],`, points-1) + `[13,52]]` }
	square := Line{{13, 52}, {14, 52}, {14, 53}, {13, 52}}
	for text, want := range map[string]Area{
		area(`[[[[13,52],[14,52],[14,53],[13,52]]]]`):                                            {{square}},
		area(`[[[[13,52],[14,52],[14,53],[13,52]],[[13,52]]],[[[13,52],null,[999,0],[14,52]]]]`): {{square, {{13, 52}}}, {{{13, 52}, {14, 52}}}},
		area(`[]`):      nil,
		area(`null`):    nil,
		area(`[5]`):     nil,
		area(`[[5]]`):   nil,
		area(`[[[5]]]`): {{nil}},
		`{"type":"Polygon","coordinates":[[[1,2]]]}`: nil,
		`{"type":"MultiPolygon"}`:                    nil,
		`null`:                                       nil,
		`"MULTIPOLYGON(((1 2)))"`:                    nil,
		area(`[[` + ring(maxPoints) + `],[` + ring(1) + `]]`):       nil,
		area(`[` + strings.Repeat(`[],`, maxRows) + `[]]`):          nil,
		area(strings.Repeat(`[`, 9000) + strings.Repeat(`]`, 9000)): {{nil}},
	} {
		z, ok := readRow[Zone]([]byte(fmt.Sprintf(`{"uuid":%q,"name":"n","polygon":%s}`, someBicycle, text)))
		if diff := cmp.Diff(want, z.Polygon); diff != "" || !ok || z.Name != "n" {
			t.Errorf("%.80s: %s (kept %v)", text, diff, ok)
		}
	}
}
