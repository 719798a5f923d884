package handlers

import (
	"errors"
	"strconv"
	"time"

	"noadesk/internal/keystore"
	"noadesk/internal/views"
)

// savePolicy says how old a key may grow and how long one rests before it is retired.
func (s *Server) savePolicy(v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	days, wrongDays := strconv.Atoi(v.PostForm.Get("days"))
	hours, wrongHours := strconv.Atoi(v.PostForm.Get("hours"))
	err := errors.Join(wrongDays, wrongHours)
	if err != nil || days > 10_000 || hours > 10_000 {
		return "", s.keysAgain(v, "Give whole numbers of days and hours.")
	}
	policy := keystore.Policy{MaxAge: time.Duration(days) * 24 * time.Hour, Drain: time.Duration(hours) * time.Hour}
	err = s.keys.SetPolicy(v.Context(), v.event(), v.org.UUID, policy)
	var refused keystore.Refusal
	if errors.As(err, &refused) {
		return "", s.keysAgain(v, refused.Sentence)
	}
	if err != nil {
		return "", err
	}
	v.flash("Saved.")
	return v.org.Keys(), nil
}

// keysAgain shows the list of keys with what is wrong about the policy.
func (s *Server) keysAgain(v *visit, sentence string) error {
	p, err := s.keysPage(v)
	if err != nil {
		return err
	}
	p.Problems = views.Problems{"days": sentence}
	return invalid{Page: p}
}
