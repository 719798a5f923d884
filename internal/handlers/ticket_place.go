package handlers

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"noadesk/internal/noa"
	"noadesk/internal/views"
)

// place is the location that the form gives, nil where it gives none.
func place(form *views.NewTicket, c noa.Category, b *noa.Bicycle) *noa.Point {
	if strings.TrimSpace(form.Latitude+form.Longitude) == "" {
		if c.NeedsLocation() {
			form.Problems["latitude"] = "This category needs a place." + lastFix(b)
		}
		return nil
	}
	lat, okLat := degrees(form.Latitude, 90)
	lon, okLon := degrees(form.Longitude, 180)
	if !okLat {
		form.Problems["latitude"] = "Give degrees north from −90 to 90, like 51.1280."
	}
	if !okLon {
		form.Problems["longitude"] = "Give degrees east from −180 to 180, like 71.4304."
	}
	return &noa.Point{Lon: lon, Lat: lat}
}

// lastFix helps along where the bicycle's last position is known.
func lastFix(b *noa.Bicycle) string {
	if b == nil {
		return ""
	}
	lat, lon, known := b.Position()
	if !known {
		return ""
	}
	return " The bicycle’s last fix was " + strconv.FormatFloat(lat, 'f', 5, 64) + ", " + strconv.FormatFloat(lon, 'f', 5, 64) + "."
}

// degrees reads a coordinate as people type it, with a point or a comma.
func degrees(text string, most float64) (float64, bool) {
	text = strings.Replace(strings.TrimSpace(text), ",", ".", 1)
	value, err := strconv.ParseFloat(strings.Replace(text, "−", "-", 1), 64)
	return value, err == nil && value >= -most && value <= most
}

// farAway is a distance from every bicycle, in metres, at which a place is doubted.
const farAway = 200_000

// doubt asks whether a place is meant that lies far from the whole fleet: a
// latitude and a longitude that were swapped look like any other pair. Whoever is sure files it all the same.
func (v *visit) doubt(form *views.NewTicket, p noa.Point, b *noa.Bicycle) {
	if form.Sure {
		return
	}
	fleet := v.positions(b)
	if len(fleet) == 0 || reach(p, fleet) < farAway {
		return
	}
	form.Far = true
	form.Problems["latitude"] = fmt.Sprintf("This place is %.0f km from the fleet.", reach(p, fleet)/1000)
	if swapped := (noa.Point{Lon: p.Lat, Lat: p.Lon}); swapped.Valid() && reach(swapped, fleet) < farAway {
		form.Problems["latitude"] += " Latitude and longitude seem to be swapped."
	}
}

// positions are where the bicycle is, or where a good part of the fleet is.
func (v *visit) positions(b *noa.Bicycle) (known []noa.Point) {
	list := []noa.Bicycle{}
	if b != nil {
		list = append(list, *b)
	}
	if _, _, ok := at(list); !ok && v.scopes.Has(noa.BicycleRead) {
		page, err := v.fleet.Bicycles(v.Context(), noa.BicycleQuery{Without: []noa.State{noa.Retired}, PageSize: 100, Brief: true})
		if err != nil {
			v.failed(err) // a place is not refused because it could not be doubted
		}
		list = page.Items
	}
	for _, b := range list {
		if lat, lon, ok := b.Position(); ok {
			known = append(known, noa.Point{Lon: lon, Lat: lat})
		}
	}
	return known
}

// at is the position of the first bicycle of a list.
func at(list []noa.Bicycle) (lat, lon float64, known bool) {
	if len(list) == 0 {
		return 0, 0, false
	}
	return list[0].Position()
}

// reach is the distance within which a twentieth of the fleet lies: a single bicycle's odd fix does not make a place likely.
func reach(p noa.Point, fleet []noa.Point) float64 {
	apart := make([]float64, len(fleet))
	for i, q := range fleet {
		apart[i] = metresApart(p, q)
	}
	slices.Sort(apart)
	return apart[len(apart)/20]
}

// earth is the mean radius of the earth in metres.
const earth = 6_371_008.8

// metresApart is the distance of two places along the ground.
func metresApart(a, b noa.Point) float64 {
	const rad = math.Pi / 180
	up := math.Sin((b.Lat - a.Lat) * rad / 2)
	along := math.Sin((b.Lon - a.Lon) * rad / 2)
	h := up*up + math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*along*along
	return 2 * earth * math.Asin(math.Min(1, math.Sqrt(h)))
}
