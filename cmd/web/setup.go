package main

import (
	"context"
	"log/slog"
	"time"

	"noadesk/internal/staff"
)

// offerSetup prints a link for the first administrator as long as there is nobody
// on the staff, a fresh one whenever the last has run out. It goes to standard
// output and not into the log, which others may read.
func offerSetup(ctx context.Context, w *world, people *staff.Staff, address string, log *slog.Logger) {
	for {
		expires, err := offerOnce(ctx, w, people, address)
		if err != nil {
			log.Error("no set-up link", "err", err)
		}
		if err != nil || expires.IsZero() {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(expires)):
		}
	}
}

// offerOnce prints one link and tells when it runs out: never, where somebody is on the staff.
func offerOnce(ctx context.Context, w *world, people *staff.Staff, address string) (time.Time, error) {
	empty, err := people.Empty(ctx)
	if err != nil || !empty {
		return time.Time{}, err
	}
	token, expires, err := people.NewSetup(ctx)
	if err != nil {
		return time.Time{}, err
	}
	w.say("Nobody is on the staff yet. Whoever opens this link before %s becomes the administrator:\n%s/setup/%s",
		expires.Local().Format("15:04"), address, token)
	return expires, nil
}
