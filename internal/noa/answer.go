package noa

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

// An answer is a JSON body that came with a success.
type answer struct {
	request   request
	status    int
	requestID string
	fetched   time.Time
	body      []byte
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

// receive reads an answer: JSON with a success, or an [Error].
func (r request) receive(resp *http.Response) (answer, error) {
	a := answer{request: r, status: resp.StatusCode, requestID: tame(resp.Header.Get("X-Noa-RequestId")), fetched: time.Now()}
	body, err := r.readBody(resp.Body)
	if e := a.judge(resp.Header, body, err); e != nil {
		if r.secret {
			clear(body)
		}
		return answer{}, e
	}
	a.body = body
	return a, nil
}

// readBody reads what came. A secret is read into one piece of memory: one
// that grew would leave copies behind when it is wiped.
func (r request) readBody(from io.Reader) ([]byte, error) {
	if r.secret {
		return readOnce(from, maxGrant)
	}
	return readUpTo(from, maxBody)
}

// readOnce reads a body that may be as long as limit without ever moving it.
func readOnce(r io.Reader, limit int) ([]byte, error) {
	body := make([]byte, limit+1)
	for n := 0; ; {
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
	case a.status == http.StatusNoContent && r.method == http.MethodDelete:
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
