package noa

import (
	"encoding/json"
	"errors"
)

var errArea = errors.New("noa: not an area")

// An Area is a part of Earth in one or several pieces.
type Area []Polygon

// A Polygon is a closed way round a piece of an area, and after it the ways round its holes.
type Polygon []Line

// UnmarshalJSON reads GeoJSON. Points that are not on Earth are left out; what
// is not a MultiPolygon is an error, by which the member is left empty.
func (a *Area) UnmarshalJSON(data []byte) error {
	*a = nil
	if string(data) == "null" {
		return nil
	}
	var g geometry
	if json.Unmarshal(data, &g) != nil || g.Type != "MultiPolygon" {
		return errArea
	}
	pieces, err := elements(g.Coordinates)
	if err != nil {
		return errArea
	}
	left := maxPoints
	var area Area
	for _, piece := range pieces {
		p, err := readPolygon(piece, &left)
		if err != nil {
			return err
		}
		area = append(area, p)
	}
	*a = area
	return nil
}

// readPolygon reads a piece of an area that may have as many points as are left.
func readPolygon(raw json.RawMessage, left *int) (Polygon, error) {
	rings, err := elements(raw)
	if err != nil {
		return nil, errArea
	}
	var p Polygon
	for _, raw := range rings {
		ring, err := readPoints(raw)
		if *left -= len(ring); err != nil || *left < 0 {
			return nil, errArea
		}
		p = append(p, ring)
	}
	return p, nil
}
