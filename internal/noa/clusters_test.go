package noa

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClustersOfTheContractAreRead(t *testing.T) {
	t.Parallel()
	var asked string
	body := example(t, "clusters")
	f := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		asked, _ = url.QueryUnescape(r.RequestURI)
		reply(w, http.StatusOK, body)
	}).fleet()
	one := Point{13.413215, 52.521918}
	want := Clusters{Total: 4, Items: []Cluster{
		{Centroid: &one, Density: Density{Total: 1}, Box: &Box{one, one}},
		{
			Centroid: &Point{13.427427, 52.500132}, Density: Density{Total: 3},
			Box: &Box{Point{13.377702, 52.481105}, Point{13.469137, 52.516274}},
		},
	}}
	split := want
	split.Items = []Cluster{want.Items[0], want.Items[1]}
	split.Items[0].Density.Parts = map[string]int{"available": 1}
	split.Items[1].Density.Parts = map[string]int{"rented": 1, "reserved": 1, "lost": 1}
	for by, row := range map[Split]struct {
		body, asked string
		want        Clusters
	}{
		Unsplit:      {"clusters", "bbox=13,52.25,13.5,52.75&state=lost", want},
		SplitByState: {"clusters-by-state", "bbox=13,52.25,13.5,52.75&include_state=true&state=lost", split},
		SplitByModel: {"clusters-by-state", "bbox=13,52.25,13.5,52.75&include_model=true&state=lost", split},
	} {
		body = example(t, row.body)
		got, err := f.Clusters(t.Context(), BicycleQuery{Box: berlin, States: []State{Lost}, Page: 3, Order: []Order{ByName}, Brief: true}, by)
		if err != nil || got.Fetched.IsZero() || asked != "/api/clusters/?"+row.asked {
			t.Errorf("%q: asked %s, %v", by, asked, err)
		}
		got.AsOf = AsOf{}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%q: %s", by, diff)
		}
	}
}

func TestAClusterThatCannotBeReadCostsNoOther(t *testing.T) {
	t.Parallel()
	const at = `"centroid": {"type": "Point", "coordinates": [13.4, 52.5]}`
	for row, readable := range map[string]bool{
		`{` + at + `, "density": 2}`:                                                            true,
		`{` + at + `, "density": 2, "bbox": null, "shape": {}}`:                                 true,
		`{` + at + `, "density": {"lost": 1, "on_the_moon": 1, "rented": null}}`:                true,
		`{` + at + `, "density": 2, "bbox": {"type": "Polygon", "coordinates": [[1]]}}`:         true,
		`{` + at + `, "density": 0}`:                                                            false,
		`{` + at + `, "density": -2}`:                                                           false,
		`{` + at + `, "density": "2"}`:                                                          false,
		`{` + at + `, "density": {"lost": -1, "rented": 3}}`:                                    false,
		`{` + at + `, "density": {"lost": 9000000000000000000, "rented": 9000000000000000000}}`: false,
		`{` + at + `}`: false,
		`{"density": 2, "centroid": {"type": "Point", "coordinates": [52.5, 113.4]}}`: false,
		`null`: false,
		`[]`:   false,
	} {
		c, ok := readRow[Clusters]([]byte(`{"density_total": "many", "clusters": [` + row + `, {` + at + `, "density": 1}]}`))
		items, unread := 2, 0
		if !readable {
			items, unread = 1, 1
		}
		if !ok || len(c.Items) != items || c.Unread != unread || c.Total != 1+2*(items-1) {
			t.Errorf("%s: got %+v, %v", row, c, ok)
		}
	}
	for _, body := range []string{`{}`, `{"clusters": null}`, `{"clusters": {}}`, `[]`, `null`, `{"results": []}`} {
		f := newPeer(t, says(http.StatusOK, body)).fleet()
		if c, err := f.Clusters(t.Context(), BicycleQuery{Box: berlin}, Unsplit); !errors.Is(err, ErrAnswer) {
			t.Errorf("%s: got %+v, %v", body, c, err)
		}
	}
}

func TestABoxIsReadInEachOfItsForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]*Box{
		`{"type":"Point","coordinates":[13,52]}`:                               {Point{13, 52}, Point{13, 52}},
		`{"type":"Polygon","coordinates":[[13,52],[14,53]]}`:                   {Point{13, 52}, Point{14, 53}},
		`{"type":"Polygon","coordinates":[[14,52],[13,53]]}`:                   {Point{13, 52}, Point{14, 53}},
		`{"type":"Polygon","coordinates":[[[13,52],[14,52],[14,53],[13,52]]]}`: {Point{13, 52}, Point{14, 53}},
		`{"type":"Polygon","coordinates":[[13,52],[14,153]]}`:                  nil,
		`{"type":"Polygon","coordinates":[[13,52]]}`:                           nil,
		`{"type":"Polygon","coordinates":[]}`:                                  nil,
		`{"type":"Polygon","coordinates":{"a":1}}`:                             nil,
		`{"type":"Polygon"}`:                                                   nil,
		`{"type":"LineString","coordinates":[[13,52],[14,53]]}`:                nil,
		`[13,52,14,53]`: nil,
		`null`:          nil,
		`"13,52,14,53"`: nil,
		`{"type":"Polygon","coordinates":[[[13,52],null,["x"],[14,53]],[[1]]]}`: {Point{13, 52}, Point{14, 53}},
	} {
		c, ok := readRow[Cluster]([]byte(`{"centroid":{"type":"Point","coordinates":[13,52]},"density":1,"bbox":` + text + `}`))
		if diff := cmp.Diff(want, c.Box); diff != "" || !ok {
			t.Errorf("%s: %s (kept %v)", text, diff, ok)
		}
	}
}
