package noa

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

var (
	errID      = errors.New("noa: not a uuid")
	errWord    = errors.New("noa: not a collection of Noa's")
	errNoToken = errors.New("noa: no call without a token")
	errHushed  = errors.New("noa: not asked, as Noa asked to be left alone")
)

// A request is a question to the API. Its path alternates between words and
// uuids: a collection, one of its members, what belongs to that.
type request struct {
	method string
	path   []string
	query  url.Values
	body   []byte
	scope  Scope              // that opens it, "" for none
	etag   string             // of an answer at hand: Noa need not repeat it
	decode func(answer) error // reads the answer's body while it is there; nil leaves it in the answer
	trial  bool               // it changes nothing though it is no GET
	open   bool               // a sign-in: it goes without a token and changes nothing
	secret bool               // the answer holds a secret: whoever reads its body wipes it
}

// with is the request with a body of JSON.
func (r request) with(body any) (request, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return r, r.failure(ErrInvalid, err)
	}
	r.body = text
	return r, nil
}

// changes says whether something at Noa may be different after the request.
func (r request) changes() bool { return r.method != http.MethodGet && !r.open && !r.trial }

// collection is what fails together: bicycles, or what belongs to one of them.
func (r request) collection() string {
	words := make([]string, 0, 2)
	for i := 0; i < len(r.path); i += 2 {
		words = append(words, r.path[i])
	}
	return strings.Join(words, "/")
}

// invalid is the error of a request that is not made, as Noa would refuse it.
func (r request) invalid(wrong []Problem) *Error {
	e := r.failure(ErrInvalid, nil)
	e.Problems = wrong
	return e
}

// failure is an error of this request.
func (r request) failure(kind, cause error) *Error {
	return &Error{Method: r.method, Path: join(r.path), kind: kind, cause: cause}
}

// join is the path with the slash at its end that Noa asks for.
func join(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return strings.Join(path, "/") + "/"
}

// check refuses, before an address is made of them, ids that are not uuids:
// "..", "x?y" and the like never become part of one.
func (r request) check() error {
	for i, element := range r.path {
		if _, ok := uuidOf(element); i%2 == 1 && !ok {
			r.path = r.path[:i]
			return r.failure(ErrNotFound, errID)
		}
		if i%2 == 0 && (element == "" || strings.Trim(element, "abcdefghijklmnopqrstuvwxyz_") != "") {
			return r.failure(ErrNotFound, errWord)
		}
	}
	return r.checkFilters()
}

// uuidFilters are the filters whose values are uuids, or several with commas between.
var uuidFilters = []string{"uuid", "organization", "organizations", "bicycle", "model", "zone", "assignee", "owner", "rental_session"}

// checkFilters refuses what Noa might pass over, and answer with everything.
func (r request) checkFilters() error {
	for _, name := range uuidFilters {
		for id := range strings.SplitSeq(strings.Join(r.query[name], ","), ",") {
			if _, ok := uuidOf(id); !ok && r.query.Has(name) {
				return r.failure(ErrNotFound, errID)
			}
		}
	}
	return nil
}

// address is where the request goes: always below the API's base, wherever links in answers may point.
func (n *Noa) address(path []string, query url.Values) string {
	u := *n.settings.API
	u.Path = strings.TrimSuffix(u.Path, "/") + "/" + strings.ToLower(join(path))
	u.RawQuery = query.Encode()
	return u.String()
}

// link names a resource in a body.
func (f *Fleet) link(path ...string) string { return f.noa.address(path, nil) }

// ask makes a call with the token in hand. Where Noa rejects that token it
// gets a new one and makes the call once more: a 401 means that nothing was done.
func (f *Fleet) ask(ctx context.Context, r request) (answer, error) {
	if f.noa.wrong != nil {
		return answer{}, f.noa.wrong
	}
	if err := r.check(); err != nil {
		return answer{}, err
	}
	t, err := f.source.get(ctx, 0)
	if err != nil {
		return answer{}, err
	}
	a, err := f.send(ctx, r, t)
	if !renewable(err) {
		return a, err
	}
	renewed, lost := f.source.get(ctx, t.generation)
	if errors.Is(lost, ErrRefused) {
		return answer{}, err
	}
	if lost != nil {
		return answer{}, lost
	}
	a, err = f.send(ctx, r, renewed)
	if renewable(err) {
		f.source.note(renewed.generation)
	}
	return a, err
}

// renewable says whether a new token may help: after a 401 that is about the
// token, and not about our having sent none.
func renewable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusUnauthorized && !e.Has("not_authenticated")
}

