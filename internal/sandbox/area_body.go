package sandbox

// parseArea reads a GeoJSON MultiPolygon with closed rings.
func parseArea(value any) (area, bool) {
	object, _ := value.(map[string]any)
	if object["type"] != "MultiPolygon" {
		return nil, false
	}
	return parseList(object["coordinates"], parsePolygon)
}

func parsePolygon(value any) ([][]point, bool) { return parseList(value, parseRing) }

func parseRing(value any) ([]point, bool) {
	ring, ok := parseLine(value)
	return ring, ok && len(ring) >= 4 && ring[0] == ring[len(ring)-1]
}

func parseLine(value any) ([]point, bool) { return parseList(value, parsePosition) }

func parsePosition(value any) (point, bool) {
	pair, ok := value.([]any)
	if !ok || len(pair) != 2 {
		return point{}, false
	}
	return parseCoordinates(pair...)
}

// parseList wants one entry at least.
func parseList[T any](value any, parse func(any) (T, bool)) ([]T, bool) {
	list, _ := value.([]any)
	out := make([]T, len(list))
	for i, entry := range list {
		var ok bool
		if out[i], ok = parse(entry); !ok {
			return nil, false
		}
	}
	return out, len(out) > 0
}

// parseGeometry reads what a filter may be: a point or a line is an area
// without width.
func parseGeometry(text string) (area, bool) {
	object, err := parseJSON([]byte(text))
	if err != nil {
		return nil, false
	}
	switch at := object["coordinates"]; object["type"] {
	case "Point":
		p, ok := parsePosition(at)
		return area{{{p, p}}}, ok
	case "LineString":
		line, ok := parseLine(at)
		return area{{line}}, ok
	case "Polygon":
		polygon, ok := parsePolygon(at)
		return area{polygon}, ok
	}
	return parseArea(map[string]any(object))
}
