package handlers

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"noadesk/internal/noa"
	"noadesk/internal/views"
)

const (
	patience = 40 * time.Millisecond // that panels get once the page's first question is answered
	deadline = 8 * time.Second       // that they get where the reader asked to wait
)

// answered is what came of a panel's question.
type answered[T any] struct {
	value T
	asOf  noa.AsOf
	err   error
}

// panel asks Noa for a part of a page while the page itself is asked for. The
// returned function gives what has come of it by then; it is called once the page's first question is answered.
func panel[T any](v *visit, scope noa.Scope, ask func(context.Context) (T, noa.AsOf, error)) func() views.Panel[T] {
	if !v.scopes.Has(scope) {
		return func() views.Panel[T] {
			return views.Panel[T]{Problem: "The organisation’s key lacks the scope " + string(scope) + ". " + whoAddsScopes}
		}
	}
	done := make(chan answered[T], 1)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.Context()), deadline)
	go func() {
		defer cancel()
		defer func() { // a panel's fault must not end the process
			if fault := recover(); fault != nil {
				done <- answered[T]{err: fmt.Errorf("handlers: panel: %v", fault)}
			}
		}()
		value, asOf, err := ask(ctx)
		done <- answered[T]{value, asOf, err}
	}()
	return func() views.Panel[T] { return collect(v, done) }
}

func collect[T any](v *visit, done <-chan answered[T]) views.Panel[T] {
	select {
	case a := <-done:
		return filled(v, a)
	case <-time.After(time.Until(v.patienceEnds())):
		return views.Panel[T]{Late: true}
	}
}

func filled[T any](v *visit, a answered[T]) views.Panel[T] {
	if a.err != nil {
		p := v.failed(a.err)
		return views.Panel[T]{Problem: p.Headline + ". " + p.Advice}
	}
	return views.Panel[T]{Value: a.value, AsOf: a.asOf}
}

// patienceEnds is when late panels are no longer waited for. All panels of a page share it.
func (v *visit) patienceEnds() time.Time {
	if v.until.IsZero() {
		v.until = time.Now().Add(patience)
		if v.waits() {
			v.until = time.Now().Add(deadline)
		}
	}
	return v.until
}

// waits says whether the reader asked for the late panels.
func (v *visit) waits() bool { return v.URL.Query().Get("wait") != "" }

// items fits the answer of a list to a panel.
func items[T any](p noa.Page[T], err error) ([]T, noa.AsOf, error) {
	return p.Items, p.AsOf, cmp.Or(err, legible(p))
}

// legible refuses a list of which nothing could be read: it would look as if there were nothing.
func legible[T any](p noa.Page[T]) error {
	if len(p.Items) == 0 && p.Unread > 0 {
		return fmt.Errorf("handlers: none of %d rows could be read: %w", p.Unread, noa.ErrAnswer)
	}
	return nil
}
