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
	delay := max(0, p.gone[p.next].Add(p.within).Sub(now))
	if end, limited := ctx.Deadline(); limited && now.Add(delay).After(end) {
		return 0, false
	}
	p.gone[p.next] = now.Add(delay)
	p.next = (p.next + 1) % len(p.gone)
	return delay, true
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
