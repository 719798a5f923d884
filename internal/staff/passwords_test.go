package staff

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestPasswordsAreHashedAnewWhenCostsRise(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := newStaff(t)
	add(t, s, "right@example.org", Viewer, "")
	s.cost = cost{128, 2, 1}
	for range 2 {
		if _, err := s.SignIn(ctx, "right@example.org", password); err != nil {
			t.Fatal(err)
		}
		h, _, err := s.stored(ctx, "right@example.org")
		if err != nil || h.cost != s.cost {
			t.Errorf("stored with %+v, %v", h.cost, err)
		}
	}
}

func TestHashesReadBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	h := quick.hash(password)
	text := h.String()
	again, err := parseHash(text)
	if err != nil || again.String() != text || !again.fits(password) || again.fits(password+"x") || quick.unfitting().fits(password) {
		t.Errorf("%v", err)
	}
	for name, bad := range map[string]string{
		"empty":        "",
		"other kind":   strings.Replace(text, "argon2id", "argon2i", 1),
		"other form":   strings.Replace(text, "v=19", "v=16", 1),
		"much memory":  strings.Replace(text, "m=64", "m=99999999", 1),
		"many rounds":  strings.Replace(text, "t=1", "t=99999999", 1),
		"no rounds":    strings.Replace(text, "t=1", "t=0", 1),
		"no threads":   strings.Replace(text, "p=1", "p=0", 1),
		"cut short":    text[:len(text)-5],
		"not base64":   text[:len(text)-1] + "!",
		"further part": text + "$",
	} {
		if _, err := parseHash(bad); !errors.Is(err, errHash) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(quick.hash(password).String())
	f.Add("$argon2id$v=19$m=64,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, text string) {
		if h, err := parseHash(text); err == nil && (h.memory > 1<<20 || h.rounds > 100 || len(h.sum) != hashLen) {
			t.Errorf("taken with cost %+v", h.cost)
		}
	})
}

func TestPasswordsDoNotPrint(t *testing.T) {
	t.Parallel()
	n := NewPerson{Email: "a@example.org", Password: password}
	if out := fmt.Sprintf("%v %+v %#v %s %v", n, n, n, n, &n); strings.Contains(out, password) {
		t.Error("a password was printed")
	}
}

func TestWaitingForASlotEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	slots := newSlots(1, 1)
	free, err := slots.take(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 3 {
		if _, err := slots.take(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	free()
}
