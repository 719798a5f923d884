package noa

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// A Time is a moment on the wire; null and what cannot be read are the zero time.
type Time struct{ time.Time }

// UnmarshalJSON reads Noa's whole seconds, and fractions and offsets too. It never fails: one bad moment
// must not cost the row.
func (t *Time) UnmarshalJSON(data []byte) error {
	*t = Time{}
	if len(data) < 2 || data[0] != '"' {
		return nil
	}
	text := string(data[1 : len(data)-1])
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			t.Time = at.UTC()
			return nil
		}
	}
	return nil
}

// A Duration is a length of time in either of Noa's forms: text such as
// "1 02:05:09.5" (days, then clock) or a number of seconds.
type Duration struct{ time.Duration }

// unreadable marks a duration that was on the wire and made no sense, since the pointer to it
// cannot be taken back while decoding; see [known].
const unreadable = time.Duration(-1)

// longest is more than any trip or idle time, and far from what overflows.
const longest = 100 * 365 * 24 * time.Hour

// UnmarshalJSON reads either form. It never fails: one bad member must not cost the row.
func (d *Duration) UnmarshalJSON(data []byte) error {
	d.Duration = unreadable
	if len(data) >= 2 && data[0] == '"' {
		if length, ok := parseDuration(string(data[1 : len(data)-1])); ok {
			d.Duration = length
		}
		return nil
	}
	var seconds float64
	if string(data) != "null" && json.Unmarshal(data, &seconds) == nil && seconds >= 0 && seconds <= longest.Seconds() {
		d.Duration = time.Duration(seconds * float64(time.Second))
	}
	return nil
}

// known is d, or nil where it could not be read.
func known(d *Duration) *Duration {
	if d == nil || d.Duration < 0 {
		return nil
	}
	return d
}

// parseDuration reads "[D ]HH:MM:SS[.ffffff]".
func parseDuration(text string) (time.Duration, bool) {
	days, clock, hasDays := strings.Cut(text, " ")
	if !hasDays {
		days, clock = "0", text
	}
	whole, fraction, hasFraction := strings.Cut(clock, ".")
	parts := strings.Split(whole, ":")
	if len(parts) != 3 {
		return 0, false
	}
	d, okD := digits(days, 1, 5, 36500)
	h, okH := digits(parts[0], 2, 2, 23)
	m, okM := digits(parts[1], 2, 2, 59)
	s, okS := digits(parts[2], 2, 2, 59)
	if !okD || !okH || !okM || !okS {
		return 0, false
	}
	total := time.Duration(d)*24*time.Hour + time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	if !hasFraction {
		return total, true
	}
	nanos, ok := digits(fraction, 1, 9, 999_999_999)
	for range 9 - len(fraction) {
		nanos *= 10
	}
	return total + time.Duration(nanos), ok
}

// digits reads a number that consists of digits only, unlike [strconv.Atoi] which takes signs.
func digits(text string, shortest, longest, limit int) (int, bool) {
	if len(text) < shortest || len(text) > longest || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n <= limit
}
