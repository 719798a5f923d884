package views

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"noadesk/internal/noa"
)

// none is what stands where nothing is known.
const none = "–"

// ago is an age in one number and one unit: "12 s", "5 min", "4 h", "3 d".
// A time a little ahead is clock difference, which the desk corrects up to so much, and counts as now.
func ago(t time.Time) string {
	if t.IsZero() {
		return none
	}
	d := Now().Sub(t)
	switch {
	case d < -15*time.Minute:
		return "in the future"
	case d < time.Second:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}

// Limits between fresh, ageing, old and silent, of the age of a signal.
const (
	ageingAfter = 15 * time.Minute
	oldAfter    = time.Hour
	silentAfter = 24 * time.Hour
)

// ageClass names how old a signal is.
func ageClass(t time.Time) string {
	switch d := Now().Sub(t); {
	case t.IsZero() || d >= silentAfter:
		return "silent"
	case d >= oldAfter:
		return "old"
	case d >= ageingAfter:
		return "ageing"
	}
	return "fresh"
}

// In is the organisation's zone.
func (o Org) in() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

// ZoneName is the zone's name as a page says it once.
func (o Org) ZoneName() string { return o.in().String() }

// clock is a moment in the organisation's zone: the day is left out where it is today's.
func (o Org) clock(t time.Time) string {
	if t.IsZero() {
		return none
	}
	t = t.In(o.in())
	now := Now().In(o.in())
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format("2 Jan 15:04")
	}
	return t.Format("2 Jan 2006 15:04")
}

// moment is a moment in full, with its day and seconds.
func (o Org) moment(t time.Time) string {
	if t.IsZero() {
		return none
	}
	return t.In(o.in()).Format("2 Jan 2006 15:04:05")
}

// second is a moment of today to the second.
func (o Org) second(t time.Time) string { return t.In(o.in()).Format("15:04:05") }

