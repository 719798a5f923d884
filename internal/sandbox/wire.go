package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// stamp writes a time in whole seconds, as all of Noa's answers do.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// stampOrNull writes the zero time as null.
func stampOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := stamp(t)
	return &text
}

// decimal is a number that keeps its point on the wire: 41.0.
type decimal float64

// MarshalJSON writes at least one decimal.
func (d decimal) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(d), 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return []byte(text), nil
}

func decimalOrNull(f *float64) *decimal {
	if f == nil {
		return nil
	}
	d := decimal(*f)
	return &d
}

// span writes a duration as [D ]HH:MM:SS[.ffffff].
func span(d time.Duration) string {
	days, rest := d/(24*time.Hour), d%(24*time.Hour)
	text := fmt.Sprintf("%02d:%02d:%02d", rest/time.Hour, rest%time.Hour/time.Minute, rest%time.Minute/time.Second)
	if micros := rest % time.Second / time.Microsecond; micros > 0 {
		text += fmt.Sprintf(".%06d", micros)
	}
	if days > 0 {
		text = strconv.Itoa(int(days)) + " " + text
	}
	return text
}

// geometry is GeoJSON, longitude first.
type geometry struct {
	Type        string `json:"type"`
	Coordinates any    `json:"coordinates"`
}

func pointOrNull(p *point) *geometry {
	if p == nil {
		return nil
	}
	return &geometry{"Point", *p}
}

func lineOrNull(line []point) *geometry {
	if len(line) == 0 {
		return nil
	}
	return &geometry{"LineString", line}
}

// textOrNull writes "" as null.
func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
