package views

import (
	"strings"
	"testing"
	"time"

	"noadesk/internal/noa"
)

func TestTheWordIsExplainedByWhatWasMeasured(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sky  noa.Sky
		want string
	}{
		{noa.Sky{Word: noa.Unknown}, "Nothing was asked since 10:30."},
		{noa.Sky{Word: noa.Fine}, "Nothing was asked in the last 5 minutes."},
		{noa.Sky{Word: noa.Fine, Calls: 1, P95: 90 * time.Millisecond}, "1 call in the last 5 minutes, nineteen in twenty within 90 ms; 0 failed."},
		{noa.Sky{Word: noa.Slow, Calls: 40, P95: 2640 * time.Millisecond}, "One in twenty of 40 calls in the last 5 minutes took longer than 2.6 s."},
		{noa.Sky{Word: noa.Failing, Calls: 9, Failed: 7}, "7 of 9 calls in the last 5 minutes failed."},
		{noa.Sky{Word: noa.Failing, Calls: 9, Given: []string{"bicycles", "trips"}}, "Calls of bicycles, trips keep failing; the desk leaves them alone for a few seconds before it tries again."},
		{noa.Sky{Word: noa.Failing, NoToken: true, Given: []string{"trips"}}, "A token is needed and there is none."},
	} {
		p := NoaWeather{Org: ours, Weather: noa.Weather{Sky: c.sky, Since: noon.Add(-time.Hour)}}
		if got := p.why(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestTheReportNamesWhatNoaNeedsAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, s := range weatherSamples(t) {
		p := s.page.(NoaWeather)
		text := p.Report()
		for _, want := range []string{ours.UUID, "2024-05-14T09:30:00Z", p.headline()} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the report lacks %s:\n%s", s.name, want, text)
			}
		}
		for _, f := range p.Weather.Failures {
			if !strings.Contains(text, stamp(f.At)) || !strings.Contains(text, f.RequestID) || !strings.Contains(text, f.Method+" "+f.Endpoint) {
				t.Errorf("%s: the report lacks %+v:\n%s", s.name, f, text)
			}
		}
		for _, never := range []string{ours.Name, ours.Slug, "0fe69f2c", "?", "@"} {
			if strings.Contains(text, never) {
				t.Errorf("%s: the report tells %s:\n%s", s.name, never, text)
			}
		}
	}
}

func TestTimesOfCallsAreShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "under 1 ms", 999 * time.Microsecond: "under 1 ms", time.Millisecond: "1 ms", 999 * time.Millisecond: "999 ms",
		time.Second: "1.0 s", 2640 * time.Millisecond: "2.6 s", 15 * time.Second: "15.0 s",
	} {
		if got := elapsed(d); got != want {
			t.Errorf("%s: got %q, want %q", d, got, want)
		}
	}
}
