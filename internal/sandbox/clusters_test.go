package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestClustersCountEveryBicycleOnce(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	const area = "bbox=71.2,51.0,71.7,51.3"
	want := n.get("/api/bicycles/?state__exclude=retired&" + area).count()
	got := n.get("/api/clusters/?include_state=true&state__exclude=retired&" + area).object()
	sum := 0
	for _, cluster := range got["clusters"].([]any) {
		for state, count := range cluster.(map[string]any)["density"].(map[string]any) {
			number, err := count.(json.Number).Int64()
			if err != nil || state == retired {
				t.Errorf("got %v in state %s", count, state)
			}
			sum += int(number)
		}
	}
	if fmt.Sprint(sum) != want || fmt.Sprint(got["density_total"]) != want {
		t.Errorf("got %d bicycles in clusters, %v in all, want %s", sum, got["density_total"], want)
	}
}

func TestClustersNeedABox(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	for query, want := range map[string]string{
		"":             "bbox required",
		"bbox=1,2,3":   "bbox invalid",
		"bbox=1,2,1,4": "bbox invalid",
		"bbox=1,2,3,4&include_state=1&include_model=1": "include_model invalid",
	} {
		member, code, _ := strings.Cut(want, " ")
		if r := n.do(get, "/api/clusters/?"+query, "", nil); r.status != 400 || r.code(member) != code {
			t.Errorf("%q: got status %d: %s", query, r.status, r.raw)
		}
	}
}

// TestClustersLookLikeTheExamples compares a cluster without extent and one
// with, which is a polygon of two corners only.
func TestClustersLookLikeTheExamples(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	for name, query := range map[string]string{"clusters": "", "clusters-by-state": "&include_state=1&state=rented"} {
		want := byExtent(example(t, name))
		got := byExtent(n.get("/api/clusters/?bbox=71.2,51.0,71.7,51.3" + query).body)
		for _, extent := range []string{"Point", "Polygon"} {
			if want[extent] == nil || got[extent] == nil {
				t.Fatalf("%s: no cluster with a %s", name, extent)
			}
			for _, member := range []string{"centroid", "bbox"} {
				sameShape(t, "."+member, want[extent][member], got[extent][member])
			}
			if kindOf(want[extent]["density"]) != kindOf(got[extent]["density"]) {
				t.Errorf("%s: got density %v", name, got[extent]["density"])
			}
		}
	}
}

// byExtent is one cluster with each kind of extent.
func byExtent(body any) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, cluster := range body.(map[string]any)["clusters"].([]any) {
		bbox := cluster.(map[string]any)["bbox"].(map[string]any)
		out[bbox["type"].(string)] = cluster.(map[string]any)
	}
	return out
}
