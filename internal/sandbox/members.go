package sandbox

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

func (b body) has(member string) bool {
	_, given := b[member]
	return given
}

// text reads a text member. Numbers are taken as text, as Noa does.
func (b body) text(member string, w wrongs) (text string, given bool) {
	value, given := b[member]
	if !given {
		return "", false
	}
	switch v := value.(type) {
	case nil:
		w.add(member, "This field may not be null.", "null")
	case string:
		if strings.ContainsRune(v, 0) {
			w.add(member, "Null characters are not allowed.", "null_characters_not_allowed")
		}
		return v, true
	case json.Number:
		return v.String(), true
	default:
		w.add(member, "Not a valid string.", "invalid")
	}
	return "", true
}

// needed is a text member that must be there and hold something.
func (b body) needed(member string, w wrongs) string {
	text, given := b.text(member, w)
	if !given {
		w.add(member, "This field is required.", "required")
	}
	mustNotBeBlank(member, text, w)
	return text
}

// mustNotBeBlank complains unless there is a complaint already.
func mustNotBeBlank(member, text string, w wrongs) {
	if text == "" && len(w[member]) == 0 {
		w.add(member, "This field may not be blank.", "blank")
	}
}

// mustNotBeNull complains unless there is a complaint already.
func mustNotBeNull(w wrongs, member string) {
	if len(w[member]) == 0 {
		w.add(member, "This field may not be null.", "null")
	}
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

// flag reads a boolean member, false if it was not sent.
func (b body) flag(member string, w wrongs) bool {
	switch value := b[member]; value {
	case true, "true", "True", "1", json.Number("1"):
		return true
	case nil, false, "false", "False", "0", json.Number("0"), "":
		return false
	}
	w.add(member, "Must be a valid boolean.", "invalid")
	return false
}

// whole wants a whole number, or null, where a member was sent.
func (b body) whole(member string, w wrongs) {
	value := b[member]
	if _, err := strconv.ParseInt(fmt.Sprint(value), 10, 64); value != nil && value != "" && err != nil {
		w.add(member, "A valid integer is required.", "invalid")
	}
}
