package noa

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

var errDensity = errors.New("noa: not a density")

// A Split says by what the bicycles of a cluster are counted apart.
type Split string

// The splits that Noa knows, one at a time.
const (
	Unsplit      Split = ""
	SplitByState Split = "include_state"
	SplitByModel Split = "include_model"
)

// Clusters are the bicycles of a part of a map, put together where they stand
// close to each other. Those without a position are not among them.
type Clusters struct {
	AsOf
	Total  int       `json:"density_total"`
	Items  []Cluster `json:"-"`
	Unread int       `json:"-"` // clusters that could not be read and were left out
}

// A Cluster is some bicycles that stand close to each other.
type Cluster struct {
	Centroid *Point  `json:"centroid"`
	Density  Density `json:"density"`
	Box      *Box    `json:"bbox"` // round all of them, without size where they stand in one place
}

// A Density is a number of bicycles.
type Density struct {
	Total int
	Parts map[string]int // by state or model, nil where nobody asked for it
}

// UnmarshalJSON reads a number, or several by state or model.
func (d *Density) UnmarshalJSON(data []byte) error {
	var all int
	var parts map[string]int
	switch {
	case json.Unmarshal(data, &all) == nil:
	case json.Unmarshal(data, &parts) != nil || len(parts) > maxMembers:
		return errDensity
	}
	for _, n := range parts {
		if n < 0 || n > maxDensity {
			return errDensity
		}
		all += n
	}
	if all < 0 || all > maxDensity*maxMembers {
		return errDensity
	}
	*d = Density{Total: all, Parts: parts}
	return nil
}

// maxDensity is more bicycles than there are, and far from what overflows.
const maxDensity = 1_000_000_000

// Clusters counts the bicycles in q's box, which there must be. How they are
// sorted, and the page of the list, do not matter. It needs [BicycleRead].
func (f *Fleet) Clusters(ctx context.Context, q BicycleQuery, by Split) (Clusters, error) {
	in := q.which()
	if q.Box == nil {
		in.refuse("bbox", "Clusters need a box.", "required")
	}
	switch by {
	case Unsplit:
	case SplitByState, SplitByModel:
		in.text(string(by), "true")
	default:
		in.refuse("include_state", "Clusters can be split by state or by model.", "invalid")
	}
	if len(in.wrong) > 0 {
		return Clusters{}, request{method: http.MethodGet, path: []string{"clusters"}}.invalid(in.wrong)
	}
	return get[Clusters](ctx, f, BicycleRead, in.values, "clusters")
}

// tidy reads the clusters one by one: one that cannot be read does not cost the others.
func (c *Clusters) tidy(raw json.RawMessage) bool {
	var in struct {
		Clusters json.RawMessage `json:"clusters"`
	}
	_ = json.Unmarshal(raw, &in) // it was read before: it is an object
	rows, err := elements(in.Clusters)
	if err != nil {
		return false
	}
	sum := 0
	for _, raw := range rows {
		one, ok := readRow[Cluster](raw)
		if !ok {
			c.Unread++
			continue
		}
		c.Items = append(c.Items, one)
		sum += one.Density.Total
	}
	c.Total = max(c.Total, sum)
	return true
}

func (c *Cluster) tidy(json.RawMessage) bool { return c.Centroid != nil && c.Density.Total > 0 }
