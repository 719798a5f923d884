package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTooManyWrongPasswordsLockAnEmail(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	email, password := n.Operator()
	for i := range 6 {
		if r := n.signIn(email, fmt.Sprint("wrong", i)); r.status != 400 {
			t.Fatalf("attempt %d: got status %d, want 400", i+1, r.status)
		}
	}
	r := n.signIn(strings.ToUpper(email), password)
	sameShape(t, "", example(t, "login-error-locked-out"), r.body)
	if r.status != 403 || r.codes() != "non_field_errors authentication_failed" {
		t.Errorf("the right password: got status %d, %q; want 403", r.status, r.codes())
	}
	if !strings.Contains(string(r.raw), "(6)") || !strings.Contains(string(r.raw), "5 minutes") {
		t.Errorf("attempts and duration are not named: %s", r.raw)
	}
	n.asPerson(n.Mechanic())
	n.moved.Store(int64(5*time.Minute - time.Second))
	if r := n.signIn(email, password); r.status != 403 {
		t.Errorf("just before the end: got status %d, want 403", r.status)
	}
	n.moved.Store(int64(5 * time.Minute))
	if r := n.signIn(email, password); r.status != 200 {
		t.Errorf("at the end: got status %d, want 200", r.status)
	}
}

// TestWrongPasswordsAreCounted tells by a list of attempts which lock: "-" is
// the right one, "+" is a pause of a minute.
func TestWrongPasswordsAreCounted(t *testing.T) {
	t.Parallel()
	for attempts, want := range map[string]int{
		"a b c":             403,
		"a b":               200,
		"a a a a":           200,
		"a b b b":           200,
		"a b a":             403,
		"a b - c d":         200,
		"a b - c d e":       403,
		"a b c + -":         200,
		"a b c + d e":       200,
		"a b + c":           200,
		"a b c a a a b + -": 200, // attempts during the lock do not prolong it
	} {
		t.Run(attempts, func(t *testing.T) {
			t.Parallel()
			n := newNoa(t, Options{Bicycles: 1, Trips: 1, Attempts: 3, Lockout: time.Minute})
			email, password := n.Operator()
			for word := range strings.FieldsSeq(attempts) {
				switch word {
				case "+":
					n.moved.Add(int64(time.Minute))
				case "-":
					n.asPerson(email, password)
				default:
					n.signIn(email, word)
				}
			}
			if r := n.signIn(email, password); r.status != want {
				t.Errorf("got status %d, want %d", r.status, want)
			}
		})
	}
}

func TestUnknownEmailsAreLockedToo(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Attempts: 1, Lockout: 90 * time.Second})
	n.signIn("nobody@kulan.example", "a")
	r := n.signIn("nobody@kulan.example", "b")
	if r.status != 403 || !strings.Contains(string(r.raw), "90 seconds") {
		t.Errorf("got status %d: %s", r.status, r.raw)
	}
	if n.moved.Store(int64(time.Hour)); n.signIn("other@kulan.example", "a").status != 400 || len(n.lockout.failures) != 1 {
		t.Errorf("got %d e-mails in mind, want 1", len(n.lockout.failures))
	}
}
