package static

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// themes are the two forms of every colour, in the order of light-dark().
var themes = [2]string{"light", "dark"}

var pair = regexp.MustCompile(`light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)`)

// A colour has its red, green and blue from 0 to 1, without the curve of screens.
type colour [3]float64

func colourOf(hex string) (c colour) {
	for i := range c {
		v, _ := strconv.ParseUint(hex[2*i:2*i+2], 16, 8) // the expression above takes nothing else
		s := float64(v) / 255
		if c[i] = s / 12.92; s > 0.04045 {
			c[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	return c
}

// luminance and contrast are those of WCAG 2.2.
func (c colour) luminance() float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }

func contrast(a, b colour) float64 {
	light, dark := max(a.luminance(), b.luminance()), min(a.luminance(), b.luminance())
	return (light + 0.05) / (dark + 0.05)
}

// lab is the colour in CIELAB under D65.
func (c colour) lab() [3]float64 {
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x := f((0.4124564*c[0] + 0.3575761*c[1] + 0.1804375*c[2]) / 0.95047)
	y := f(c.luminance())
	z := f((0.0193339*c[0] + 0.1191920*c[1] + 0.9503041*c[2]) / 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// apart is the distance of two colours by the formula of 1976.
func apart(a, b colour) float64 {
	p, q := a.lab(), b.lab()
	return math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
}

func TestContrastIsThatOfTheStandard(t *testing.T) {
	t.Parallel()
	if got := contrast(colourOf("ffffff"), colourOf("000000")); math.Abs(got-21) > 0.001 {
		t.Errorf("black on white: %v", got)
	}
	if got := contrast(colourOf("777777"), colourOf("ffffff")); math.Abs(got-4.478) > 0.001 {
		t.Errorf("#777 on white: %v", got)
	}
	if got := apart(colourOf("ffffff"), colourOf("000000")); math.Abs(got-100) > 0.01 {
		t.Errorf("black is %v from white", got)
	}
}

// palette are the style sheet's named colours in one theme.
func palette(t *testing.T, theme int) map[string]colour {
	t.Helper()
	colours := map[string]colour{}
	for _, found := range regexp.MustCompile(`--([a-z_-]+): `+pair.String()).FindAllStringSubmatch(sheet(t), -1) {
		if _, twice := colours[found[1]]; !twice { // what is asked for more contrast comes later
			colours[found[1]] = colourOf(found[2+theme])
		}
	}
	return colours
}

func sheet(t *testing.T) string {
	t.Helper()
	return string(read(t, "app/desk.css"))
}

var (
	grounds = strings.Fields("page card sunk hover red-wash amber-wash green-wash")
	states  = strings.Fields("available reserved rented in_maintenance lost unrecoverable retired")
)

// least is the smallest contrast in which a colour may stand on each of the grounds.
func least(t *testing.T, want float64, names, grounds []string) {
	t.Helper()
	for theme := range themes {
		colours := palette(t, theme)
		for _, name := range names {
			for _, ground := range grounds {
				a, okA := colours[name]
				b, okB := colours[ground]
				if got := contrast(a, b); !okA || !okB || got < want {
					t.Errorf("%s: %s on %s has %.2f, want %.1f", themes[theme], name, ground, got, want)
				}
			}
		}
	}
}

func TestTextCanBeRead(t *testing.T) {
	t.Parallel()
	least(t, 4.5, strings.Fields("text muted link red"), grounds)
	least(t, 4.5, []string{"on-accent"}, []string{"accent"})
}

func TestWhatIsNoTextCanBeSeen(t *testing.T) {
	t.Parallel()
	least(t, 3, strings.Fields("control focus accent"), []string{"page", "card"})
	least(t, 3, states, []string{"page", "card", "hover"})
}

// inRule are the colours that stand in a rule itself.
func inRule(t *testing.T, selector string, theme int) (colours []colour) {
	t.Helper()
	rule := regexp.MustCompile(regexp.QuoteMeta(selector) + ` \{[^}]*\}`).FindString(sheet(t))
	for _, found := range pair.FindAllStringSubmatch(rule, -1) {
		colours = append(colours, colourOf(found[1+theme]))
	}
	return colours
}

func TestOrganisationsStripesCanBeSeen(t *testing.T) {
	t.Parallel()
	for theme := range themes {
		card := palette(t, theme)["card"]
		for i := range 6 {
			hue := inRule(t, ".hue-"+strconv.Itoa(i), theme)
			if len(hue) != 1 || contrast(hue[0], card) < 3 {
				t.Errorf("%s: stripe %d is %v", themes[theme], i, hue)
			}
		}
	}
}

func TestThePracticeBandCanBeRead(t *testing.T) {
	t.Parallel()
	for theme := range themes {
		band := inRule(t, ".practice", theme)
		if len(band) != 3 || contrast(band[0], band[1]) < 4.5 || contrast(band[0], band[2]) < 4.5 {
			t.Errorf("%s: the band is %v", themes[theme], band)
		}
	}
}

func TestStatesHuesStayApart(t *testing.T) {
	t.Parallel()
	for theme := range themes {
		colours := palette(t, theme)
		for i, a := range states {
			for _, b := range states[:i] {
				if got := apart(colours[a], colours[b]); got < 20 {
					t.Errorf("%s: %s and %s are %.1f apart", themes[theme], a, b, got)
				}
			}
		}
	}
}
