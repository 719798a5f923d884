package sandbox

import "math"

// An area is a multipolygon in GeoJSON's order: polygons, their rings, the
// points of a ring, of which the last is the first again.
type area [][][]point

// around is a square area with so many metres to each side of its middle.
func around(middle point, reach float64) area {
	a, b := middle.moved(-reach, -reach), middle.moved(reach, reach)
	return area{{{a, {b[0], a[1]}, b, {a[0], b[1]}, a}}}
}

// holds counts the edges to the east of p, holes included.
func (a area) holds(p point) bool {
	inside := false
	a.edges(func(from, to point) {
		if (from[1] > p[1]) != (to[1] > p[1]) && p[0] < from[0]+(to[0]-from[0])*(p[1]-from[1])/(to[1]-from[1]) {
			inside = !inside
		}
	})
	return inside
}

// within says whether p is inside or at most so many metres away.
func (a area) within(p point, reach float64) bool {
	if a.holds(p) {
		return true
	}
	near := false
	a.edges(func(from, to point) { near = near || awayFromEdge(p, from, to) <= reach })
	return near
}

func (a area) edges(each func(from, to point)) {
	for _, polygon := range a {
		for _, ring := range polygon {
			for i := range len(ring) - 1 {
				each(ring[i], ring[i+1])
			}
		}
	}
}

func (a area) points(each func(point)) {
	for _, polygon := range a {
		for _, ring := range polygon {
			for _, p := range ring {
				each(p)
			}
		}
	}
}

// meets says whether the two have a point in common.
func (a area) meets(b area) bool {
	found := false
	a.points(func(p point) { found = found || b.holds(p) })
	b.points(func(p point) { found = found || a.holds(p) })
	a.edges(func(from, to point) {
		b.edges(func(c, d point) { found = found || cross(from, to, c, d) })
	})
	return found
}

// cross says whether two edges cross, ends not counted.
func cross(a, b, c, d point) bool {
	side := func(p, q, r point) bool { return (q[0]-p[0])*(r[1]-p[1])-(q[1]-p[1])*(r[0]-p[0]) > 0 }
	return side(a, b, c) != side(a, b, d) && side(c, d, a) != side(c, d, b)
}

// awayFromEdge is in metres; a town is flat.
func awayFromEdge(p, from, to point) float64 {
	narrow := math.Cos(p.lat() * math.Pi / 180)
	flat := func(q point) (x, y float64) {
		return (q.lon() - p.lon()) * metresOfLatitude * narrow, (q.lat() - p.lat()) * metresOfLatitude
	}
	x, y := flat(from)
	toX, toY := flat(to)
	dx, dy := toX-x, toY-y
	share := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		share = max(0, min(1, -(x*dx+y*dy)/length))
	}
	return math.Hypot(x+share*dx, y+share*dy)
}

// area is the box as one.
func (b box) area() area {
	return area{{{{b.west, b.south}, {b.east, b.south}, {b.east, b.north}, {b.west, b.north}, {b.west, b.south}}}}
}
