package noa

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// behindPart of an organization's pace is what calls may take that nobody waits for.
const behindPart = 4

// A share is what an organization may take of Noa's time, whichever of its
// keys asks.
type share struct {
	gate    *gate
	lane    lane
	pace    *pace
	behind  *pace        // for what nobody waits for, within the other
	changes atomic.Int64 // so many were made: a read from before one is not joined or kept after it

	mu    sync.Mutex
	quiet map[string]time.Time // by collection: Noa asked to be left alone until then
}

func newShare(g *gate, rate float64) *share {
	return &share{gate: g, pace: newPace(rate), behind: newPace(rate / behindPart), quiet: make(map[string]time.Time)}
}

// enter waits for a place and for the pace. Whoever leaves says whether Noa answered.
func (s *share) enter(ctx context.Context, behind bool) (leave func(answered bool), err error) {
	p, err := s.gate.enter(ctx, &s.lane, behind)
	if err != nil {
		return nil, err
	}
	leave = func(answered bool) {
		p.answered = answered
		s.gate.leave(p)
	}
	if err := s.step(ctx, behind); err != nil {
		leave(false)
		return nil, err
	}
	return leave, nil
}

func (s *share) step(ctx context.Context, behind bool) error {
	if !behind || s.pace == nil {
		return s.pace.wait(ctx)
	}
	for {
		delay := s.yield()
		switch {
		case delay == 0:
			return ctx.Err()
		case outlasts(ctx, delay):
			return ErrBusy
		}
		if err := sleep(ctx, delay); err != nil {
			return err
		}
	}
}

// yield takes a moment of both paces, or says how long there is none.
func (s *share) yield() time.Duration {
	s.behind.mu.Lock()
	defer s.behind.mu.Unlock()
	now := time.Now()
	if delay := s.behind.delay(now); delay > 0 {
		return delay
	}
	delay := s.pace.now()
	if delay == 0 {
		s.behind.take(now)
	}
	return delay
}

// hush takes down that Noa wants to be left alone with a collection.
func (s *share) hush(collection string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if until := time.Now().Add(min(d, retryMax)); until.After(s.quiet[collection]) {
		s.quiet[collection] = until
	}
}

// hushed says how much longer a collection is to be left alone.
func (s *share) hushed(collection string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := time.Until(s.quiet[collection])
	if left <= 0 {
		delete(s.quiet, collection)
	}
	return left
}
