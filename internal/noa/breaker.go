package noa

import (
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

// When calls of a collection are given up for a while; see docs/noa.md, "Limits of the desk".
const (
	breakAfter  = 5 // failures in a row
	breakWithin = 10 * time.Second
	breakFor    = 5 * time.Second // then one call tries
)

var errBroken = errors.New("noa: not asked, as the last calls went unanswered")

// breakers keep a collection that Noa does not answer from being asked again
// and again. Others go on: failing trips do not close bicycles.
type breakers struct {
	mu sync.Mutex
	of map[string]*gobreaker.CircuitBreaker[answer]
}

func newBreakers() *breakers {
	return &breakers{of: make(map[string]*gobreaker.CircuitBreaker[answer])}
}

// try makes the call unless its collection is given up at the moment.
func (b *breakers) try(r request, call func() (answer, error)) (answer, error) {
	a, err := b.breaker(r.collection()).Execute(call)
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		e := r.failure(ErrUnreachable, errBroken)
		e.RetryAfter = breakFor
		return answer{}, e
	}
	return a, err
}

func (b *breakers) breaker(collection string) *gobreaker.CircuitBreaker[answer] {
	b.mu.Lock()
	defer b.mu.Unlock()
	cb := b.of[collection]
	if cb == nil {
		cb = gobreaker.NewCircuitBreaker[answer](gobreaker.Settings{
			Interval:     breakWithin,
			Timeout:      breakFor,
			ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakAfter },
			IsSuccessful: func(err error) bool { return !unanswering(err) },
			IsExcluded:   func(err error) bool { return err != nil && !telling(err) },
		})
		b.of[collection] = cb
	}
	return cb
}

// unanswering says whether a call failed as those do where Noa is out of order.
func unanswering(err error) bool {
	return errors.Is(err, ErrUnreachable) || errors.Is(err, ErrUnknownOutcome)
}

// telling says whether a failed call tells anything of Noa: one that the desk itself held back or cut short does not.
func telling(err error) bool {
	var e *Error
	return errors.As(err, &e) && !e.hurried && (e.Status != 0 || unanswering(e))
}
