package noa

import (
	"testing"
	"time"
)

func TestAClockIsPutRightWithinReason(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]time.Duration{
		0: 0, 4 * time.Second: 0, -4 * time.Second: 0,
		10 * time.Minute: 10 * time.Minute, -10 * time.Minute: -10 * time.Minute,
		20 * time.Minute: 0, -20 * time.Minute: 0,
	} {
		var c clock
		now := time.Now()
		c.saw(now.Add(ahead), now, now)
		if got := c.correction(); got.Round(time.Millisecond) != want {
			t.Errorf("%v ahead: corrected by %v, want %v", ahead, got, want)
		}
		if skew, known := c.skew(); !known || skew.Round(time.Millisecond) != ahead {
			t.Errorf("%v ahead: seen as %v, %v", ahead, skew, known)
		}
	}
}

func TestSlowOrDatelessAnswersSayNothingAboutClocks(t *testing.T) {
	t.Parallel()
	var c clock
	now := time.Now()
	c.saw(time.Time{}, now, now)
	c.saw(now.Add(time.Hour), now, now.Add(2*time.Second))
	if _, known := c.skew(); known || c.corrected(0) {
		t.Error("something was learnt")
	}
}

func TestTheMedianOfFiveCounts(t *testing.T) {
	t.Parallel()
	var c clock
	now := time.Now()
	for _, s := range []int{900, 10, 11, 700, 12, 9, 800} {
		c.saw(now.Add(time.Duration(s)*time.Second), now, now)
	}
	if got, _ := c.skew(); got.Round(time.Second) != 12*time.Second {
		t.Errorf("got %v, want the middle of 11, 700, 12, 9, 800", got)
	}
}

func TestAfterARefusalTheNewestAnswerCounts(t *testing.T) {
	t.Parallel()
	var c clock
	now := time.Now()
	for range skewSamples {
		c.saw(now, now, now)
	}
	c.saw(now.Add(10*time.Minute), now, now)
	if c.correction() != 0 || !c.corrected(0) || c.correction().Round(time.Second) != 10*time.Minute {
		t.Errorf("corrected by %v", c.correction())
	}
	if c.corrected(c.correction()) {
		t.Error("corrected twice")
	}
}
