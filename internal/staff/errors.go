package staff

import (
	"errors"
	"time"
)

// What callers act on.
var (
	ErrNotFound  = errors.New("staff: no such person")
	ErrTaken     = errors.New("staff: e-mail address is taken")
	ErrLastAdmin = errors.New("staff: last administrator")
	ErrSignIn    = errors.New("staff: e-mail address or password is wrong")
	ErrBusy      = errors.New("staff: too many sign-ins at once")
	ErrSetup     = errors.New("staff: set-up link is not valid")
)

// ErrWait says that this account has to wait before the next try.
type ErrWait struct{ Until time.Time }

// Error says until when.
func (e ErrWait) Error() string { return "staff: wait until " + e.Until.UTC().Format(time.RFC3339) }

// Invalid says which field of a form cannot be taken, and why, in a sentence
// for its reader.
type Invalid struct{ Field, Sentence string }

// Error is the sentence.
func (e Invalid) Error() string { return e.Sentence }
