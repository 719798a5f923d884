package noa

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What a failed call means to the caller. An [Error] or [TokenError] matches at
// most one of them with [errors.Is]. ErrUnknownOutcome excludes
// ErrUnreachable: after it nobody may say that nothing happened.
var (
	// ErrNotFound says that the thing is gone, foreign or never was: Noa does not tell these apart.
	ErrNotFound = errors.New("noa: not found")
	// ErrForbidden says that the token lacks the scope or Noa does not allow this to a client application.
	ErrForbidden = errors.New("noa: not allowed")
	// ErrRefused says that Noa accepts the key's assertion or its token no longer, or never did.
	ErrRefused = errors.New("noa: key or token refused")
	// ErrUnreachable says that Noa did not answer, or answered that it is out of order.
	ErrUnreachable = errors.New("noa: unreachable")
	// ErrBusy says that Noa, or the desk's own ceiling, wants fewer calls for a while.
	ErrBusy = errors.New("noa: busy")
	// ErrInvalid says that the request was wrong; the problems say where.
	ErrInvalid = errors.New("noa: invalid request")
	// ErrConflict says that the record was changed in the meantime.
	ErrConflict = errors.New("noa: conflict")
	// ErrAnswer says that the answer is not what Noa's contract promises: a redirect, HTML, broken JSON.
	ErrAnswer = errors.New("noa: unexpected answer")
	// ErrUnknownOutcome says that a change may have happened or not, and has to be looked for.
	ErrUnknownOutcome = errors.New("noa: outcome unknown")
	// ErrSignIn says that Noa does not know this e-mail with this password.
	ErrSignIn = errors.New("noa: wrong e-mail or password")
	// ErrLocked says that too many wrong passwords locked the account for some minutes.
	ErrLocked = errors.New("noa: account locked")
	// ErrSignedOut says that the operator's half hour is over, or that Noa takes the token no longer.
	ErrSignedOut = errors.New("noa: operator signed out")
)

// An Error is a call of the API that failed. It holds nothing secret and
// nothing of the question but the path.
type Error struct {
	Method     string
	Path       string        // below the API's base, without the query
	Status     int           // 0 where there was no answer
	RequestID  string        // Noa's, "" where there was none
	Problems   []Problem     // as Noa put them, possibly none
	RetryAfter time.Duration // how long Noa wants to be left alone, 0 where it did not say

	kind    error
	cause   error
	hurried bool // the call began with too little time for Noa to answer
}

// Error names the call, the status and the codes. Noa's messages are left
// out: they may repeat what somebody typed.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "noa: %s %s", e.Method, e.Path)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": %d", e.Status)
	}
	for _, p := range e.Problems {
		b.WriteString(" " + p.name())
	}
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

// Unwrap gives what the error means and what caused it.
func (e *Error) Unwrap() []error { return present(e.kind, e.cause) }

// Has says whether one of the problems has that code.
func (e *Error) Has(code string) bool {
	for _, p := range e.Problems {
		if p.Code == code {
			return true
		}
	}
	return false
}

// A TokenError is an exchange of an assertion for a token that failed, or
// that was not tried because the last one failed a moment ago.
type TokenError struct {
	Status int           // 0 where there was no answer
	Code   string        // the token service's, "" where it gave none
	Retry  time.Time     // the next exchange is not tried before
	Skew   time.Duration // how far Noa's clock is ahead of ours, where that may be the reason

	kind  error
	cause error
	after time.Duration // what Retry-After asked for
}

// Error says what happened, without the assertion and without the answer's body.
func (e *TokenError) Error() string {
	var b strings.Builder
	b.WriteString("noa: token exchange")
	if e.Status != 0 {
		fmt.Fprintf(&b, ": %d", e.Status)
	}
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	if e.Skew != 0 {
		fmt.Fprintf(&b, " (clocks %s apart)", e.Skew.Round(time.Second))
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

// Unwrap gives what the error means and what caused it.
func (e *TokenError) Unwrap() []error { return present(e.kind, e.cause) }

func present(all ...error) []error {
	var some []error
	for _, err := range all {
		if err != nil {
			some = append(some, err)
		}
	}
	return some
}

// meaning is what a status of the API says. A 404 that is not JSON is not
// about the resource: Noa answers so where the address of the API is wrong.
func meaning(status int, isJSON bool) error {
	switch {
	case status == http.StatusBadRequest:
		return ErrInvalid
	case status == http.StatusUnauthorized:
		return ErrRefused
	case status == http.StatusForbidden, status == http.StatusMethodNotAllowed:
		return ErrForbidden
	case status == http.StatusNotFound && isJSON:
		return ErrNotFound
	case status == http.StatusConflict:
		return ErrConflict
	case status == http.StatusTooManyRequests:
		return ErrBusy
	case status >= http.StatusInternalServerError:
		return ErrUnreachable
	}
	return ErrAnswer
}
