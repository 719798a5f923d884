package noa

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// A TokenState is how it stands with the token of one key.
type TokenState struct {
	Organization string
	Fingerprint  string // of the key
	Generation   uint64 // so many tokens there have been
	Got, Until   time.Time
	Usable       bool
	Refused      bool      // Noa accepts the key, or the token that it gave for it, no longer
	Trouble      string    // why the last exchange brought no token, in a word or two; "" where it did
	Retry        time.Time // no exchange before, zero where one may be made
	Renewals     int       // that a 401 asked for
}

// recent is how long a failed exchange tells that there is no token, though nobody has tried again.
const recent = 5 * time.Minute

// state is how it stands with the token, and whether there is anything to tell.
func (s *source) state(now time.Time) (TokenState, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := TokenState{
		Organization: s.credential.Organization, Fingerprint: s.credential.Fingerprint,
		Generation: s.generation, Renewals: s.renewals,
	}
	if s.held != nil {
		st.Got, st.Until = s.held.got, s.held.expires
	}
	st.Usable = s.usable(now) && !now.Before(s.barred)
	switch {
	case now.Before(s.barred):
		st.Refused, st.Trouble, st.Retry = true, "refused", s.barred
	case s.last != nil:
		st.Refused, st.Trouble = errors.Is(s.last, ErrRefused), tokenTrouble(s.last)
		if now.Before(s.notBefore) {
			st.Retry = s.notBefore
		}
	}
	return st, s.generation > 0 || st.Trouble != ""
}

func tokenTrouble(e *TokenError) string {
	switch {
	case errors.Is(e, ErrRefused):
		return "refused"
	case e.kind == nil:
		return "the desk could not sign"
	}
	return reason(e)
}

// lacks says whether a token was needed a moment ago, and there is none.
func (s *source) lacks(now time.Time) (usable, lacking bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	usable = s.usable(now) && !now.Before(s.barred)
	lacking = now.Before(s.barred) || s.last != nil && now.Before(s.notBefore.Add(recent))
	return usable, lacking && !usable
}

// helpless says whether a token was needed, and none of an organization's keys has one.
func helpless(all []*source, now time.Time) (helpless bool) {
	for _, s := range all {
		usable, lacking := s.lacks(now)
		if usable {
			return false
		}
		helpless = helpless || lacking
	}
	return helpless
}

// states are those of an organization's keys of which there is something to tell, the one in use first.
func states(all []*source, now time.Time) (list []TokenState) {
	for _, s := range all {
		if st, ok := s.state(now); ok {
			list = append(list, st)
		}
	}
	slices.SortStableFunc(list, func(a, b TokenState) int {
		if a.Usable != b.Usable {
			if a.Usable {
				return -1
			}
			return 1
		}
		return cmp.Or(b.Got.Compare(a.Got), b.Retry.Compare(a.Retry))
	})
	return list
}
