package noa

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"time"
)

// kinds are the ways in which a call can fail, in the order in which they are shown.
var kinds = [...]string{"401", "403", "404", "409", "429", "5xx", "timeout", "no answer", "other"}

// kindIndex is the way in which a call failed.
func (c Call) kindIndex() int {
	var timeout net.Error
	name := "other"
	switch {
	case c.Status >= http.StatusInternalServerError:
		name = "5xx"
	case c.Status != 0:
		name = statusName(c.Status)
	case errors.Is(c.Err, context.DeadlineExceeded), errors.As(c.Err, &timeout) && timeout.Timeout():
		name = "timeout"
	case c.troubled():
		name = "no answer"
	}
	return slices.Index(kinds[:], name)
}

func statusName(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "401"
	case http.StatusForbidden:
		return "403"
	case http.StatusNotFound:
		return "404"
	case http.StatusConflict:
		return "409"
	case http.StatusTooManyRequests:
		return "429"
	}
	return "other"
}

// troubled says whether a call failed through Noa's trouble, and not through what was asked.
func (c Call) troubled() bool { return passing(c.Err) || errors.Is(c.Err, ErrUnknownOutcome) }

// left says whether whoever wanted the answer went away first: that tells nothing of Noa.
func (c Call) left() bool { return errors.Is(c.Err, context.Canceled) }

// bounds part the times that calls take, so that they can be counted instead of kept.
var bounds = [...]time.Duration{
	2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 75 * time.Millisecond,
	100 * time.Millisecond, 150 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond,
	400 * time.Millisecond, 500 * time.Millisecond, 750 * time.Millisecond, time.Second,
	1500 * time.Millisecond, 2 * time.Second, 3 * time.Second, 5 * time.Second, 8 * time.Second, 12 * time.Second,
}

// A tally counts calls by how they went and how long they took.
type tally struct {
	calls, failed uint32
	errors        [len(kinds)]uint32
	took          [len(bounds) + 1]uint32
	longest       time.Duration
}

func (t *tally) add(c Call) {
	t.calls++
	if c.Err != nil {
		t.errors[c.kindIndex()]++
	}
	if c.troubled() {
		t.failed++
	}
	i, _ := slices.BinarySearch(bounds[:], c.Took)
	t.took[i]++
	t.longest = max(t.longest, c.Took)
}

func (t *tally) merge(other *tally) {
	t.calls += other.calls
	t.failed += other.failed
	for i, n := range other.errors {
		t.errors[i] += n
	}
	for i, n := range other.took {
		t.took[i] += n
	}
	t.longest = max(t.longest, other.longest)
}

// percentile is the time within which so many calls in a hundred came to their
// end, taken as spread evenly between two bounds.
func (t *tally) percentile(p uint32) time.Duration {
	rank := float64(t.calls) * float64(p) / 100
	low, before := time.Duration(0), 0.0
	for i, n := range t.took {
		high := t.longest
		if i < len(bounds) {
			high = min(high, bounds[i])
		}
		if n > 0 && before+float64(n) >= rank {
			return low + time.Duration(float64(high-low)*(rank-before)/float64(n))
		}
		low, before = high, before+float64(n)
	}
	return t.longest
}

func (t *tally) conditions(endpoint string) Conditions {
	c := Conditions{Endpoint: endpoint, Calls: int(t.calls), Failed: int(t.failed), P50: t.percentile(50), P95: t.percentile(95)}
	for i, n := range t.errors {
		if n > 0 {
			c.Errors = append(c.Errors, ErrorCount{kinds[i], int(n)})
		}
	}
	return c
}

// An hour holds a tally for each of the last sixty minutes in which there was a call.
type hour []minute

// A minute is counted from when measuring began.
type minute struct {
	number int64
	tally
}

const hourMinutes = 60

// add counts a call in the minute of that number, and drops what is older than an hour.
func (h *hour) add(number int64, c Call) {
	old := 0
	for old < len(*h) && (*h)[old].number <= number-hourMinutes {
		old++
	}
	*h = slices.Delete(*h, 0, old)
	if last := len(*h) - 1; last < 0 || (*h)[last].number < number {
		*h = append(*h, minute{number: number})
	}
	(*h)[len(*h)-1].add(c)
}

// since adds up the last minutes before and with the one of that number.
func (h hour) since(number, minutes int64, sum *tally) {
	for i := len(h) - 1; i >= 0 && h[i].number > number-minutes; i-- {
		sum.merge(&h[i].tally)
	}
}
