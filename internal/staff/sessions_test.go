package staff

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// A browser keeps cookies as a browser does and knocks at sessions.
type browser struct {
	t        *testing.T
	sessions *Sessions
	cookies  map[string]string
	last     string // the last Set-Cookie
}

func newSessions(t *testing.T, o SessionOptions) (*Sessions, *Staff, *clock) {
	t.Helper()
	s, c := newStaff(t)
	sessions := NewSessions(s.db, o)
	sessions.now = c.now
	return sessions, s, c
}

func newBrowser(t *testing.T, s *Sessions) *browser {
	return &browser{t: t, sessions: s, cookies: map[string]string{}}
}

// visit sends a request and lets f answer it.
func (b *browser) visit(f func(http.ResponseWriter, *http.Request)) {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	f(w, r)
	for _, c := range w.Result().Cookies() {
		b.last = c.Raw
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
}

func (b *browser) begin(p Person) {
	b.t.Helper()
	b.visit(func(w http.ResponseWriter, r *http.Request) {
		if err := b.sessions.Begin(w, r, p.ID); err != nil {
			b.t.Error(err)
		}
	})
}

func (b *browser) end() {
	b.t.Helper()
	b.visit(func(w http.ResponseWriter, r *http.Request) {
		if err := b.sessions.End(w, r); err != nil {
			b.t.Error(err)
		}
	})
}

func (b *browser) want(p Person, ended Ended) {
	b.t.Helper()
	b.visit(func(_ http.ResponseWriter, r *http.Request) {
		id, ok, why := b.sessions.PersonID(r)
		if id != p.ID || ok != (p.ID != "") || why != ended {
			b.t.Errorf("got %q, %t, %q, want %q, %q", id, ok, why, p.ID, ended)
		}
	})
}

var nobody Person

func TestSessionBeginsAndEnds(t *testing.T) {
	t.Parallel()
	sessions, s, _ := newSessions(t, SessionOptions{})
	p := add(t, s, "a@example.org", Viewer, "")
	b := newBrowser(t, sessions)
	b.want(nobody, NotEnded)
	b.begin(p)
	b.want(p, NotEnded)
	kept := b.cookies["noadesk"]
	b.end()
	if len(b.cookies) != 0 {
		t.Errorf("cookies %d", len(b.cookies))
	}
	b.want(nobody, NotEnded)
	b.cookies["noadesk"] = kept
	b.want(nobody, EndedGone)
	b.end()
	if in, out := records(t, s, "sign-in"), records(t, s, "sign-out"); len(in) != 1 || len(out) != 1 || in[0].Actor != p.Email {
		t.Errorf("records %+v, %+v", in, out)
	}
}

func TestCookieIsForThisHostAndOutOfReach(t *testing.T) {
	t.Parallel()
	for secure, want := range map[bool]string{
		false: "noadesk=%s; Path=/; HttpOnly; SameSite=Lax",
		true:  "__Host-noadesk=%s; Path=/; HttpOnly; Secure; SameSite=Lax",
	} {
		sessions, s, _ := newSessions(t, SessionOptions{Secure: secure})
		b := newBrowser(t, sessions)
		b.begin(add(t, s, "a@example.org", Viewer, ""))
		for _, value := range b.cookies {
			if b.last != fmt.Sprintf(want, value) || len(b.last) >= 100 || len(value) != 43 {
				t.Errorf("%d characters, not as wanted: %s", len(b.last), strings.ReplaceAll(b.last, value, "…"))
			}
		}
	}
}

func TestDatabaseDoesNotHoldWhatTheBrowserHolds(t *testing.T) {
	t.Parallel()
	sessions, s, _ := newSessions(t, SessionOptions{})
	b := newBrowser(t, sessions)
	b.begin(add(t, s, "a@example.org", Viewer, ""))
	var hash string
	if err := s.db.QueryRow(context.Background(), `SELECT hash FROM sessions`).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	token := b.cookies["noadesk"]
	if hash != hashOf(token) || strings.Contains(hash, token) {
		t.Error("the table holds something else than the hash")
	}
	thief := newBrowser(t, sessions)
	thief.cookies["noadesk"] = hash
	thief.want(nobody, EndedGone)
}

func TestSigningInTakesANewID(t *testing.T) {
	t.Parallel()
	sessions, s, _ := newSessions(t, SessionOptions{})
	p := add(t, s, "a@example.org", Viewer, "")
	b, before := newBrowser(t, sessions), newBrowser(t, sessions)
	b.cookies["noadesk"] = "chosen by somebody else"
	b.begin(p)
	if b.cookies["noadesk"] == "chosen by somebody else" {
		t.Error("the id that the browser came with was taken")
	}
	before.cookies["noadesk"] = b.cookies["noadesk"]
	b.begin(p)
	b.want(p, NotEnded)
	before.want(nobody, EndedGone)
}

func TestSeenIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	sessions, s, c := newSessions(t, SessionOptions{})
	p := add(t, s, "a@example.org", Viewer, "")
	b := newBrowser(t, sessions)
	b.begin(p)
	start := c.now()
	for _, step := range []struct{ pass, want time.Duration }{{59 * time.Second, 0}, {time.Second, time.Minute}, {time.Second, time.Minute}} {
		c.pass(step.pass)
		b.want(p, NotEnded)
		if got, err := s.Person(context.Background(), p.ID); err != nil || !got.LastSeen.Equal(start.Add(step.want)) {
			t.Errorf("last seen %s, %v", got.LastSeen, err)
		}
	}
}

