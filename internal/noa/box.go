package noa

import (
	"encoding/json"
	"errors"
	"strings"
)

var errBox = errors.New("noa: not a box")

// A Box is the part of Earth between two corners. It does not reach across the date line.
type Box struct{ SouthWest, NorthEast Point }

// Valid says whether the box is on Earth and has a size.
func (b Box) Valid() bool {
	return b.SouthWest.Valid() && b.NorthEast.Valid() && b.SouthWest.Lon < b.NorthEast.Lon && b.SouthWest.Lat < b.NorthEast.Lat
}

// text is the box as a filter.
func (b Box) text() string {
	return strings.Join([]string{
		decimal(b.SouthWest.Lon), decimal(b.SouthWest.Lat), decimal(b.NorthEast.Lon), decimal(b.NorthEast.Lat),
	}, ",")
}

// UnmarshalJSON reads the box round a cluster. Noa writes a point where it has no size, and otherwise a "Polygon"
// that GeoJSON does not know: nothing but two corners. A polygon as GeoJSON has it is read too.
func (b *Box) UnmarshalJSON(data []byte) error {
	var at Point
	if json.Unmarshal(data, &at) == nil {
		*b = Box{at, at}
		return nil
	}
	var g geometry
	if json.Unmarshal(data, &g) != nil || g.Type != "Polygon" {
		return errBox
	}
	corners, err := readPoints(g.Coordinates)
	if rings, whole := elements(g.Coordinates); len(corners) == 0 && whole == nil && len(rings) > 0 {
		corners, err = readPoints(rings[0])
	}
	if err != nil || len(corners) < 2 {
		return errBox
	}
	*b = round(corners)
	return nil
}

// round is the smallest box round some points.
func round(points Line) Box {
	b := Box{points[0], points[0]}
	for _, p := range points {
		b.SouthWest = Point{Lon: min(b.SouthWest.Lon, p.Lon), Lat: min(b.SouthWest.Lat, p.Lat)}
		b.NorthEast = Point{Lon: max(b.NorthEast.Lon, p.Lon), Lat: max(b.NorthEast.Lat, p.Lat)}
	}
	return b
}
