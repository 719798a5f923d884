package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A FaultKind is what goes wrong.
type FaultKind string

// The kinds of fault. Those after CutAfter change an answer that the sandbox
// gives in earnest.
const (
	Slow          FaultKind = "slow"           // nothing but the delay
	Refuse        FaultKind = "refuse"         // the status, in Noa's JSON; the token service's at /jwt
	Page          FaultKind = "page"           // the status, as a gateway's HTML page
	Cut           FaultKind = "cut"            // the connection ends and nothing was done
	CutAfter      FaultKind = "cut-after"      // all was done, but the connection ends before the answer
	CutBody       FaultKind = "cut-body"       // the connection ends in the middle of the body
	Truncated     FaultKind = "truncated"      // a whole answer with half of its JSON
	WrongType     FaultKind = "wrong-type"     // the right body under text/plain
	NoToken       FaultKind = "no-token"       // the right status and an object that lacks all members
	ExtraMembers  FaultKind = "extra-members"  // members that nobody knows
	UnknownValues FaultKind = "unknown-values" // words that no list knows: states, types, scopes
	Fractions     FaultKind = "fractions"      // times with six decimals
	Offsets       FaultKind = "offsets"        // times with six decimals and another zone
	Duplicates    FaultKind = "duplicates"     // pages after the first begin with a row of the one before
	Shrinking     FaultKind = "shrinking"      // pages after the first are gone
	Endless       FaultKind = "endless"        // a body that does not end
	Bomb          FaultKind = "bomb"           // 1 GiB of spaces, packed to a thousandth
)

var faultKinds = []FaultKind{
	Slow, Refuse, Page, Cut, CutAfter, CutBody, Truncated, WrongType, NoToken, ExtraMembers,
	UnknownValues, Fractions, Offsets, Duplicates, Shrinking, Endless, Bomb,
}

// Writes is a [Fault]'s method that fits POST, PUT, PATCH and DELETE.
const Writes = "WRITE"

// A Fault goes wrong with the calls that it fits, whatever they ask. Its
// zero fields fit every call, at once and until it is taken back.
type Fault struct {
	Path   string        // how the paths begin, such as /api/trips/ or /jwt
	Method string        // GET and so on, or Writes
	After  int           // how many calls that fit pass first
	Times  int           // how many are struck then; 0 is all
	Delay  time.Duration // how long the answer is held back
	Kind   FaultKind     // "" is Refuse with a status and Slow without
	Status int           // of Refuse and Page, 0 is 500
	Code   string        // of Refuse, "" is what Noa says with that status

	RetryAfter     time.Duration // a header of Refuse and Page, 0 is none
	RetryAfterDate bool          // write it as a date
}

func (f Fault) check() error {
	switch {
	case !slices.Contains(faultKinds, f.Kind):
		return fmt.Errorf("sandbox: no kind of fault %q", f.Kind)
	case f.After < 0 || f.Times < 0 || f.Delay < 0 || f.RetryAfter < 0:
		return errors.New("sandbox: a fault's numbers must not be negative")
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return errors.New("sandbox: a fault's status must be 400 to 599")
	case f.Path != "" && !strings.HasPrefix(f.Path, "/"):
		return errors.New("sandbox: a fault's path must begin with a slash")
	}
	return nil
}

// complete names the kind that goes without saying.
func (f Fault) complete() Fault {
	switch {
	case f.Kind == "" && f.Status != 0:
		f.Kind = Refuse
	case f.Kind == "":
		f.Kind = Slow
	}
	return f
}

func (f Fault) fits(r *http.Request) bool {
	method := f.Method == "" || strings.EqualFold(f.Method, r.Method) || strings.EqualFold(f.Method, Writes) && writes(r.Method)
	return method && strings.HasPrefix(r.URL.Path, f.Path)
}

func writes(method string) bool { return slices.Contains([]string{post, put, patch, erase}, method) }

// faults are those that wait for their calls, in the order they were added.
type faults struct {
	mu   sync.Mutex
	list []*armed
}

// An armed fault counts the calls that fitted.
type armed struct {
	Fault
	seen int
}

// due counts a call and says whether it is struck.
func (w *armed) due() bool {
	w.seen++
	return w.seen > w.After
}

// over says that the fault has struck as often as it was to.
func (w *armed) over() bool { return w.Times > 0 && w.seen-w.After >= w.Times }

// Fault lets something go wrong from the next call on. Of several faults
// that fit a call the delays add up, and of the other kinds the first one
// strikes; for those behind it the call does not count, so that faults added
// one after another strike one after another.
func (s *Sandbox) Fault(f Fault) error {
	f = f.complete()
	if err := f.check(); err != nil {
		return err
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, &armed{Fault: f})
	return nil
}

// Faults are those that are still to strike.
func (s *Sandbox) Faults() []Fault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	out := []Fault{}
	for _, w := range s.faults.list {
		out = append(out, w.Fault)
	}
	return out
}

// ClearFaults takes every fault back.
func (s *Sandbox) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

// strike is what goes wrong with one call, mostly a Slow of no delay.
func (f *faults) strike(r *http.Request) Fault {
	struck := Fault{Kind: Slow}
	f.mu.Lock()
	defer f.mu.Unlock()
	var delay time.Duration
	for _, w := range f.list {
		late := struck.Kind != Slow && w.Kind != Slow
		if late || !w.fits(r) || !w.due() {
			continue
		}
		delay += w.Delay
		if w.Kind != Slow {
			struck = w.Fault
		}
	}
	f.list = slices.DeleteFunc(f.list, (*armed).over)
	struck.Delay = delay
	return struck
}
