package staff

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestSetupLinkMakesOneAdministrator(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, c := newStaff(t)
	old, _, err := s.NewSetup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	token, expires, err := s.NewSetup(ctx)
	if err != nil || len(token) != 43 || !expires.Equal(c.now().Add(30*time.Minute)) {
		t.Fatalf("expires %s, %v", expires, err)
	}
	n := NewPerson{Email: "admin@example.org", Name: "A", Password: "short", Role: Viewer, Organisation: fleet}
	if _, err := s.Setup(ctx, token, n); !errors.As(err, &Invalid{}) {
		t.Errorf("a short password: %v", err)
	}
	n.Password = password
	for _, wrong := range []string{old, "", token + "a"} {
		if _, err := s.Setup(ctx, wrong, n); !errors.Is(err, ErrSetup) || s.SetupValid(ctx, wrong) {
			t.Errorf("a wrong token: %v", err)
		}
	}
	c.pass(30*time.Minute - time.Millisecond)
	if !s.SetupValid(ctx, token) {
		t.Error("ended too early")
	}
	p, err := s.Setup(ctx, token, n)
	if err != nil || !p.MayEverywhere(People) {
		t.Fatalf("got %+v, %v", p, err)
	}
	if _, err := s.Setup(ctx, token, n); !errors.Is(err, ErrSetup) {
		t.Errorf("a second time: %v", err)
	}
	if _, _, err := s.NewSetup(ctx); !errors.Is(err, ErrSetup) {
		t.Errorf("another link: %v", err)
	}
}

func TestSetupLinkEnds(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, c := newStaff(t)
	if s.SetupValid(ctx, "") {
		t.Error("valid before there is one")
	}
	token, _, err := s.NewSetup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c.pass(30 * time.Minute)
	if s.SetupValid(ctx, token) {
		t.Error("valid after 30 minutes")
	}
	if token, _, err = s.NewSetup(ctx); err != nil {
		t.Fatal(err)
	}
	add(t, s, "somebody@example.org", Viewer, "") // on the command line
	if s.SetupValid(ctx, token) {
		t.Error("valid although there is somebody")
	}
}

func TestSetupAtOnceMakesOneAdministrator(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := newStaff(t)
	token, _, err := s.NewSetup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			_, err := s.Setup(ctx, token, NewPerson{Email: fmt.Sprintf("a%d@example.org", i), Name: "A", Password: password})
			if err != nil && !errors.Is(err, ErrSetup) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if list, err := s.List(ctx); err != nil || len(list) != 1 {
		t.Errorf("%d people, %v", len(list), err)
	}
}
