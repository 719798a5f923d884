package noa

import (
	"context"
	"sync"
	"time"
)

// A pace lets so many calls a second go, and never more than one second's
// worth at once. A nil pace lets all go.
type pace struct {
	every time.Duration
	mu    sync.Mutex
	next  time.Time // when the bucket is full again
}

func newPace(rate float64) *pace {
	if rate <= 0 {
		return nil
	}
	return &pace{every: time.Duration(float64(time.Second) / rate)}
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
	if p.next.Before(now) {
		p.next = now
	}
	delay := max(0, p.next.Add(p.every).Sub(now)-max(time.Second, p.every))
	if end, limited := ctx.Deadline(); limited && now.Add(delay).After(end) {
		return 0, false
	}
	p.next = p.next.Add(p.every)
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
