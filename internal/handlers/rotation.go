package handlers

import (
	"errors"
	"slices"

	"noadesk/internal/keystore"
	"noadesk/internal/noa"
	"noadesk/internal/views"
)

// rotation is the replacement of the active key, step by step. Where it stands is read off the keys' states.
func (s *Server) rotation(v *visit) (views.Page, error) {
	return s.rotationPage(v, v.query("key"))
}

// rotationPage shows the rotation to the key of that fingerprint, "" for the one that offers itself.
func (s *Server) rotationPage(v *visit, chosen string) (p views.Rotation, err error) {
	p = views.Rotation{Org: v.org, Operator: s.operators.of(v) != nil}
	keys, err := s.keys.List(v.Context(), v.org.UUID)
	if err != nil {
		return p, err
	}
	active, there := stateIs(keys, keystore.Active)
	if !there {
		return p, nil
	}
	due, err := s.due(v)
	if err != nil {
		return p, err
	}
	p.Due = slices.Contains(due, active.Fingerprint)
	if fallback, there := stateIs(keys, keystore.Retiring); there {
		return s.afterSwitch(v, p, fallback, active)
	}
	return s.beforeSwitch(v, p, keys, active, chosen)
}

// afterSwitch is the time after the switch: the fallback rests until it is retired. Where it is the younger of the two, the switch was taken back.
func (s *Server) afterSwitch(v *visit, p views.Rotation, fallback, active keystore.Key) (views.Rotation, error) {
	p.Step = views.RetireStep
	policy, err := s.keys.Policy(v.Context(), v.org.UUID)
	if err != nil {
		return p, err
	}
	p.Rest = policy.Drain
	if p.Drained, err = s.keys.Drained(v.Context(), fallback); err != nil {
		return p, err
	}
	if fallback.Created.After(active.Created) {
		p.Step, p.TakenBack = views.SwitchStep, true
		return s.pair(v, p, active, fallback)
	}
	return s.pair(v, p, fallback, active)
}

// beforeSwitch is the time before the switch.
func (s *Server) beforeSwitch(v *visit, p views.Rotation, keys []keystore.Key, active keystore.Key, chosen string) (views.Rotation, error) {
	next := candidate(keys, active, chosen)
	for _, k := range keys {
		if waiting(k) && k.Fingerprint != next.Fingerprint {
			p.Others = append(p.Others, shownKey(k))
		}
	}
	switch {
	case next.Fingerprint == "":
		p.Step = views.AddStep
	case next.ProvedAt.IsZero():
		p.Step = views.ProveStep
	default:
		p.Step = views.SwitchStep
	}
	return s.pair(v, p, active, next)
}

// pair puts the two keys on the page, each with its uses.
func (s *Server) pair(v *visit, p views.Rotation, before, after keystore.Key) (_ views.Rotation, err error) {
	p.Old.Key, p.New.Key = shownKey(before), shownKey(after)
	if p.Old.Uses, err = s.uses(v, before.Fingerprint); err == nil && after.Fingerprint != "" {
		p.New.Uses, err = s.uses(v, after.Fingerprint)
	}
	return p, err
}

// candidate is the key to switch to: the chosen one, or the latest that came after the active key.
// Older ones wait for another purpose and are offered, not presumed.
func candidate(keys []keystore.Key, active keystore.Key, chosen string) (next keystore.Key) {
	for _, k := range keys {
		if waiting(k) && k.Fingerprint == chosen {
			return k
		}
		if waiting(k) && k.Created.After(active.Created) {
			next = k
		}
	}
	return next
}

func waiting(k keystore.Key) bool { return k.State == keystore.Ready || k.State == keystore.Unproved }

func stateIs(keys []keystore.Key, state keystore.State) (keystore.Key, bool) {
	i := slices.IndexFunc(keys, func(k keystore.Key) bool { return k.State == state })
	if i < 0 {
		return keystore.Key{}, false
	}
	return keys[i], true
}

// nextOfKey is where a new key is looked at: on its own page, or in the rotation that it is for.
func (v *visit) nextOfKey(rotation bool, fingerprint string) string {
	if rotation {
		return v.org.RotateTo(fingerprint)
	}
	return v.org.Key(fingerprint)
}

// afterStep is where a step of a key's life leads: back to where it was taken.
func (v *visit) afterStep(fingerprint string) string {
	if next := v.PostForm.Get("rotation"); next != "" {
		return v.org.RotateTo(next)
	}
	return v.org.Key(fingerprint)
}

// orRotation shows on the rotation's page what was refused there.
func (s *Server) orRotation(v *visit, err error) error {
	var form invalid
	next := v.PostForm.Get("rotation")
	if next == "" || !errors.As(err, &form) {
		return err
	}
	refused, ok := form.Page.(views.KeyPage)
	if !ok {
		return err
	}
	p, failed := s.rotationPage(v, next)
	if failed != nil {
		return failed
	}
	p.Refused, p.Advice = refused.Refused, refused.Advice
	return invalid{Page: p, status: form.status}
}

// retireFallback makes room for a third key: a fallback that has rested is retired, with a record of its own; one that has not is in the way.
func (s *Server) retireFallback(v *visit) error {
	keys, err := s.keys.List(v.Context(), v.org.UUID)
	if err != nil {
		return err
	}
	fallback, there := stateIs(keys, keystore.Retiring)
	if !there {
		return nil
	}
	e := s.keys.WithActive(v.Context(), v.event(), fallback.Fingerprint)
	err = s.keys.RetireDrained(v.Context(), e, fallback.Fingerprint)
	var refused keystore.Refusal
	if errors.As(err, &refused) {
		return s.twoInUse(v, refused)
	}
	s.api.Forget(credential(fallback))
	return err
}

// twoInUse shows the rotation that has to come to its end before the next one.
func (s *Server) twoInUse(v *visit, refused keystore.Refusal) error {
	p, err := s.rotationPage(v, "")
	if err != nil {
		return err
	}
	p.Refused, p.Advice = "Two keys are in use already: the last replacement has to come to its end first.", refused.Sentence+" Nothing was changed."
	return invalid{Page: p}
}

// credential is who asks Noa with a key of a page.
func (v *visit) credential(k views.Key) noa.Credential {
	return noa.Credential{Organization: v.org.UUID, Client: k.Client, Fingerprint: k.Fingerprint}
}
