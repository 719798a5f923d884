package main

import (
	"cmp"
	"context"
	"time"

	"noadesk/internal/keystore"
	"noadesk/internal/store"
)

type keyDescribe struct {
	dataSettings
	fingerprint
	Label   *string `placeholder:"TEXT" help:"What people call it; as it is if not given."`
	Purpose *string `placeholder:"TEXT" help:"The department or service that it is for; as it is if not given, empty for none."`
}

// Run says what a key is called and what it is for.
func (c keyDescribe) Run(ctx context.Context, w *world) error {
	return c.change(ctx, w, c.dataSettings, func(k *keystore.Keys, ctx context.Context, e store.Event, fingerprint string) error {
		key, err := k.Find(ctx, fingerprint)
		if err != nil {
			return err
		}
		return k.Describe(ctx, e, fingerprint, *cmp.Or(c.Label, &key.Label), *cmp.Or(c.Purpose, &key.Purpose))
	})
}

type keySwitch struct {
	dataSettings
	fingerprint
}

// Run makes a key the active one. The one before stays at hand, and is gone back to in the same way.
func (c keySwitch) Run(ctx context.Context, w *world) error {
	return c.change(ctx, w, c.dataSettings, (*keystore.Keys).SwitchOver)
}

type keyRetire struct {
	dataSettings
	fingerprint
	Force bool `help:"Retire a fallback although it was used within the drain time."`
}

// Run ends a key's use.
func (c keyRetire) Run(ctx context.Context, w *world) error {
	retire := (*keystore.Keys).RetireDrained
	if c.Force {
		retire = (*keystore.Keys).Retire
	}
	return c.change(ctx, w, c.dataSettings, func(k *keystore.Keys, ctx context.Context, e store.Event, fingerprint string) error {
		return retire(k, ctx, k.WithActive(ctx, e, fingerprint), fingerprint)
	})
}

type keyUses struct {
	dataSettings
	fingerprint
	Hours int `default:"24" help:"How many hours, the one under way included."`
}

// useRow is an hour of a key as JSON.
type useRow struct {
	Hour time.Time `json:"hour"`
	Uses int       `json:"uses"`
}

// Run lists the hours in which a key signed, or could have.
func (c keyUses) Run(ctx context.Context, w *world) error {
	if c.Hours < 1 || c.Hours > 90*24 {
		return badInput("Counts are kept for 90 days: give a number of hours from 1 to 2160.")
	}
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	key, err := c.find(ctx, r)
	if err != nil {
		return err
	}
	hours, err := r.keys.LastHours(ctx, key.Fingerprint, c.Hours)
	if err != nil {
		return err
	}
	list := make([]useRow, 0, len(hours))
	for _, h := range hours {
		list = append(list, useRow{h.Hour, h.Uses})
	}
	return c.print(w, list, func() { w.hours(list) })
}

// hours leaves out those without a use: a person reads what there was.
func (w *world) hours(list []useRow) {
	total := 0
	for _, h := range list {
		if total += h.Uses; h.Uses > 0 {
			w.say("%s  %d", day(h.Hour), h.Uses)
		}
	}
	w.say("%d signatures in the last %d hours", total, len(list))
}
