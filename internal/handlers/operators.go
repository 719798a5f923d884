package handlers

import (
	"strings"
	"sync"

	"noadesk/internal/noa"
)

// operators are the people who are signed in at Noa for an errand, each for one
// person of the staff and one organisation. They live in memory only; Noa's
// token ends by itself after half an hour.
type operators struct {
	mu     sync.Mutex
	signed map[string]*noa.Operator
}

func newOperators() *operators { return &operators{signed: map[string]*noa.Operator{}} }

func errandOf(v *visit) string { return v.person.ID + " " + v.org.UUID }

// of is the operator of this person and organisation, nil where there is none any more.
func (o *operators) of(v *visit) *noa.Operator {
	o.mu.Lock()
	defer o.mu.Unlock()
	operator := o.signed[errandOf(v)]
	if operator == nil || !operator.SignedIn() {
		delete(o.signed, errandOf(v))
		return nil
	}
	return operator
}

func (o *operators) keep(v *visit, operator *noa.Operator) {
	o.drop(v)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.signed[errandOf(v)] = operator
}

func (o *operators) drop(v *visit) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if operator := o.signed[errandOf(v)]; operator != nil {
		operator.Close()
		delete(o.signed, errandOf(v))
	}
}

// dropAll ends all errands of a person who signs out.
func (o *operators) dropAll(person string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for errand, operator := range o.signed {
		if strings.HasPrefix(errand, person+" ") {
			operator.Close()
			delete(o.signed, errand)
		}
	}
}

// fieldOf is the form's field of a path in Noa's answer: "scopes.0" is about the scopes.
func fieldOf(path string) string {
	field, _, _ := strings.Cut(path, ".")
	return field
}
