package views

import (
	"slices"
	"strings"
	"testing"
	"time"

	"noadesk/internal/noa"
)

// weatherSamples are a page for each word, and the one without a key.
func weatherSamples(*testing.T) []sample {
	page := func(w noa.Weather) NoaWeather {
		w.At, w.Since = noon, noon.Add(-time.Hour)
		return NoaWeather{Org: ours, HasKey: true, CanKeep: true, Version: "1.0.0", Weather: w}
	}
	fine, slow, failing := page(fineWeather()), page(slowWeather()), page(failingWeather())
	fine.CanKeep = false
	return []sample{
		{"weather-fine", fine},
		{"weather-slow", slow},
		{"weather-failing", failing},
		{"weather-no-calls", page(noa.Weather{Sky: noa.Sky{Word: noa.Unknown}})},
		{"weather-no-key", NoaWeather{Org: ours, Weather: noa.Weather{Sky: noa.Sky{Word: noa.Unknown}, At: noon}}},
	}
}

func fineWeather() noa.Weather {
	return noa.Weather{
		Sky:       noa.Sky{Word: noa.Fine, Calls: 112, Failed: 1, P95: 212 * time.Millisecond},
		All:       noa.Conditions{Calls: 1204, Failed: 1, P50: 48 * time.Millisecond, P95: 212 * time.Millisecond, Errors: []noa.ErrorCount{{Kind: "404", Count: 2}, {Kind: "5xx", Count: 1}}},
		Endpoints: []noa.Conditions{{Endpoint: "bicycles", Calls: 1200, P50: 48 * time.Millisecond, P95: 212 * time.Millisecond}, {Endpoint: "jwt", Calls: 4, P50: 90 * time.Millisecond, P95: 140 * time.Millisecond}},
		Failures:  []noa.Failure{{At: noon.Add(-4 * time.Minute), Method: "GET", Endpoint: "trips", Kind: "5xx", Status: 502, RequestID: "5e1f-77", Took: 31 * time.Millisecond}},
		Tokens:    []noa.TokenState{{Fingerprint: strings.Repeat("0fe69f2c", 8), Generation: 3, Got: noon.Add(-time.Hour), Until: noon.Add(41 * time.Minute), Usable: true}},
		Skew:      2 * time.Second, SkewKnown: true,
	}
}

func slowWeather() noa.Weather {
	w := fineWeather()
	w.Sky = noa.Sky{Word: noa.Slow, Calls: 40, P95: 2640 * time.Millisecond}
	w.Failures = slices.Repeat(w.Failures, mostFailures+1)
	w.Tokens[0].Trouble, w.Tokens[0].Retry = "timeout", noon.Add(12*time.Second)
	return w
}

func failingWeather() noa.Weather {
	return noa.Weather{
		Sky:       noa.Sky{Word: noa.Failing, Calls: 9, Failed: 7, P95: 8 * time.Second},
		All:       noa.Conditions{Calls: 9, Failed: 7, P50: 7 * time.Second, P95: 8 * time.Second, Errors: []noa.ErrorCount{{Kind: "5xx", Count: 3}, {Kind: "timeout", Count: 4}}},
		Endpoints: []noa.Conditions{{Endpoint: "support_tickets", Calls: 9, Failed: 7, P50: 7 * time.Second, P95: 8 * time.Second, Errors: []noa.ErrorCount{{Kind: "5xx", Count: 3}, {Kind: "timeout", Count: 4}}}},
		Failures: []noa.Failure{
			{At: noon.Add(-5 * time.Second), Method: "GET", Endpoint: "support_tickets", Kind: "timeout", Took: 8 * time.Second},
			{At: noon.Add(-19 * time.Second), Method: "POST", Endpoint: "support_tickets", Kind: "5xx", Status: 503, RequestID: "5e1f-78", Took: 12 * time.Millisecond},
		},
		Tokens: []noa.TokenState{
			{Fingerprint: strings.Repeat("0fe69f2c", 8), Generation: 1, Until: noon.Add(-2 * time.Minute), Refused: true, Trouble: "refused", Retry: noon.Add(30 * time.Second)},
			{Fingerprint: strings.Repeat("ab12", 16), Trouble: "status 502"},
			{Fingerprint: strings.Repeat("cd34", 16), Generation: 9, Until: noon.Add(-5 * time.Minute), Renewals: 2},
		},
	}
}
