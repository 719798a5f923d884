package staff

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"
)

func TestSessionsEndWhenIdleAndWhenOld(t *testing.T) {
	t.Parallel()
	sessions, s, c := newSessions(t, SessionOptions{})
	p := add(t, s, "a@example.org", Viewer, "")
	b := newBrowser(t, sessions)
	b.begin(p)
	c.pass(time.Hour - time.Millisecond)
	b.want(p, NotEnded)
	c.pass(time.Hour)
	b.want(nobody, EndedIdle)
	b.begin(p)
	for range 23 {
		c.pass(30 * time.Minute)
		b.want(p, NotEnded)
	}
	c.pass(30 * time.Minute)
	b.want(nobody, EndedAge)
	newBrowser(t, sessions).begin(p)
	b.want(nobody, EndedAge)
}

func TestPersonHoldsFiveSessionsAtMost(t *testing.T) {
	t.Parallel()
	sessions, s, c := newSessions(t, SessionOptions{})
	p, other := add(t, s, "a@example.org", Viewer, ""), add(t, s, "b@example.org", Viewer, "")
	colleague := newBrowser(t, sessions)
	colleague.begin(other)
	var all []*browser
	for range 7 {
		b := newBrowser(t, sessions)
		b.begin(p)
		all = append(all, b)
		c.pass(time.Second)
	}
	for i, b := range all {
		if i < 2 {
			b.want(nobody, EndedGone)
		} else {
			b.want(p, NotEnded)
		}
	}
	colleague.want(other, NotEnded)
}

func TestDisablingEndsSessionsForGood(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	sessions, s, _ := newSessions(t, SessionOptions{})
	add(t, s, "admin@example.org", Admin, "")
	p := add(t, s, "a@example.org", Viewer, "")
	b := newBrowser(t, sessions)
	b.begin(p)
	if err := s.Disable(ctx, someone, p.Email); err != nil {
		t.Fatal(err)
	}
	b.want(nobody, EndedGone)
	b.visit(func(w http.ResponseWriter, r *http.Request) {
		if err := sessions.Begin(w, r, p.ID); err == nil {
			t.Error("a disabled person has a session")
		}
	})
	b.want(nobody, EndedGone)
}

func TestAllSessionsEndAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	sessions, s, _ := newSessions(t, SessionOptions{})
	people := []Person{add(t, s, "a@example.org", Viewer, ""), add(t, s, "b@example.org", Viewer, "")}
	browsers := []*browser{newBrowser(t, sessions), newBrowser(t, sessions), newBrowser(t, sessions)}
	for i, b := range browsers {
		b.begin(people[i%2])
	}
	if n, err := sessions.EndAll(ctx, someone, people[0].ID); err != nil || n != 2 {
		t.Errorf("ended %d, %v", n, err)
	}
	browsers[0].want(nobody, EndedGone)
	browsers[1].want(people[1], NotEnded)
	if n, err := sessions.EndAll(ctx, someone, ""); err != nil || n != 1 {
		t.Errorf("ended %d, %v", n, err)
	}
	browsers[1].want(nobody, EndedGone)
	if list := records(t, s, "staff.sign-out"); len(list) != 2 || list[0].Object != "everybody" || list[1].Object != "a@example.org" {
		t.Errorf("records %+v", list)
	}
	if _, err := sessions.EndAll(ctx, someone, "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown person: %v", err)
	}
}

func TestDisabledAccountIsEnabledAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := newStaff(t)
	add(t, s, "admin@example.org", Admin, "")
	add(t, s, "back@example.org", Viewer, "")
	if err := s.Disable(ctx, someone, "back@example.org"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Enable(ctx, someone, "back@example.org"); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := s.SignIn(ctx, "back@example.org", password); err != nil || p.Disabled {
		t.Errorf("got %+v, %v", p, err)
	}
	if list := records(t, s, "staff.enable"); len(list) != 1 {
		t.Errorf("%d records", len(list))
	}
	if err := s.Enable(ctx, someone, "nobody@example.org"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
}

func TestAnotherPasswordReplacesTheOldOne(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := newStaff(t)
	add(t, s, "right@example.org", Viewer, "")
	if err := s.SetPassword(ctx, someone, "right@example.org", "short"); !errors.As(err, new(Invalid)) {
		t.Errorf("short: %v", err)
	}
	if err := s.SetPassword(ctx, someone, "right@example.org", "four words of another kind"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignIn(ctx, "right@example.org", password); !errors.Is(err, ErrSignIn) {
		t.Errorf("with the old one: %v", err)
	}
	if _, err := s.SignIn(ctx, "right@example.org", "four words of another kind"); err != nil {
		t.Errorf("with the new one: %v", err)
	}
}
