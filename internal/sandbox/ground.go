package sandbox

import "math"

// A point is longitude and latitude in degrees, in GeoJSON's order.
type point [2]float64

func (p point) lon() float64 { return p[0] }

func (p point) lat() float64 { return p[1] }

const (
	earthRadius      = 6_371_008.8 // metres
	metresOfLatitude = earthRadius * math.Pi / 180
)

// metres is the way between two points over a sphere.
func metres(a, b point) float64 {
	const rad = math.Pi / 180
	sinLat := math.Sin((b.lat() - a.lat()) * rad / 2)
	sinLon := math.Sin((b.lon() - a.lon()) * rad / 2)
	h := sinLat*sinLat + math.Cos(a.lat()*rad)*math.Cos(b.lat()*rad)*sinLon*sinLon
	return 2 * earthRadius * math.Asin(math.Sqrt(min(h, 1)))
}

// moved is p moved by metres to the east and north.
func (p point) moved(east, north float64) point {
	lat := p.lat() + north/metresOfLatitude
	lon := p.lon() + east/(metresOfLatitude*math.Cos(p.lat()*math.Pi/180))
	return point{micro(lon), micro(lat)}
}

// between is the point at share f of the way from p to q.
func (p point) between(q point, f float64) point {
	return point{p[0] + (q[0]-p[0])*f, p[1] + (q[1]-p[1])*f}
}

// micro rounds to six decimals, which is what Noa's devices report.
func micro(degrees float64) float64 { return math.Round(degrees*1e6) / 1e6 }

// A box is an area between two corners.
type box struct{ west, south, east, north float64 }

func boxAround(a, b point) box {
	return box{
		west: min(a.lon(), b.lon()), south: min(a.lat(), b.lat()),
		east: max(a.lon(), b.lon()), north: max(a.lat(), b.lat()),
	}
}

func (b box) holds(p point) bool {
	return b.west <= p.lon() && p.lon() <= b.east && b.south <= p.lat() && p.lat() <= b.north
}

func (b box) middle() point { return point{(b.west + b.east) / 2, (b.south + b.north) / 2} }
