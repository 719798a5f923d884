package noa

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// get reads one resource.
func get[T any, P row[T]](ctx context.Context, f *Fleet, scope Scope, query url.Values, path ...string) (T, error) {
	r := request{method: http.MethodGet, scope: scope, path: path, query: query}
	v, asOf, err := read(ctx, f, r, one[T, P])
	if err != nil {
		var none T
		return none, err
	}
	stamp(&v, asOf)
	return v, nil
}

// list reads a page of resources.
func list[T any, P row[T]](ctx context.Context, f *Fleet, scope Scope, query url.Values, path ...string) (Page[T], error) {
	r := request{method: http.MethodGet, scope: scope, path: path, query: query}
	page, asOf, err := read(ctx, f, r, many[T, P])
	if err != nil {
		return Page[T]{}, err
	}
	page.AsOf = asOf
	page.Items = slices.Clone(page.Items) // the answer may be given to others as well
	for i := range page.Items {
		stamp(&page.Items[i], asOf)
	}
	return page, nil
}

// send makes a change with body and gives the resource as Noa has it then.
func send[T any, P row[T]](ctx context.Context, f *Fleet, method string, scope Scope, body any, path ...string) (T, error) {
	var v T
	r, err := request{method: method, scope: scope, path: path}.with(body)
	if err != nil {
		return v, err
	}
	r.decode = func(a answer) (err error) { v, err = one[T, P](a); return err }
	a, err := f.write(ctx, r)
	if err != nil {
		var none T
		return none, err
	}
	stamp(&v, AsOf{Fetched: a.fetched})
	return v, nil
}

// stamp notes in a resource as of when it is.
func stamp[T any](v *T, asOf AsOf) {
	if s, ok := any(v).(interface{ stamp(AsOf) }); ok {
		s.stamp(asOf)
	}
}

// read gives what Noa says, as the type that decode makes of it.
func read[V any](ctx context.Context, f *Fleet, r request, decode func(answer) (V, error)) (V, AsOf, error) {
	got, asOf, err := f.read(ctx, r, func(a answer) (any, error) { return decode(a) })
	v, ok := got.value.(V)
	if err == nil && !ok {
		err = r.failure(ErrAnswer, errObject)
	}
	return v, asOf, err
}

// read gives what Noa says, or what it said a moment ago. Where Noa does not
// answer it gives what Noa said last, with what is the trouble. Whoever asked
// for nothing but fresh answers gets those or an error.
func (f *Fleet) read(ctx context.Context, r request, decode func(answer) (any, error)) (reading, AsOf, error) {
	if err := ctx.Err(); err != nil {
		return reading{}, AsOf{}, r.failure(gaveUp(err), err)
	}
	if err := r.check(); err != nil {
		return reading{}, AsOf{}, err
	}
	granted, err := f.granted(ctx)
	at := place(f.credential.Organization, granted, r)
	if err == nil {
		if kept, ok := f.noa.shelf.young(at, f.share.changes.Load()); ok && !f.fresh {
			return kept, AsOf{Fetched: kept.fetched, Kept: true}, nil
		}
		got, lost := f.reading(at, r, decode).wait(ctx)
		if lost == nil {
			return got, AsOf{Fetched: got.fetched}, nil
		}
		err = lost
	}
	if err == ctx.Err() {
		err = r.failure(gaveUp(err), err)
	}
	if last, ok := f.noa.shelf.last(at); ok && !f.fresh && passing(err) {
		f.noa.settings.Log.Warn("an old answer stands in", "organization", f.credential.Organization, "from", last.fetched, "err", err)
		return last, AsOf{Fetched: last.fetched, Kept: true, Trouble: err}, nil
	}
	return reading{}, AsOf{}, err
}

// granted are the scopes of the token in hand. Where there is none and none to be had, they are those of the last one.
func (f *Fleet) granted(ctx context.Context) (Scopes, error) {
	t, err := f.source.get(ctx, 0)
	if err != nil {
		return f.source.granted(), err
	}
	return t.scopes, nil
}

// passing says whether an error is Noa's trouble of the moment, and not what Noa has to say.
func passing(err error) bool {
	return errors.Is(err, ErrUnreachable) || errors.Is(err, ErrBusy) || errors.Is(err, ErrAnswer)
}

// reading is the flight of a read: whoever asks the same meanwhile joins it.
// It goes on when its first caller leaves, as others may wait for it.
func (f *Fleet) reading(at string, r request, decode func(answer) (any, error)) *flight[reading] {
	f.mu.Lock()
	defer f.mu.Unlock()
	changes := f.share.changes.Load()
	key := strconv.FormatInt(changes, 10) + strconv.FormatBool(f.background) + strconv.FormatBool(f.fresh) + at
	if fl, ok := f.reads[key]; ok {
		return fl
	}
	fl := newFlight[reading]()
	f.reads[key] = fl
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), f.noa.limit)
		defer cancel()
		fl.value, fl.err = survive(func() (reading, error) { return f.fetchReading(ctx, at, r, decode) })
		if fl.err == nil {
			fl.value.changes = changes
			f.noa.shelf.put(fl.value)
		}
		f.mu.Lock()
		delete(f.reads, key)
		f.mu.Unlock()
		close(fl.done)
	}()
	return fl
}

// fetchReading asks Noa, and where an older answer is at hand only whether it still holds.
func (f *Fleet) fetchReading(ctx context.Context, at string, r request, decode func(answer) (any, error)) (reading, error) {
	last, _ := f.noa.shelf.last(at)
	r.etag = last.etag
	var got reading
	r.decode = func(a answer) (err error) {
		got.value, err = decode(a)
		return err
	}
	a, err := f.fetch(ctx, r)
	if err != nil {
		return reading{}, err
	}
	if a.unchanged {
		got = last
	} else {
		got.size, got.etag = a.size+footprint(got.value), a.etag
	}
	got.fetched = a.fetched
	got.place = place(f.credential.Organization, a.granted, r) // the token may have been renewed on the way
	return got, nil
}

// write makes a change, once. It is not broken off when its caller leaves:
// that would only hide what became of it.
func (f *Fleet) write(ctx context.Context, r request) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, r.failure(gaveUp(err), err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.noa.limit)
	defer cancel()
	defer f.share.changes.Add(1)
	return f.ask(ctx, r)
}
