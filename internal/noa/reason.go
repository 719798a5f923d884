package noa

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Reason says in a word or two, for people, why Noa could not be asked: "timeout", "connection refused", "status 502".
func Reason(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errBroken):
		return "the last calls went unanswered"
	case isToken(err):
		return "no token: " + reason(err)
	}
	return reason(err)
}

// isToken says whether it was the token service that failed.
func isToken(err error) bool {
	var t *TokenError
	return errors.As(err, &t)
}

// reason is the part of the table that is about any peer.
func reason(err error) string {
	var certificate *tls.CertificateVerificationError
	var name *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, ErrBusy):
		return "busy"
	case status(err) >= 500:
		return fmt.Sprintf("status %d", status(err))
	case errors.As(err, &certificate):
		return "its certificate is not to be trusted"
	case errors.As(err, &name):
		return "its name is not found"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, ErrUnreachable):
		return "connection lost"
	}
	return "unexpected answer"
}

// status is the one that came, 0 for none.
func status(err error) int {
	var e *Error
	var t *TokenError
	switch {
	case errors.As(err, &e):
		return e.Status
	case errors.As(err, &t):
		return t.Status
	}
	return 0
}
