package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
)

// fillZone takes over what was sent. Whole says that the required members
// must be there.
func (c *call) fillZone(z *zone, sent body, whole bool) error {
	w := wrongs{}
	if whole || sent.has("name") {
		z.name = sent.needed("name", w)
		checkLength("name", z.name, 255, w)
	}
	if o := c.linkedOrganization(sent, whole, w); o != nil {
		z.organization = o
	}
	fillZoneType(z, sent, w)
	fillPolygon(z, sent, whole, w)
	c.fillMechanic(z, sent, w)
	z.low = sent.threshold("low_threshold", z.low, w)
	z.high = sent.threshold("high_threshold", z.high, w)
	sent.checkVersion(w)
	switch {
	case len(w) > 0:
		return w.err()
	case !c.sees(z.organization):
		return foreignOrganization()
	case z.low != nil && z.high != nil && *z.low >= *z.high:
		return general(400, "The low threshold must be below the high one.", "invalid")
	}
	return nil
}

func fillZoneType(z *zone, sent body, w wrongs) {
	value, given := sent["type"]
	text, _ := value.(string)
	switch {
	case !given:
	case slices.Contains(zoneTypes, text):
		z.kind = text
	default:
		w.add("type", fmt.Sprintf("\"%v\" is not a valid choice.", value), "invalid_choice")
	}
}

func fillPolygon(z *zone, sent body, whole bool, w wrongs) {
	value, given := sent["polygon"]
	polygon, ok := parseArea(value)
	switch {
	case !given && whole:
		w.add("polygon", "This field is required.", "required")
	case !given:
	case value == nil:
		mustNotBeNull(w, "polygon")
	case !ok:
		w.add("polygon", "Unable to convert to a multipolygon.", "invalid")
	default:
		z.polygon = polygon
	}
}

func (c *call) fillMechanic(z *zone, sent body, w wrongs) {
	uuid, given := c.linked(sent, "preferred_mechanic", "users", w)
	switch {
	case !given || len(w["preferred_mechanic"]) > 0:
	case uuid != "" && !c.isUser(uuid):
		w.add("preferred_mechanic", noSuchObject().message, noSuchObject().code)
	default:
		z.mechanic = uuid
	}
}

// threshold is what was sent, old if nothing was.
func (b body) threshold(member string, old *int64, w wrongs) *int64 {
	value, given := b[member]
	switch {
	case !given:
		return old
	case value == nil:
		return nil
	}
	number, isNumber := value.(json.Number)
	whole, err := number.Int64()
	if !isNumber || err != nil || whole < 0 {
		w.add(member, "A valid integer, 0 or more, is required.", "invalid")
	}
	return &whole
}