// send makes one call as soon as there is a place for it, unless Noa is to be left alone.
func (f *Fleet) send(ctx context.Context, r request, t *token) (answer, error) {
	if err := f.hushed(r); err != nil {
		return answer{}, err
	}
	leave, err := f.share.enter(ctx, f.background)
	if err != nil {
		return answer{}, r.failure(waited(err), err)
	}
	answered := false
	defer func() { leave(answered) }()
	if err := f.hushed(r); err != nil { // while it waited
		return answer{}, err
	}
	a, err := f.noa.send(ctx, f.credential.Organization, r, t)
	a.granted = t.scopes
	answered = err == nil || status(err) != 0
	f.heed(r, err)
	return a, err
}

// hushed is the error of a call that Noa does not want to see now.
func (f *Fleet) hushed(r request) error {
	left := f.share.hushed(r.collection())
	if left <= 0 {
		return nil
	}
	e := r.failure(ErrBusy, errHushed)
	e.RetryAfter = left
	return e
}

// heed takes down what a call says beyond its answer.
func (f *Fleet) heed(r request, err error) {
	var e *Error
	if errors.As(err, &e) && (e.Status == http.StatusTooManyRequests || e.Status >= 500) && e.RetryAfter > 0 {
		f.share.hush(r.collection(), e.RetryAfter)
	}
	if err == nil && r.scope != "" && f.noa.settings.Used != nil {
		f.noa.settings.Used(f.credential, r.scope)
	}
}

// send makes one call for an organization, unless Noa does not answer calls of its kind, and tells whoever observes.
func (n *Noa) send(ctx context.Context, organization string, r request, t *token) (answer, error) {
	began := time.Now()
	a, err := n.breakers.try(r, func() (answer, error) {
		a, err := n.call(ctx, r, t)
		return a, hurried(ctx, began, err)
	})
	if !errors.Is(err, errBroken) {
		n.observe(callOf(organization, r, began, a, err))
	}
	return a, err
}

// hurried marks the failure of a call that was cut off before Noa had the time
// that it may take, as it began late: that says more of our queue than of Noa.
func hurried(ctx context.Context, began time.Time, err error) error {
	var e *Error
	if ctx.Err() != nil && time.Since(began) < headersLimit && errors.As(err, &e) && e.Status == 0 {
		e.hurried = true
	}
	return err
}

// call makes one call. Only a sign-in goes without a token.
func (n *Noa) call(ctx context.Context, r request, t *token) (answer, error) {
	if !r.open && (t == nil || t.value.reveal() == "") {
		return answer{}, r.failure(ErrRefused, errNoToken)
	}
	var sent, reused atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { sent.Store(true); reused.Store(c.Reused) }})
	req, err := http.NewRequestWithContext(ctx, r.method, n.address(r.path, r.query), bytes.NewReader(r.body))
	if err != nil {
		return answer{}, r.failure(ErrAnswer, bare(err))
	}
	if r.method == http.MethodGet {
		req.Body, req.GetBody = onlyOnce{}, nil
	}
	n.dress(req, r, t)
	resp, err := n.api.Do(req)
	if err != nil {
		if reused.Load() {
			n.api.CloseIdleConnections() // they may all be dead, and the next try wants one that lives
		}
		return answer{}, r.failure(unanswered(r, sent.Load(), err), bare(err))
	}
	defer func() { _ = resp.Body.Close() }()
	return n.receive(ctx, r, resp)
}

// onlyOnce is the empty body of a read. Without a body package http sends a
// read again over each connection that it has kept, if they break one after
// the other: past the pace, and past the second try that fetch makes.
type onlyOnce struct{}

func (onlyOnce) Read([]byte) (int, error) { return 0, io.EOF }
func (onlyOnce) Close() error             { return nil }

// dress puts on the headers that Noa wants to see.
func (n *Noa) dress(req *http.Request, r request, t *token) {
	if !r.open {
		req.Header.Set("Authorization", "JWT "+t.value.reveal())
	}
	req.Header.Set("Accept", "application/json; version=1.0")
	req.Header.Set("User-Agent", n.userAgent())
	if r.etag != "" {
		req.Header.Set("If-None-Match", r.etag)
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
}

// unanswered is what it means that there is no answer. As soon as there was
// a connection, a change may have reached Noa.
func unanswered(r request, sent bool, err error) error {
	if r.changes() && sent {
		return ErrUnknownOutcome
	}
	return gaveUp(err)
}

// waited is what it means that a call did not even begin.
func waited(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return ErrBusy
}
