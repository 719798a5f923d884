package noa

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

// maxLight is how long a body may be without waiting for others to be read.
const maxLight = 256 << 10

// maxHeavy is how many longer ones are read and decoded at a time: a body costs several times its length.
const maxHeavy = 2

// An answer is a JSON body that came with a success.
type answer struct {
	request   request
	status    int
	requestID string
	fetched   time.Time
	size      int // of the body
	etag      string
	granted   Scopes // by the token that brought it
	unchanged bool   // what the request's etag stands for still holds; there is no body
	body      []byte // nil once it was decoded
}

// failure is an error of this answer. To a change that Noa said it made, not
// being able to read the answer does not mean that nothing happened.
func (a answer) failure(cause error) *Error {
	e := a.request.failure(ErrAnswer, cause)
	if a.request.changes() {
		e.kind = ErrUnknownOutcome
	}
	e.Status, e.RequestID = a.status, a.requestID
	return e
}

// receive reads an answer, JSON with a success, and decodes it, or gives an [Error].
func (n *Noa) receive(ctx context.Context, r request, resp *http.Response) (answer, error) {
	a := answer{
		request: r, status: resp.StatusCode, fetched: time.Now(),
		requestID: tame(resp.Header.Get("X-Noa-RequestId")), etag: resp.Header.Get("ETag"),
	}
	if r.etag != "" && a.status == http.StatusNotModified {
		a.unchanged = true
		return a, nil
	}
	body, done, err := n.readBody(ctx, r, resp.Body)
	defer done()
	if e := a.judge(resp.Header, body, err); e != nil {
		if r.secret {
			clear(body)
		}
		return answer{}, e
	}
	a.body, a.size = body, len(body)
	if r.decode == nil {
		return a, nil
	}
	err = r.decode(a)
	a.body = nil
	return a, err
}

// readBody reads what came; done is called when it is no longer needed. A
// secret is read into one piece of memory: one that grew would leave copies
// behind when it is wiped.
func (n *Noa) readBody(ctx context.Context, r request, from io.Reader) (body []byte, done func(), err error) {
	if r.secret {
		body, err = readOnce(nil, from, maxGrant)
		return body, func() {}, err
	}
	body, err = readUpTo(from, maxLight)
	if !errors.Is(err, errTooLarge) {
		return body, func() {}, err
	}
	select {
	case n.heavy <- struct{}{}:
	case <-ctx.Done():
		return nil, func() {}, ctx.Err()
	}
	body, err = readOnce(body, from, maxBody)
	return body, func() { <-n.heavy }, err
}

// readOnce reads a body that may be as long as limit into one piece of memory,
// after what was read of it before. One that grew would take several times as much.
func readOnce(beginning []byte, r io.Reader, limit int) ([]byte, error) {
	body := make([]byte, limit+1)
	for n := copy(body, beginning); ; {
		more, err := r.Read(body[n:])
		n += more
		switch {
		case err == io.EOF && n <= limit:
			return body[:n], nil
		case n > limit:
			return body, errTooLarge
		case err != nil:
			return body[:n], err
		}
	}
}

// judge says what is wrong with an answer whose body was read with that error, nil for nothing.
func (a answer) judge(h http.Header, body []byte, broken error) *Error {
	r := a.request
	kind, isJSON := mediaType(h)
	switch {
	case a.status >= 400:
		return r.refused(a, h, body, isJSON)
	case a.status >= 300:
		e := a.failure(errRedirect)
		e.kind = ErrAnswer // Noa answers so before it does anything
		return e
	case a.status == http.StatusNoContent && (r.method == http.MethodDelete || r.trial):
		return nil
	case a.status != http.StatusOK && a.status != http.StatusCreated:
		return a.failure(nil)
	case broken != nil:
		e := a.failure(bare(broken))
		if !r.changes() && !errors.Is(broken, errTooLarge) {
			e.Status, e.kind = 0, gaveUp(broken) // the line broke: as good as no answer
		}
		return e
	case !isJSON:
		return a.failure(fmt.Errorf("noa: unexpected content type %s", kind))
	}
	return nil
}

// refused is the error for a status that says no.
func (r request) refused(a answer, h http.Header, body []byte, isJSON bool) *Error {
	e := r.failure(meaning(a.status, isJSON), nil)
	if r.changes() && a.status >= 500 {
		e.kind = ErrUnknownOutcome
	}
	e.Status, e.RequestID = a.status, a.requestID
	e.RetryAfter = retryAfter(h.Get("Retry-After"), a.fetched)
	if isJSON {
		e.Problems = problems(body)
	}
	return e
}

func mediaType(h http.Header) (name string, isJSON bool) {
	name, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return "?", false
	}
	return tame(name), name == "application/json"
}
