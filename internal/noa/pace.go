package noa

import (
	"context"
	"sync"
	"time"
)

// jitter is added to the second over which calls are counted: Noa counts them
// when they arrive, which is not as evenly as they left.
const jitter = 50 * time.Millisecond

// A pace lets so many calls go in any second, at once where that many have not
// gone in the last one. A nil pace lets all go.
type pace struct {
	within time.Duration // no more than len(gone) calls go in any time as long as this
	mu     sync.Mutex
	gone   []time.Time // when the last calls went or will go, the oldest at next
	next   int
}

func newPace(rate float64) *pace {
	if rate <= 0 {
		return nil
	}
	atOnce := max(1, int(rate))
	within := time.Duration(float64(atOnce) / rate * float64(time.Second))
	return &pace{within: within + jitter, gone: make([]time.Time, atOnce)}
}

// wait blocks until the call may go. It gives up at once where the wait would outlast ctx.
func (p *pace) wait(ctx context.Context) error {
	if p == nil {
		return ctx.Err()
	}
	delay, ok := p.reserve(ctx)
	if !ok {
		return ErrBusy
	}
	return sleep(ctx, delay)
}

func (p *pace) reserve(ctx context.Context) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	delay := p.delay(now)
	if outlasts(ctx, delay) {
		return 0, false
	}
	p.take(now.Add(delay))
	return delay, true
}

// now takes the moment, if for a while nobody else wanted it, and else says how
// long there is none. It reserves nothing, so that whoever waits goes first.
func (p *pace) now() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	delay := p.delay(now.Add(-jitter))
	if delay == 0 {
		p.take(now)
	}
	return delay
}

func (p *pace) delay(now time.Time) time.Duration {
	return max(0, p.gone[p.next].Add(p.within).Sub(now))
}

func (p *pace) take(at time.Time) {
	p.gone[p.next] = at
	p.next = (p.next + 1) % len(p.gone)
}

// outlasts says whether ctx ends before that time is over.
func outlasts(ctx context.Context, d time.Duration) bool {
	end, limited := ctx.Deadline()
	return limited && time.Until(end) < d
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
