package noa

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// get reads one resource.
func get[T any, P row[T]](ctx context.Context, f *Fleet, query url.Values, path ...string) (T, error) {
	a, err := f.read(ctx, request{method: http.MethodGet, path: path, query: query})
	if err != nil {
		var none T
		return none, err
	}
	return one[T, P](a)
}

// list reads a page of resources.
func list[T any, P row[T]](ctx context.Context, f *Fleet, query url.Values, path ...string) (Page[T], error) {
	a, err := f.read(ctx, request{method: http.MethodGet, path: path, query: query})
	if err != nil {
		return Page[T]{}, err
	}
	return many[T, P](a)
}

// post makes a resource of body and gives it as Noa made it.
func post[T any, P row[T]](ctx context.Context, f *Fleet, body any, path ...string) (T, error) {
	var none T
	r, err := request{method: http.MethodPost, path: path}.with(body)
	if err != nil {
		return none, err
	}
	a, err := f.write(ctx, r)
	if err != nil {
		return none, err
	}
	return one[T, P](a)
}

// read asks, or joins whoever is asking the same already. The call goes on
// when its first caller leaves, as others may wait for it.
func (f *Fleet) read(ctx context.Context, r request) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, r.failure(gaveUp(err), err)
	}
	a, err := f.reading(r).wait(ctx)
	if err != nil && err == ctx.Err() {
		return answer{}, r.failure(gaveUp(err), err)
	}
	return a, err
}

func (f *Fleet) reading(r request) *flight[answer] {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := strconv.Itoa(f.writes) + " " + join(r.path) + "?" + r.query.Encode()
	if fl, ok := f.reads[key]; ok {
		return fl
	}
	fl := newFlight[answer]()
	f.reads[key] = fl
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), callLimit)
		defer cancel()
		fl.value, fl.err = survive(func() (answer, error) { return f.fetch(ctx, r) })
		f.mu.Lock()
		delete(f.reads, key)
		f.mu.Unlock()
		close(fl.done)
	}()
	return fl
}

// write makes a change, once. It is not broken off when its caller leaves:
// that would only hide what became of it.
func (f *Fleet) write(ctx context.Context, r request) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, r.failure(gaveUp(err), err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callLimit)
	defer cancel()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.writes++
	}()
	return f.ask(ctx, r)
}