// duration is a length of time in its two largest units: "13 min", "1 d 2 h".
func duration(d time.Duration) string {
	switch {
	case d < 0:
		return none
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
}

// skew says how far the desk's clock is from Noa's.
func skew(d time.Duration) string {
	if d.Abs() < time.Second {
		return "less than a second"
	}
	side := "behind"
	if d < 0 {
		side = "ahead of"
	}
	apart := d.Abs().Round(time.Second)
	if apart < 10*time.Minute {
		return fmt.Sprintf("%d s, the desk is %s Noa", int(apart.Seconds()), side)
	}
	return fmt.Sprintf("%s, the desk is %s Noa", duration(apart), side)
}

// percent is a charge: whole percents, "0 %" included. What can be no charge at all is none.
func percent(p *float64) string {
	if p == nil || math.Abs(*p) > 1000 {
		return none
	}
	return strconv.Itoa(int(math.Round(*p))) + " %"
}

// lowCharge is the percentage below which a charge is called low.
const lowCharge = 20

// low goes by the whole percents that are shown.
func low(p *float64) bool { return p != nil && math.Round(*p) < lowCharge }

// metres is a distance: metres under a kilometre, else kilometres with one decimal.
func metres(m *int) string {
	switch {
	case m == nil || *m < 0:
		return none
	case *m < 1000:
		return strconv.Itoa(*m) + " m"
	}
	return strconv.FormatFloat(float64(*m)/1000, 'f', 1, 64) + " km"
}

// accuracy is how far off a fix may be, or "" where Noa does not say.
func accuracy(a *float64) string {
	switch {
	case a == nil || *a < 0:
		return ""
	case *a >= 1000:
		return "±" + strconv.FormatFloat(*a/1000, 'f', 0, 64) + " km"
	}
	return "±" + strconv.FormatFloat(*a, 'f', 0, 64) + " m"
}

// roughOver is the accuracy in metres from which a fix is called rough.
const roughOver = 100

// coordinates are latitude and longitude as people paste them into a map.
func coordinates(lat, lon float64) string {
	return strconv.FormatFloat(lat, 'f', 5, 64) + ", " + strconv.FormatFloat(lon, 'f', 5, 64)
}

// stateWords are what the states are called on pages.
var stateWords = map[noa.State]string{
	noa.Available:     "Available",
	noa.Reserved:      "Reserved",
	noa.Rented:        "Rented",
	noa.InMaintenance: "In maintenance",
	noa.Lost:          "Lost – position unknown",
	noa.Unrecoverable: "Unrecoverable – place known",
	noa.Retired:       "Retired",
}

// StateWord is what a state is called on pages; a state that Noa does not document is shown as it is.
func StateWord(s noa.State) string {
	if w, ok := stateWords[s]; ok {
		return w
	}
	if s == "" {
		return "no state"
	}
	return clip(string(s), 40)
}

// shortState is a state's word for narrow places.
func shortState(s noa.State) string {
	word, _, _ := strings.Cut(StateWord(s), " – ")
	return word
}

var categoryWords = map[noa.Category]string{
	"":                "No category",
	noa.Damaged:       "Bicycle damaged",
	noa.Missing:       "Bicycle missing",
	noa.NeedsBicycles: "Place needs bicycles",
}

// CategoryWord is what a ticket's category is called on pages; one that Noa does not document is shown as it is.
func CategoryWord(c noa.Category) string {
	if w, ok := categoryWords[c]; ok {
		return w
	}
	return clip(string(c), 40)
}

// tripWord says in words what kind of trip it was.
func tripWord(t noa.Trip) string {
	var words []string
	switch t.AssetState {
	case noa.Staff:
		words = append(words, "workshop")
	case noa.InService, "":
		words = append(words, "rider")
	default:
		words = append(words, clip(plain(t.AssetState), 30))
	}
	switch t.Type {
	case noa.Regular, "":
	case noa.Suspicious:
		words = append(words, "suspicious")
	default:
		words = append(words, clip(plain(t.Type), 30))
	}
	return strings.Join(words, ", ")
}

// verbs are what Noa's transitions are called on pages.
var verbs = map[string]string{
	"declare_available":        "put into service",
	"put_in_maintenance":       "put into maintenance",
	"take_over":                "taken over by the workshop",
	"declare_lost":             "declared lost",
	"declare_unrecoverable":    "declared unrecoverable",
	"reserve":                  "reserved",
	"cancel_reservation":       "reservation cancelled",
	"rent":                     "rented",
	"return":                   "returned",
	"return_":                  "returned",
	"force_put_in_maintenance": "forced into maintenance",
	"retire":                   "retired",
	"expire_reservation":       "reservation ran out",
	"expire_rental_session":    "rental ran out",
}

func verb(transition string) string {
	if w, ok := verbs[transition]; ok {
		return w
	}
	return clip(plain(transition), 40)
}

// plain turns a name of the wire into words.
func plain(s string) string { return strings.ReplaceAll(s, "_", " ") }

// number is what a bicycle is called; one without a name is called by its short id.
func number(b noa.Bicycle) string {
	switch {
	case visible(b.Name):
		return firstWords(b.Name, 60)
	case visible(b.ShortID):
		return firstWords(b.ShortID, 20)
	}
	return "unnamed"
}

// visible says whether a text holds anything that can be seen: a link needs something to click.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) })
}

// fingerprint is a fingerprint in groups of four.
func fingerprint(f string) string {
	var b strings.Builder
	for i, r := range f {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// shortFingerprint is enough of a fingerprint to tell keys apart.
func shortFingerprint(f string) string {
	return fingerprint(string([]rune(f)[:min(16, utf8.RuneCountInString(f))]))
}

// firstWords is the beginning of a text on one line.
func firstWords(s string, most int) string { return clip(strings.Join(strings.Fields(s), " "), most) }

// clip cuts a foreign text to a length in runes and takes out what could turn
// the page's text round: control characters and marks of direction.
func clip(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || !unicode.IsControl(r) && !turns(r) {
			return r
		}
		return -1
	}, s)
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// turns says whether r changes the direction of the text after it.
func turns(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x061c
}

// count is a number with its word: "1 bicycle", "12 bicycles".
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return thousands(n) + " " + word + "s"
}

// thousands groups a number by a narrow space.
func thousands(n int) string {
	sign, s := "", strconv.Itoa(n)
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return sign + s
}

// ignored says which query parameters a page did not know.
func ignored(names []string) string {
	var quoted []string
	for _, n := range names {
		quoted = append(quoted, "“"+clip(n, 40)+"”")
	}
	if len(quoted) == 1 {
		return "This page does not know the parameter " + quoted[0] + " and ignored it."
	}
	return "This page does not know the parameters " + strings.Join(quoted, ", ") + " and ignored them."
}

// statusLine is a status in words, for readers who report it.
func statusLine(status int) string { return fmt.Sprintf("%d · %s", status, http.StatusText(status)) }
