package sandbox

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
)

// fill takes what was sent over into the ticket. Whole says that the
// required members must be there. Complaints about members come first,
// alone; then rights; then the rule over several members.
func (c *call) fill(t *ticket, sent body, whole bool) error {
	w := wrongs{}
	c.fillOrganization(t, sent, whole, w)
	c.fillOwner(t, sent, whole, w)
	c.fillTicketBicycle(t, sent, w)
	fillCategory(t, sent, w)
	fillMessage(t, sent, w)
	fillLocation(t, sent, w)
	sent.checkVersion(w)
	switch {
	case len(w) > 0:
		return ticketProblem(w)
	case !c.sees(t.organization):
		return foreignOrganization()
	}
	return t.checkCategory()
}

// ticketProblem wraps the complaints once more if the member called message
// is among the wrong ones: Noa takes it for a complaint's own message.
func ticketProblem(w wrongs) error {
	if len(w["message"]) == 0 {
		return w.err()
	}
	return detail(http.StatusBadRequest, map[string][]wrongs{"non_field_errors": {w}})
}

// checkCategory is the rule over several members, checked on the result.
func (t *ticket) checkCategory() error {
	var lacks string
	switch category := t.about(); {
	case category == "bicycle_damaged" && t.bicycle == "":
		lacks = "a bicycle"
	case (category == "bicycle_missing" || category == "location_needs_bicycles") && t.location == nil:
		lacks = "a location"
	default:
		return nil
	}
	w := wrongs{}
	w.add("__all__", fmt.Sprintf("Category %s needs %s.", t.about(), lacks), "invalid")
	return w.err()
}

func (c *call) fillOrganization(t *ticket, sent body, whole bool, w wrongs) {
	if o := c.linkedOrganization(sent, whole, w); o != nil {
		t.organization = o
	}
}

// fillOwner makes the caller the owner of a whole ticket that names none.
func (c *call) fillOwner(t *ticket, sent body, whole bool, w wrongs) {
	uuid, given := c.linked(sent, "owner", "users", w)
	switch {
	case !given && whole:
		t.owner = c.caller.user
	case given && uuid == "":
		mustNotBeNull(w, "owner")
	case given && !c.isUser(uuid):
		w.add("owner", noSuchObject().message, noSuchObject().code)
	case given:
		t.owner = uuid
	}
}

func (c *call) isUser(uuid string) bool {
	isPerson := slices.ContainsFunc(c.people, func(p *person) bool { return p.uuid == uuid })
	return isPerson || uuid == c.caller.user || slices.Contains(c.fleet.users, uuid)
}

// fillTicketBicycle does not ask whose the bicycle is, like Noa.
func (c *call) fillTicketBicycle(t *ticket, sent body, w wrongs) {
	uuid, given := c.linked(sent, "bicycle", "bicycles", w)
	if !given || len(w["bicycle"]) > 0 {
		return
	}
	exists := slices.ContainsFunc(c.fleet.bicycles, func(b *bicycle) bool { return b.uuid == uuid })
	if uuid != "" && !exists {
		w.add("bicycle", noSuchObject().message, noSuchObject().code)
		return
	}
	t.bicycle = uuid
}

func fillCategory(t *ticket, sent body, w wrongs) {
	value, given := sent["category"]
	switch text, isText := value.(string); {
	case !given:
	case value == nil:
		t.category = nil
	case isText && (text == "" || slices.Contains(ticketCategories, text)):
		t.category = &text
	default:
		w.add("category", fmt.Sprintf("\"%v\" is not a valid choice.", value), "invalid_choice")
	}
}

func fillMessage(t *ticket, sent body, w wrongs) {
	if message, given := sent.text("message", w); given {
		t.message = message
	}
}

func fillLocation(t *ticket, sent body, w wrongs) {
	value, given := sent["location"]
	if !given {
		return
	}
	if value == nil || value == "" {
		t.location = nil
		return
	}
	p, ok := parseLocation(value)
	if !ok {
		w.add("location", "Unable to convert to a point.", "invalid")
		return
	}
	t.location = &p
}

var wellKnownText = regexp.MustCompile(`^\s*POINT\s*\(\s*([-+.\deE]+)\s+([-+.\deE]+)\s*\)\s*$`)

// parseLocation reads a GeoJSON point, as an object or as text, or the text
// POINT(lon lat).
func parseLocation(value any) (point, bool) {
	text, isText := value.(string)
	if !isText {
		object, isObject := value.(map[string]any)
		return parsePoint(object, isObject)
	}
	if found := wellKnownText.FindStringSubmatch(text); found != nil {
		return parseCoordinates(json.Number(found[1]), json.Number(found[2]))
	}
	object, err := parseJSON([]byte(text))
	return parsePoint(object, err == nil)
}

func parsePoint(object map[string]any, ok bool) (point, bool) {
	coordinates, isList := object["coordinates"].([]any)
	if !ok || object["type"] != "Point" || !isList || len(coordinates) != 2 {
		return point{}, false
	}
	return parseCoordinates(coordinates[0], coordinates[1])
}

// parseCoordinates takes numbers only, and any finite ones: a latitude that
// comes first is accepted and wrong.
func parseCoordinates(values ...any) (p point, ok bool) {
	for i, value := range values {
		number, isNumber := value.(json.Number)
		f, err := strconv.ParseFloat(string(number), 64)
		if !isNumber || err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return point{}, false
		}
		p[i] = f
	}
	return p, true
}
