package sandbox

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// filters reads the filters of a query and collects what is wrong with them.
// Parameters that nobody reads are ignored, as at Noa.
type filters struct {
	query url.Values
	wrong wrongs
}

func (c *call) filters() *filters { return &filters{c.query, wrongs{}} }

func (f *filters) err() error { return f.wrong.err() }

// text is a parameter, "" if it is not there.
func (f *filters) text(name string) string { return f.query.Get(name) }

// list is a comma list without its empty entries.
func (f *filters) list(name string) []string {
	return slices.DeleteFunc(strings.Split(f.text(name), ","), func(s string) bool { return s == "" })
}

func (f *filters) badChoice(name, value string) {
	f.wrong.add(name, fmt.Sprintf("Select a valid choice. %s is not one of the available choices.", value), "invalid_choice")
}

// choices is a parameter that may be repeated.
func (f *filters) choices(name string, known []string) []string {
	for _, value := range f.query[name] {
		if !slices.Contains(known, value) {
			f.badChoice(name, value)
			return nil
		}
	}
	return f.query[name]
}

// choice is a parameter with one value.
func (f *filters) choice(name string, known []string) string {
	value := f.text(name)
	if value != "" && !slices.Contains(known, value) {
		f.badChoice(name, value)
	}
	return value
}

// uuid is a bare uuid, "" if it is not there.
func (f *filters) uuid(name string) string {
	text := f.text(name)
	if text == "" {
		return ""
	}
	id, ok := parseUUID(text)
	if !ok {
		f.wrong.add(name, "Enter a valid UUID.", "invalid")
	}
	return id
}

// uuids is a repeatable parameter of uuids.
func (f *filters) uuids(name string) []string {
	var out []string
	for _, text := range f.query[name] {
		id, ok := parseUUID(text)
		if !ok {
			f.wrong.add(name, "Enter a valid UUID.", "invalid")
			return nil
		}
		out = append(out, id)
	}
	return out
}

var plainNumber = regexp.MustCompile(`^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*$`)

// number is a number, nil if it is not there.
func (f *filters) number(name string) *float64 {
	text := f.text(name)
	if text == "" {
		return nil
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if !plainNumber.MatchString(text) || err != nil {
		f.wrong.add(name, "Enter a number.", "invalid")
		return nil
	}
	return &value
}

// lastEpoch is the end of the year 9999.
const lastEpoch = 253_402_300_799

// epoch is a time in Unix seconds, zero if it is not there.
func (f *filters) epoch(name string) time.Time {
	seconds := f.number(name)
	if seconds == nil {
		return time.Time{}
	}
	if *seconds < -lastEpoch || *seconds > lastEpoch {
		f.wrong.add(name, "Enter a number.", "invalid")
		return time.Time{}
	}
	return time.UnixMicro(int64(*seconds * 1e6))
}

// moment is an exact time in ISO 8601, zero if it is not there.
func (f *filters) moment(name string) time.Time {
	text := f.text(name)
	if text == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	f.wrong.add(name, "Enter a valid date/time.", "invalid")
	return time.Time{}
}

// flag is a boolean; what is not one is ignored.
func (f *filters) flag(name string) (value, set bool) {
	switch strings.ToLower(f.text(name)) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

var boxText = regexp.MustCompile(`^-?\d+(\.\d+)?(,-?\d+(\.\d+)?){3}$`)

// box is an area, nil if it is not there.
func (f *filters) box(name string) *box {
	text := f.text(name)
	if text == "" {
		return nil
	}
	if !boxText.MatchString(text) {
		f.wrong.add(name, "Expected four comma separated numbers.", "invalid")
		return nil
	}
	var corners [4]float64
	for i, number := range strings.Split(text, ",") {
		corners[i], _ = strconv.ParseFloat(number, 64) // the pattern has checked it
	}
	area := boxAround(point{corners[0], corners[1]}, point{corners[2], corners[3]})
	return &area
}
