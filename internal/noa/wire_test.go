package noa

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync/atomic"
	"testing"
	"time"
)

// A wire leads from a Noa to a peer without sockets, so that a test's own clock rules.
type wire struct {
	peer  *peer
	takes func(*http.Request) time.Duration // until the peer hears of a request; nil for no time
}

// RoundTrip gives the peer's answer. A handler that panics hangs up instead.
func (w *wire) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if w.takes != nil {
		if err := sleep(r.Context(), w.takes(r)); err != nil {
			return nil, err
		}
	}
	defer func() {
		if recover() != nil {
			resp, err = nil, io.ErrUnexpectedEOF
		}
	}()
	rec := httptest.NewRecorder()
	w.peer.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// wired is a Noa at the end of a wire.
func (p *peer) wired(s Settings) (*Noa, *wire) {
	p.t.Helper()
	s.API, s.STS, s.Version = parseURL(p.t, "https://api.noa.example/api/"), parseURL(p.t, "https://sts.noa.example/jwt"), "1.2.3"
	n, w := New(s, keyring{p.key}), &wire{peer: p}
	n.api.Transport, n.sts.Transport = w, w
	return n, w
}

// wiredFleet is our fleet at the end of a wire.
func (p *peer) wiredFleet(s Settings) *Fleet {
	p.t.Helper()
	n, _ := p.wired(s)
	return n.Fleet(ourKey("f"))
}

// ourKey is a credential of our organization.
func ourKey(fingerprint string) Credential {
	return Credential{Organization: ourOrganization, Client: "desk", Fingerprint: fingerprint}
}

// anOrganization is one of many.
func anOrganization(i int) string { return fmt.Sprintf("%08x-3f42-4b8e-9c61-7a2f0e9d4b13", i) }

// hangUp ends the connection instead of an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// A script is what an API answers until the test turns the page.
type script struct {
	now atomic.Pointer[http.HandlerFunc]
}

func newScript(first http.HandlerFunc) *script {
	s := &script{}
	s.turn(first)
	return s
}

func (s *script) turn(to http.HandlerFunc) { s.now.Store(&to) }

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) { (*s.now.Load())(w, r) }

// mustRead reads a bicycle, whichever it is.
func mustRead(t *testing.T, f *Fleet) Bicycle {
	t.Helper()
	b, err := f.Bicycle(t.Context(), someBicycle)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
