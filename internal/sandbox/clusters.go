package sandbox

import "slices"

// clusterCells is how many cells the box is cut into, on each side.
const clusterCells = 6

type clustersWire struct {
	DensityTotal int           `json:"density_total"`
	Clusters     []clusterWire `json:"clusters"`
}

type clusterWire struct {
	Centroid geometry `json:"centroid"`
	Density  any      `json:"density"` // a number, or numbers by state or model
	BBox     geometry `json:"bbox"`
}

// clusters counts the bicycles in the parts of a box.
func (c *call) clusters() (answer, error) {
	q, err := c.bicycleQuery()
	if err != nil {
		return answer{}, err
	}
	f := c.filters()
	byState, _ := f.flag("include_state")
	byModel, _ := f.flag("include_model")
	if err := checkClusters(f, q.area, byState && byModel); err != nil {
		return answer{}, err
	}
	rows := q.choose(c.fleet.bicycles)
	out := clustersWire{DensityTotal: len(rows), Clusters: []clusterWire{}}
	for _, cell := range q.area.cells(rows) {
		out.Clusters = append(out.Clusters, clusterOf(cell, byState, byModel))
	}
	return found(out), nil
}

func checkClusters(f *filters, area *box, both bool) error {
	switch {
	case area == nil:
		f.wrong.add("bbox", "This field is required.", "required")
	case area.west == area.east || area.south == area.north:
		f.wrong.add("bbox", "The box has no size.", "invalid")
	}
	if both {
		f.wrong.add("include_state", "Not together with include_model.", "invalid")
		f.wrong.add("include_model", "Not together with include_state.", "invalid")
	}
	return f.err()
}

// cells are the bicycles by the part of the box they are in, from the south
// west on.
func (b *box) cells(rows []*bicycle) [][]*bicycle {
	share := func(at, low, high float64) int {
		return min(clusterCells-1, int(clusterCells*(at-low)/(high-low)))
	}
	byCell := make([][]*bicycle, clusterCells*clusterCells)
	for _, row := range rows {
		cell := share(row.fix.lat(), b.south, b.north)*clusterCells + share(row.fix.lon(), b.west, b.east)
		byCell[cell] = append(byCell[cell], row)
	}
	return slices.DeleteFunc(byCell, func(cell []*bicycle) bool { return len(cell) == 0 })
}

func clusterOf(cell []*bicycle, byState, byModel bool) clusterWire {
	var sum point
	low, high := cell[0].fix.point, cell[0].fix.point
	for _, b := range cell {
		for i, degrees := range b.fix.point {
			sum[i] += degrees / float64(len(cell))
			low[i], high[i] = min(low[i], degrees), max(high[i], degrees)
		}
	}
	w := clusterWire{
		Centroid: geometry{"Point", point{micro(sum[0]), micro(sum[1])}},
		Density:  len(cell), BBox: geometry{"Point", low},
	}
	if low != high {
		w.BBox = geometry{"Polygon", []point{low, high}} // two corners only, like Noa
	}
	switch {
	case byState:
		w.Density = densities(cell, func(b *bicycle) string { return b.state })
	case byModel:
		w.Density = densities(cell, func(b *bicycle) string { return b.modelName() })
	}
	return w
}

func densities(cell []*bicycle, of func(*bicycle) string) map[string]int {
	out := map[string]int{}
	for _, b := range cell {
		out[of(b)]++
	}
	return out
}

// modelName is "" without a model.
func (b *bicycle) modelName() string {
	if b.model == nil {
		return ""
	}
	return b.model.name
}
