package main

import (
	"errors"
	"fmt"

	"noadesk/internal/desk"
	"noadesk/internal/keystore"
	"noadesk/internal/noa"
	"noadesk/internal/staff"
	"noadesk/internal/store"
)

// The exit codes that scripts rely on.
const (
	exitDone        = 0
	exitFailed      = 1 // anything without a code of its own
	exitUsage       = 64
	exitInput       = 65
	exitUnreachable = 69
	exitNotAllowed  = 77
	exitSettings    = 78
)

// wrongUsage is a command line that cannot be understood.
type wrongUsage struct{ error }

// A failure is an error whose exit code and words are decided where it arises.
type failure struct {
	code     int
	sentence string
	cause    error
}

func (f failure) Error() string { return f.sentence }

func (f failure) Unwrap() error { return f.cause }

func badInput(format string, args ...any) error {
	return failure{code: exitInput, sentence: fmt.Sprintf(format, args...)}
}

func badSettings(format string, args ...any) error {
	return failure{code: exitSettings, sentence: fmt.Sprintf(format, args...)}
}

// exitCode is the one place that turns errors into exit codes.
func exitCode(err error) int {
	var f failure
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &f):
		return f.code
	case is[wrongUsage](err):
		return exitUsage
	case isSettings(err):
		return exitSettings
	case isInput(err):
		return exitInput
	case errors.Is(err, staff.ErrLastAdmin), errors.Is(err, noa.ErrRefused), errors.Is(err, noa.ErrForbidden):
		return exitNotAllowed
	case errors.Is(err, noa.ErrUnreachable), errors.Is(err, noa.ErrBusy), errors.Is(err, noa.ErrAnswer):
		return exitUnreachable
	}
	return exitFailed
}

func isSettings(err error) bool {
	return is[*store.ConfigError](err) || is[wrongSettings](err)
}

func isInput(err error) bool {
	return is[keystore.Refusal](err) || is[staff.Invalid](err) || is[desk.Invalid](err) ||
		errors.Is(err, staff.ErrTaken) || errors.Is(err, staff.ErrNotFound) ||
		errors.Is(err, desk.ErrNotFound) || errors.Is(err, keystore.ErrNotFound) ||
		errors.Is(err, keystore.ErrAmbiguous) || errors.Is(err, keystore.ErrDamaged) || errors.Is(err, keystore.ErrRetired)
}

// sentence says for a person at the command line what went wrong.
func sentence(err error) string {
	var config *store.ConfigError
	switch {
	case errors.As(err, &config):
		return config.Sentence
	case is[failure](err), is[wrongSettings](err):
		return err.Error()
	case is[wrongUsage](err):
		return "noadesk: " + err.Error() + " (noadesk --help lists the commands)"
	case errors.Is(err, staff.ErrTaken):
		return "Somebody with this e-mail address is on the staff already."
	case errors.Is(err, staff.ErrNotFound):
		return "Nobody with this e-mail address is on the staff."
	case errors.Is(err, staff.ErrLastAdmin):
		return "This is the last administrator, who cannot be disabled."
	case errors.Is(err, desk.ErrNotFound):
		return "There is no such organisation; noadesk org list shows them."
	case errors.Is(err, keystore.ErrNotFound):
		return "There is no such key; noadesk key list shows them."
	case errors.Is(err, keystore.ErrAmbiguous):
		return "Several keys begin like this; give more of the fingerprint."
	case errors.Is(err, keystore.ErrDamaged):
		return "The record of this key is damaged; import the key again or restore a backup."
	case errors.Is(err, keystore.ErrRetired):
		return "This key is retired."
	case errors.Is(err, noa.ErrUnreachable), errors.Is(err, noa.ErrBusy), errors.Is(err, noa.ErrAnswer):
		return "Noa cannot be reached: " + err.Error()
	case errors.Is(err, noa.ErrRefused), errors.Is(err, noa.ErrForbidden):
		return "Noa refused the key: " + err.Error()
	}
	return err.Error()
}

// is says whether an error of type T is in the chain.
func is[T error](err error) bool {
	var t T
	return errors.As(err, &t)
}
