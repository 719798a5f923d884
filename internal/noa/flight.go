package noa

import (
	"context"
	"errors"
)

var errPanic = errors.New("noa: panic in a call")

// A flight is one piece of work that several callers wait for, each as long as it likes.
type flight[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func newFlight[T any]() *flight[T] { return &flight[T]{done: make(chan struct{})} }

// wait gives the flight's outcome, or the error of ctx if that ends earlier.
func (f *flight[T]) wait(ctx context.Context) (T, error) {
	select {
	case <-f.done:
		return f.value, f.err
	default:
	}
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// survive runs work and makes a panic an error: it runs on a goroutine of its own, where a panic would
// end the program. The panic's value is not shown, as it may hold anything.
func survive[T any](work func() (T, error)) (value T, err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return work()
}
