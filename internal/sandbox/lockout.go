package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"time"
)

// A lockout refuses logins with an e-mail for a while after too many wrong
// passwords, whether anybody has that e-mail or not.
type lockout struct {
	attempts int
	length   time.Duration
	secret   []byte // hides the wrong passwords, which are often nearly right
	failures map[string]failure
}

// A failure is what is remembered of an e-mail's wrong passwords.
type failure struct {
	count int
	at    time.Time // of the last one that counted
	last  string    // which it was, hidden
}

// failed counts a wrong password. The same one again in a row does not
// count; after a pause as long as the lock all are forgotten.
func (l *lockout) failed(email, password string, now time.Time) {
	maps.DeleteFunc(l.failures, func(_ string, f failure) bool { return l.over(f, now) })
	mac := hmac.New(sha256.New, l.secret)
	mac.Write([]byte(password))
	hidden, f := string(mac.Sum(nil)), l.failures[email]
	if f.count == 0 || f.last != hidden {
		l.failures[email] = failure{f.count + 1, now, hidden}
	}
}

func (l *lockout) over(f failure, now time.Time) bool { return !now.Before(f.at.Add(l.length)) }

func (l *lockout) clear(email string) { delete(l.failures, email) }

// holds says whether the e-mail is locked.
func (l *lockout) holds(email string, now time.Time) bool {
	f := l.failures[email]
	return f.count >= l.attempts && !l.over(f, now)
}

// problem is 403, not 401.
func (l *lockout) problem() error {
	message := fmt.Sprintf("Too many failed logins (%d); locked for %s.", l.attempts, minutes(l.length))
	return general(http.StatusForbidden, message, "authentication_failed")
}

func minutes(d time.Duration) string {
	if d%time.Minute != 0 {
		return fmt.Sprintf("%g seconds", d.Seconds())
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}