func TestOfTwoCookiesNoneIsBelieved(t *testing.T) {
	t.Parallel()
	sessions, s, _ := newSessions(t, SessionOptions{})
	b := newBrowser(t, sessions)
	b.begin(add(t, s, "a@example.org", Viewer, ""))
	b.visit(func(_ http.ResponseWriter, r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "noadesk", Value: "tossed"})
		if id, ok, _ := sessions.PersonID(r); ok || id != "" {
			t.Error("one of two was believed")
		}
	})
}

func TestFlashesAreShownOnce(t *testing.T) {
	t.Parallel()
	sessions, s, _ := newSessions(t, SessionOptions{})
	b, stranger := newBrowser(t, sessions), newBrowser(t, sessions)
	flash := func(b *browser, texts ...string) {
		b.visit(func(_ http.ResponseWriter, r *http.Request) {
			for _, text := range texts {
				if err := sessions.Flash(r, text); err != nil {
					t.Error(err)
				}
			}
		})
	}
	want := func(b *browser, texts ...string) {
		t.Helper()
		b.visit(func(_ http.ResponseWriter, r *http.Request) {
			if got := sessions.Flashes(r); !slices.Equal(got, texts) {
				t.Errorf("got %q, want %q", got, texts)
			}
		})
	}
	flash(b, "before signing in")
	b.begin(add(t, s, "a@example.org", Viewer, ""))
	want(b)
	flash(b, "Key stored.", "Ticket filed.")
	want(stranger)
	want(b, "Key stored.", "Ticket filed.")
	want(b)
	b.visit(func(w http.ResponseWriter, r *http.Request) {
		p := add(t, s, "b@example.org", Viewer, "")
		if err := errors.Join(sessions.Begin(w, r, p.ID), sessions.Flash(r, "Welcome.")); err != nil {
			t.Error(err)
		}
	})
	want(b, "Welcome.")
}

func TestNothingIsWrittenBeforeSignIn(t *testing.T) {
	t.Parallel()
	sessions, s, _ := newSessions(t, SessionOptions{})
	b := newBrowser(t, sessions)
	for range 3 {
		b.want(nobody, NotEnded)
	}
	b.cookies["noadesk"] = "guessed"
	b.want(nobody, EndedGone)
	var n int
	if err := s.db.QueryRow(context.Background(), `SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM audit)`).Scan(&n); err != nil || n != 0 || b.last != "" {
		t.Errorf("%d rows, cookie %q, %v", n, b.last, err)
	}
}
