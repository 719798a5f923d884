// Package desk holds the desk's own rows: what the staff knows that Noa does
// not. So far that is which organisations there are.
package desk

import (
	"errors"

	"noadesk/internal/store"
)

// ErrNotFound says that there is no such row.
var ErrNotFound = errors.New("desk: not found")

// Invalid says which field of a form cannot be taken, and why, in a sentence
// for its reader.
type Invalid struct{ Field, Sentence string }

// Error is the sentence.
func (e Invalid) Error() string { return e.Sentence }

// A Desk is the desk's own rows.
type Desk struct{ db *store.Store }

// New gives the desk of a database.
func New(db *store.Store) *Desk { return &Desk{db} }
