package noa

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// inTurn answers each call by the next handler, and all later ones by the last.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	var n atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		i := min(int(n.Add(1)), len(handlers)) - 1
		handlers[i](w, r)
	}
}

// reset breaks the connection instead of an answer.
func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func zipped(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body)
	}
}

func pack(t *testing.T, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(bytes.Repeat([]byte(" "), size))
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func short(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte(`{"uuid": "` + someBicycle))
	reset(w, r)
}

func page(contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write([]byte("<html>hello"))
	}
}

// plain answers well but for the content type.
func plain(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write([]byte(`{"uuid": "` + someBicycle + `"}`))
}

// endless writes until nobody listens.
func endless(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	block := []byte(strings.Repeat("[", 1<<16))
	for range 1 << 14 { // a gigabyte
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

func TestLinksToOtherHostsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(elsewhere.Close)
	body := `{"count": 2, "next": "` + elsewhere.URL + `/api/bicycles/?page=2", "results": [{"uuid": "` + someBicycle + `", "organization": "` + elsewhere.URL + `/"}]}`
	f := newPeer(t, says(200, body)).fleet()
	for page := range 3 {
		if got, err := f.Bicycles(t.Context(), BicycleQuery{Page: page}); err != nil || !got.More {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("the other host was reached %d times", reached.Load())
	}
}

func TestAChangeIsNeverRepeated(t *testing.T) {
	t.Parallel()
	filed := says(201, example(t, "support-ticket-create-response"))
	for name, row := range map[string]struct {
		api   http.HandlerFunc
		want  error
		calls int64
	}{
		"filed":             {filed, nil, 1},
		"reset":             {inTurn(reset, filed), ErrUnknownOutcome, 1},
		"answer cut off":    {inTurn(short, filed), ErrUnknownOutcome, 1},
		"500":               {inTurn(says(500, `<html>`), filed), ErrUnknownOutcome, 1},
		"502":               {inTurn(says(502, `<html>`), filed), ErrUnknownOutcome, 1},
		"503":               {inTurn(says(503, `{}`), filed), ErrUnknownOutcome, 1},
		"429":               {inTurn(says(429, `{}`), filed), ErrBusy, 1},
		"400":               {says(400, example(t, "support-ticket-error-needs-bicycle")), ErrInvalid, 1},
		"403":               {says(403, example(t, "error-403-missing-scope")), ErrForbidden, 1},
		"409":               {says(409, example(t, "error-409-conflict")), ErrConflict, 1},
		"201 with HTML":     {page("text/html"), ErrUnknownOutcome, 1},
		"201 with half":     {says(201, `{"uuid": "`), ErrUnknownOutcome, 1},
		"204":               {says(204, ``), ErrUnknownOutcome, 1},
		"401, then filed":   {inTurn(says(401, example(t, "error-401-expired")), filed), nil, 2},
		"401 for good":      {says(401, example(t, "error-401-expired")), ErrRefused, 2},
		"401, no token (?)": {says(401, example(t, "error-401-missing-token")), ErrRefused, 1},
	} {
		p := newPeer(t, row.api)
		_, err := p.fleet().FileTicket(t.Context(), NewTicket{Message: "m"})
		if !errors.Is(err, row.want) || (err == nil) != (row.want == nil) || p.calls.Load() != row.calls {
			t.Errorf("%s: %v after %d calls, want %v after %d", name, err, p.calls.Load(), row.want, row.calls)
		}
		if errors.Is(err, ErrUnknownOutcome) && errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: %v says both", name, err)
		}
	}
}

func TestWhatWasNotSentDidNotHappen(t *testing.T) {
	t.Parallel()
	p := newPeer(t, says(200, `{}`))
	n := p.noa(0)
	f := n.Fleet(Credential{Organization: ourOrganization, Client: "desk"})
	if _, err := f.Scopes(t.Context()); err != nil {
		t.Fatal(err)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.settings.API = parseURL(t, "https://"+closed.Addr().String()+"/api/")
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.FileTicket(t.Context(), NewTicket{Message: "m"}); !errors.Is(err, ErrUnreachable) || errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("got %v", err)
	}
}

func TestSlowAnswersDoNotHoldWhoeverLeaves(t *testing.T) {
	t.Parallel()
	let, open := closedGate()
	defer open()
	p := newPeer(t, func(w http.ResponseWriter, _ *http.Request) {
		<-let
		reply(w, 200, `{"uuid": "`+someBicycle+`"}`)
	})
	f := p.fleet()
	ctx, leave := contextUntil(t, func() bool { return p.calls.Load() == 1 })
	defer leave()
	if _, err := f.Bicycle(ctx, someBicycle); err == nil || errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v, want what says that the reader left", err)
	}
	hurried, leave := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer leave()
	if _, err := f.Bicycle(hurried, someBicycle); !errors.Is(err, ErrUnreachable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want what says that Noa took too long", err)
	}
	late := make(chan error)
	go func() {
		_, err := f.Bicycle(t.Context(), someBicycle)
		late <- err
	}()
	time.AfterFunc(20*time.Millisecond, open)
	if err := <-late; err != nil || p.calls.Load() != 1 {
		t.Errorf("%v after %d calls, want the first caller's answer", err, p.calls.Load())
	}
}
