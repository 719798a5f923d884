package views

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"noadesk/internal/noa"
)

func TestAWayNeedsTwoPoints(t *testing.T) {
	t.Parallel()
	one := noa.Line{{Lon: 71.4, Lat: 51.1}}
	for _, lines := range [][2]noa.Line{{nil, nil}, {one, nil}, {nil, one}, {one, one}} {
		if _, ok := newChart(lines[0], lines[1]); ok {
			t.Errorf("%v is drawn", lines)
		}
	}
}

// ways are lines of every size and direction that Noa could send.
var ways = map[string]noa.Line{
	"standing still":      {{Lon: 71.4, Lat: 51.1}, {Lon: 71.4, Lat: 51.1}},
	"a metre":             {{Lon: 71.4, Lat: 51.1}, {Lon: 71.40001, Lat: 51.1}},
	"straight north":      {{Lon: 71.4, Lat: 51.1}, {Lon: 71.4, Lat: 51.2}},
	"straight east":       {{Lon: 71.4, Lat: 51.1}, {Lon: 71.6, Lat: 51.1}},
	"there and back":      {{Lon: 71.4, Lat: 51.1}, {Lon: 71.5, Lat: 51.15}, {Lon: 71.4, Lat: 51.1}},
	"south and west":      {{Lon: -58.4, Lat: -34.6}, {Lon: -58.5, Lat: -34.7}},
	"round the world":     {{Lon: -180, Lat: -90}, {Lon: 180, Lat: 90}},
	"at the pole":         {{Lon: -180, Lat: 90}, {Lon: 180, Lat: 90}},
	"over the date line":  {{Lon: 179.9, Lat: -17}, {Lon: -179.9, Lat: -17.1}},
	"over the zero lines": {{Lon: -0.01, Lat: -0.01}, {Lon: 0.01, Lat: 0.01}},
}

func TestEveryWayFitsTheDrawing(t *testing.T) {
	t.Parallel()
	for name, line := range ways {
		c, ok := newChart(line, nil)
		if !ok {
			t.Errorf("%s is not drawn", name)
		}
		for _, p := range line {
			if x, y := c.xy(p); !(x >= 50 && x <= 750 && y >= 40 && y <= 460) {
				t.Errorf("%s: %v is drawn at %v, %v", name, p, x, y)
			}
		}
		if points := c.points(line); strings.ContainsAny(points, "NIe") || strings.Count(points, ",") != len(line) {
			t.Errorf("%s: points %q", name, points)
		}
	}
}

func TestAWayStandsInTheMiddleWithNorthUp(t *testing.T) {
	t.Parallel()
	for name, line := range ways {
		c, _ := newChart(line, nil)
		west, south, east, north := extent(line)
		left, top := c.xy(noa.Point{Lon: west, Lat: north})
		right, bottom := c.xy(noa.Point{Lon: east, Lat: south})
		if math.Abs(left+right-800) > 0.01 || math.Abs(top+bottom-500) > 0.01 || top > bottom || left > right {
			t.Errorf("%s: from %v, %v to %v, %v", name, left, top, right, bottom)
		}
	}
}

func TestAWayIsToScale(t *testing.T) {
	t.Parallel()
	c, _ := newChart(noa.Line{{Lon: 71.4, Lat: 51.1}, {Lon: 71.42, Lat: 51.11}}, nil)
	x0, y0 := c.xy(noa.Point{Lon: 71.41, Lat: 51.105})
	x1, _ := c.xy(noa.Point{Lon: 71.41 + 1000/(metresPerDegree*math.Cos(51.105*math.Pi/180)), Lat: 51.105})
	_, y1 := c.xy(noa.Point{Lon: 71.41, Lat: 51.105 + 1000.0/metresPerDegree})
	if east, north := (x1-x0)*c.metres, (y0-y1)*c.metres; math.Abs(east-1000) > 1 || math.Abs(north-1000) > 1 {
		t.Errorf("a kilometre is %v m to the east and %v m to the north", east, north)
	}
}

func TestTheBarIsRoundAndCanBeSeen(t *testing.T) {
	t.Parallel()
	for name, line := range ways {
		c, _ := newChart(line, nil)
		units, word := c.bar()
		if units < 20 || units > 200.01 {
			t.Errorf("%s: %q is %v units long", name, word, units)
		}
		number, unit, _ := strings.Cut(word, " ")
		length, err := strconv.ParseFloat(number, 64)
		if unit == "km" {
			length *= 1000
		}
		if err != nil || math.Abs(length-units*c.metres) > 0.01 {
			t.Errorf("%s: %q for %v m", name, word, units*c.metres)
		}
	}
}

func TestTheRawWayIsDrawnWhereNoRoadWasMatched(t *testing.T) {
	t.Parallel()
	raw, matched := ways["straight east"], ways["there and back"]
	for _, s := range []struct {
		trip    noa.Trip
		classes string
	}{
		{noa.Trip{Route: raw}, "raw from"},
		{noa.Trip{Route: raw, Snapped: matched}, "raw halo road from"},
		{noa.Trip{Route: raw[:1], Snapped: matched, End: before(0)}, "halo road from to"},
		{noa.Trip{Route: raw, Snapped: matched[:1], End: before(0)}, "raw from to"},
		{noa.Trip{Snapped: matched[:1]}, ""},
	} {
		text, got := render(t, route(s.trip)), []string{}
		for _, class := range []string{"raw", "halo", "road", "from", "to"} {
			if strings.Contains(text, `class="`+class+`"`) {
				got = append(got, class)
			}
		}
		if strings.Join(got, " ") != s.classes {
			t.Errorf("got %v, want %s", got, s.classes)
		}
	}
}
