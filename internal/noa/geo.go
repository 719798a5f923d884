package noa

import (
	"bytes"
	"encoding/json"
	"errors"
)

// maxPoints is more than a day of positions, one every two seconds.
const maxPoints = 50_000

var (
	errPoint = errors.New("noa: not a point")
	errLine  = errors.New("noa: not a line")
)

// A Point is a place on Earth in degrees. On the wire longitude comes first.
type Point struct{ Lon, Lat float64 }

// A Line is the way of a trip, place by place.
type Line []Point

// geometry is a piece of GeoJSON whose kind is not known yet.
type geometry struct {
	Type        string          `json:"type"`
	Coordinates json.RawMessage `json:"coordinates"`
}

// Valid says whether the point is on Earth.
func (p Point) Valid() bool {
	return p.Lon >= -180 && p.Lon <= 180 && p.Lat >= -90 && p.Lat <= 90
}

// MarshalJSON writes GeoJSON.
func (p Point) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Type        string     `json:"type"`
		Coordinates [2]float64 `json:"coordinates"`
	}{"Point", [2]float64{p.Lon, p.Lat}})
}

// UnmarshalJSON reads GeoJSON. What is not a point on Earth is an error, by which the member is left empty.
func (p *Point) UnmarshalJSON(data []byte) error {
	var g geometry
	var pair []float64
	if json.Unmarshal(data, &g) != nil || g.Type != "Point" || json.Unmarshal(g.Coordinates, &pair) != nil {
		return errPoint
	}
	at, ok := pointOf(pair)
	if !ok {
		return errPoint
	}
	*p = at
	return nil
}

// UnmarshalJSON reads GeoJSON. Points that are not on Earth are left out; what is not a line is an error,
// by which the member is left empty.
func (l *Line) UnmarshalJSON(data []byte) error {
	*l = nil
	if string(data) == "null" {
		return nil
	}
	var g geometry
	if json.Unmarshal(data, &g) != nil || g.Type != "LineString" {
		return errLine
	}
	points, err := readPoints(g.Coordinates)
	*l = points
	return err
}

// readPoints reads coordinates one by one, so that a hostile list costs no more than its limit.
func readPoints(raw json.RawMessage) (Line, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if first, err := dec.Token(); err != nil || first != json.Delim('[') {
		return nil, errLine
	}
	var line Line
	pair := make([]float64, 0, 3)
	for dec.More() {
		pair = pair[:0]
		err := dec.Decode(&pair)
		var mismatch *json.UnmarshalTypeError
		if err != nil && !errors.As(err, &mismatch) || len(line) >= maxPoints {
			return nil, errLine
		}
		if at, ok := pointOf(pair); ok && err == nil {
			line = append(line, at)
		}
	}
	return line, nil
}

func pointOf(pair []float64) (Point, bool) {
	if len(pair) < 2 {
		return Point{}, false
	}
	p := Point{Lon: pair[0], Lat: pair[1]}
	return p, p.Valid()
}
