package noa

import (
	"slices"
	"sync"
	"time"
)

// How far clocks may be apart; see docs/noa.md, "Clocks".
const (
	skewSamples = 5
	skewIgnored = 5 * time.Second
	skewWarned  = 30 * time.Second
	skewRetried = time.Minute
	skewLimit   = 15 * time.Minute
	skewTrip    = 2 * time.Second // slower answers say too little
)

// A clock knows how far the token service's clock is ahead of this machine's.
type clock struct {
	mu      sync.Mutex
	samples []time.Duration // the newest last
}

// saw learns from an answer's Date.
func (c *clock) saw(date, sent, received time.Time) {
	trip := received.Sub(sent)
	if date.IsZero() || trip < 0 || trip >= skewTrip {
		return
	}
	middle := sent.Round(0).Add(trip / 2)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.samples = append(c.samples, date.Sub(middle))
	if len(c.samples) > skewSamples {
		c.samples = c.samples[1:]
	}
}

// skew is the median of what was seen, and whether anything was.
func (c *clock) skew() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.samples) == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(c.samples))
	return sorted[len(sorted)/2], true
}

// correction is what to add to this machine's time. Small differences are
// noise, and beyond the limit somebody has to set a clock.
func (c *clock) correction() time.Duration {
	skew, _ := c.skew()
	if skew.Abs() <= skewIgnored || skew.Abs() > skewLimit {
		return 0
	}
	return skew
}

// corrected says, after a refusal, whether the newest answer shows the clock
// so differently from what was used that another try makes sense, and then
// believes that answer alone: the older ones are from before a clock was set.
func (c *clock) corrected(used time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.samples) == 0 {
		return false
	}
	newest := c.samples[len(c.samples)-1]
	if (newest-used).Abs() <= skewRetried || newest.Abs() > skewLimit {
		return false
	}
	c.samples = []time.Duration{newest}
	return true
}
