package main

import (
	"cmp"
	"context"
	"time"

	"noadesk/internal/keystore"
)

type keyPolicy struct {
	dataSettings
	output
	Org    string         `required:"" placeholder:"SLUG" help:"Organisation whose policy it is."`
	MaxAge *int           `placeholder:"DAYS" help:"A key in use is to be replaced when it is older; as it is if not given."`
	Drain  *time.Duration `placeholder:"DURATION" help:"A key that is being replaced rests so long before it is retired, such as 24h; as it is if not given."`
}

// policyRow is a policy as JSON.
type policyRow struct {
	Org          string  `json:"org"`
	MaxAgeDays   int     `json:"max_age_days"`
	DrainSeconds float64 `json:"drain_seconds"`
}

// Run shows an organisation's policy, and sets before what it was given of one.
func (c keyPolicy) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	org, err := r.rows.Organisation(ctx, c.Org)
	if err != nil {
		return err
	}
	policy, err := r.keys.Policy(ctx, org.UUID)
	if err != nil {
		return err
	}
	if c.MaxAge != nil || c.Drain != nil {
		policy = c.over(policy)
		if err := r.keys.SetPolicy(ctx, byHand(), org.UUID, policy); err != nil {
			return err
		}
	}
	days := int(policy.MaxAge / (24 * time.Hour))
	return c.print(w, policyRow{org.Slug, days, policy.Drain.Seconds()}, func() {
		w.say("A key of %s is to be replaced after %d days.", org.Name, days)
		w.say("A key that was replaced rests for %s before it is retired.", policy.Drain)
	})
}

// over is a policy with what was given in place of what was.
func (c keyPolicy) over(p keystore.Policy) keystore.Policy {
	if c.MaxAge != nil {
		p.MaxAge = time.Duration(min(max(*c.MaxAge, 0), 10_000)) * 24 * time.Hour
	}
	p.Drain = *cmp.Or(c.Drain, &p.Drain)
	return p
}
