package sandbox

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// fill takes what was sent over into the ticket. Whole says that the
// required members must be there. Complaints about members come first,
// alone; then rights; then the rule over several members.
func (c *call) fill(t *ticket, sent body, whole bool) error {
	w := wrongs{}
	c.fillOrganization(t, sent, whole, w)
	c.fillOwner(t, sent, whole, w)
	c.fillBicycle(t, sent, w)
	fillCategory(t, sent, w)
	fillMessage(t, sent, w)
	fillLocation(t, sent, w)
	sent.checkVersion(w)
	switch {
	case len(w) > 0:
		return ticketProblem(w)
	case !c.sees(t.organization):
		return general(http.StatusForbidden, "You are not allowed to link to this organization.", "permission_denied")
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

// linked reads a link member: "" if it is null. Given says whether it was sent.
func (c *call) linked(sent body, member, collection string, w wrongs) (uuid string, given bool) {
	value, given := sent[member]
	if !given || value == nil || value == "" {
		return "", given
	}
	text, ok := value.(string)
	if !ok {
		w.add(member, fmt.Sprintf("Incorrect type. Expected URL string, received %s.", kindOf(value)), "incorrect_type")
		return "", true
	}
	uuid, wrong := c.resolve(text, collection)
	if wrong != nil {
		w.add(member, wrong.message, wrong.code)
	}
	return uuid, true
}

func mustNotBeNull(w wrongs, member string) {
	if len(w[member]) == 0 {
		w.add(member, "This field may not be null.", "null")
	}
}

func (c *call) fillOrganization(t *ticket, sent body, whole bool, w wrongs) {
	uuid, given := c.linked(sent, "organization", "organizations", w)
	switch {
	case !given && whole:
		w.add("organization", "This field is required.", "required")
	case given && uuid == "":
		mustNotBeNull(w, "organization")
	case given:
		at := slices.IndexFunc(c.fleet.tree, func(o *organization) bool { return o.uuid == uuid })
		if at < 0 {
			w.add("organization", noSuchObject().message, noSuchObject().code)
			return
		}
		t.organization = c.fleet.tree[at]
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
	return uuid == c.caller.user || slices.Contains(c.fleet.users, uuid)
}

// fillBicycle does not ask whose the bicycle is, like Noa.
func (c *call) fillBicycle(t *ticket, sent body, w wrongs) {
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
	value, given := sent["message"]
	if !given {
		return
	}
	switch v := value.(type) {
	case nil:
		w.add("message", "This field may not be null.", "null")
	case string:
		if strings.ContainsRune(v, 0) {
			w.add("message", "Null characters are not allowed.", "null_characters_not_allowed")
		}
		t.message = v
	case json.Number:
		t.message = v.String()
	default:
		w.add("message", "Not a valid string.", "invalid")
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

// checkVersion wants a number where a version was sent.
func (b body) checkVersion(w wrongs) {
	value, given := b["concurrency_version"]
	if _, err := strconv.ParseInt(fmt.Sprint(value), 10, 64); given && value != nil && err != nil {
		w.add("concurrency_version", "A valid integer is required.", "invalid")
	}
}

// fits says whether the version that was sent, if any, is the stored one.
func (b body) fits(version int64) bool {
	value, given := b["concurrency_version"]
	return !given || value == nil || fmt.Sprint(value) == strconv.FormatInt(version, 10)
}
