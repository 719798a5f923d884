package sandbox

import (
	_ "embed" // the city's two files
	"encoding/json"
	"fmt"
)

//go:embed city/routes.json
var routesFile []byte

//go:embed city/city.pmtiles
var basemapFile []byte

// Basemap is the base map of the practice city, a PMTiles archive. Where it
// is drawn, the notice of city/README.md has to be shown.
func Basemap() []byte { return basemapFile }

// A city is the ground on which the practice fleet rides.
type city struct {
	Spots  []spot  `json:"spots"`
	Routes []route `json:"routes"`
}

type spot struct {
	Name     string `json:"name"`
	Position point  `json:"position"`
}

// A route is a way along streets. From and To are the numbers of spots, nil
// where it begins or ends elsewhere.
type route struct {
	From   *int    `json:"from"`
	To     *int    `json:"to"`
	Length int     `json:"length_m"`
	Line   []point `json:"coordinates"`
}

func readCity() (*city, error) {
	var c city
	if err := json.Unmarshal(routesFile, &c); err != nil {
		return nil, fmt.Errorf("sandbox: read routes: %w", err)
	}
	return &c, nil
}

// short says that the bicycle was brought back at once: the lock did not open.
func (r route) short() bool { return r.Length <= 120 }

// long is further than people ride in this city.
func (r route) long() bool { return r.Length > 15_000 }

// suspicious is what Noa marks as harmful or abnormal: far too long, or to
// and fro in one quarter.
func (r route) suspicious() bool {
	loop := r.From != nil && r.To != nil && *r.From == *r.To
	there := metres(r.start(), r.end())
	return r.long() || !loop && r.Length > 2500 && float64(r.Length) > 3*there
}

func (r route) start() point { return r.Line[0] }

func (r route) end() point { return r.Line[len(r.Line)-1] }
