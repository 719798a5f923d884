package views

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"noadesk/internal/noa"
)

// Report is what whoever looks after Noa needs to find our calls again: times,
// endpoints, statuses and Noa's request ids. Questions, tokens and what Noa
// answered are not in it.
func (p NoaWeather) Report() string {
	var b strings.Builder
	w := p.Weather
	fmt.Fprintf(&b, "Noa as Noadesk %s saw it\n", clip(p.Version, 40))
	fmt.Fprintf(&b, "Organization %s\n", p.Org.UUID)
	fmt.Fprintf(&b, "From %s to %s (all times are UTC)\n\n", stamp(w.Since), stamp(w.At))
	fmt.Fprintf(&b, "%s. %s\n", p.headline(), p.why())
	if w.SkewKnown {
		fmt.Fprintf(&b, "Difference of the clocks: %s.\n", skew(w.Skew))
	}
	for _, t := range w.Tokens {
		fmt.Fprintf(&b, "Token from key %s: %s\n", keyEnd(t.Fingerprint), tokenWords(Org{}, t))
	}
	reportCalls(&b, w)
	reportFailures(&b, w.Failures)
	return b.String()
}

func reportCalls(b *strings.Builder, w noa.Weather) {
	b.WriteString("\nCalls\n")
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "endpoint\tcalls\tp50\tp95\terrors")
	for _, c := range append(w.Endpoints, w.All) {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\n", endpointWord(c.Endpoint), c.Calls, tookOf(c, c.P50), tookOf(c, c.P95), errorWords(c.Errors))
	}
	_ = table.Flush() // a Builder takes everything
}

func reportFailures(b *strings.Builder, failures []noa.Failure) {
	fmt.Fprintf(b, "\nFailures, the newest first: %d\n", len(failures))
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, f := range failures {
		id := none
		if f.RequestID != "" {
			id = clip(f.RequestID, 80)
		}
		fmt.Fprintf(table, "%s\t%s %s\t%s\t%s\trequest %s\n", stamp(f.At), clip(f.Method, 10), endpointWord(f.Endpoint), failureWord(f), elapsed(f.Took), id)
	}
	_ = table.Flush()
}

// mostFailures are shown on the page, which a phone has to show too; the report has all.
const mostFailures = 12

func (p NoaWeather) newest() []noa.Failure {
	return p.Weather.Failures[:min(len(p.Weather.Failures), mostFailures)]
}

// headline is the word as pages say it.
func (p NoaWeather) headline() string { return "Noa: " + wordOf(p.Weather.Word) }

// wordOf is a word of the weather as pages say it.
func wordOf(w noa.Word) string {
	switch w {
	case noa.Fine, noa.Slow, noa.Failing:
		return string(w)
	}
	return "not asked"
}

// why is what was measured that made the word what it is.
func (p NoaWeather) why() string {
	sky := p.Weather.Sky
	switch {
	case sky.Word == noa.Unknown:
		return "Nothing was asked since " + p.Org.clock(p.Weather.Since) + "."
	case sky.NoToken:
		return "A token is needed and there is none."
	case len(sky.Given) > 0:
		return "Calls of " + clip(strings.Join(sky.Given, ", "), 200) + " keep failing; the desk leaves them alone for a few seconds before it tries again."
	case sky.Calls == 0:
		return "Nothing was asked in the last 5 minutes."
	case sky.Word == noa.Failing:
		return fmt.Sprintf("%s of %s in the last 5 minutes failed.", thousands(sky.Failed), count(sky.Calls, "call"))
	case sky.Word == noa.Slow:
		return fmt.Sprintf("One in twenty of %s in the last 5 minutes took longer than %s.", count(sky.Calls, "call"), elapsed(sky.P95))
	}
	return fmt.Sprintf("%s in the last 5 minutes, nineteen in twenty within %s; %d failed.", count(sky.Calls, "call"), elapsed(sky.P95), sky.Failed)
}

// tokenWords say how it stands with a token.
func tokenWords(o Org, t noa.TokenState) string {
	var said string
	switch {
	case t.Usable:
		said = fmt.Sprintf("Valid for %s, until %s.", duration(t.Until.Sub(Now())), o.clock(t.Until))
	case t.Refused:
		said = "None: Noa refuses this key."
	case t.Trouble != "":
		said = "None: the last exchange failed (" + clip(t.Trouble, 60) + ")."
	default:
		return fmt.Sprintf("It ran out at %s; the next call asks for a new one.", o.clock(t.Until))
	}
	if t.Usable && t.Trouble != "" {
		said += " It could not be renewed yet (" + clip(t.Trouble, 60) + ")."
	}
	if t.Retry.After(Now()) {
		said += " The next try is not before " + o.second(t.Retry) + "."
	}
	return said
}

// keyEnd is enough of a fingerprint to know a key by that one has seen before.
func keyEnd(fingerprint string) string {
	runes := []rune(clip(fingerprint, 200))
	return "…" + string(runes[max(0, len(runes)-4):])
}

func endpointWord(endpoint string) string {
	switch endpoint {
	case "":
		return "all"
	case noa.Exchanging:
		return "jwt (token)"
	}
	return clip(endpoint, 60)
}

// errorWords are how many calls failed in which way: "404 ×2, 5xx ×3".
func errorWords(errors []noa.ErrorCount) string {
	if len(errors) == 0 {
		return none
	}
	var words []string
	for _, e := range errors {
		words = append(words, clip(e.Kind, 20)+" ×"+thousands(e.Count))
	}
	return strings.Join(words, ", ")
}

func failureWord(f noa.Failure) string {
	if f.Status == 0 {
		return clip(f.Kind, 20)
	}
	return fmt.Sprint(f.Status)
}

// elapsed is how long a call took.
func elapsed(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "under 1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// exchanges are how many brought a token and how many did not.
func (p NoaWeather) exchanges() string {
	for _, c := range p.Weather.Endpoints {
		if c.Endpoint != noa.Exchanging {
			continue
		}
		failed := 0
		for _, e := range c.Errors {
			failed += e.Count
		}
		return fmt.Sprintf("%s well, %s failed", thousands(c.Calls-failed), thousands(failed))
	}
	return "none"
}

// tookOf is a measured time, if anything was measured.
func tookOf(c noa.Conditions, d time.Duration) string {
	if c.Calls == 0 {
		return none
	}
	return elapsed(d)
}
