package keystore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"noadesk/internal/store"
)

// Rewrap wraps every data key under the current master key and puts that on
// record in place of the one before. It runs beside everything else; after a
// crash it is called again and goes on where it stopped. progress may be nil.
// The number is that of the records it wrapped; damaged ones stay as they are.
func (k *Keys) Rewrap(ctx context.Context, e store.Event, progress func(done, total int)) (int, error) {
	m := k.masters.Load()
	e.Action = "master-key.rotate"
	return k.reseal(ctx, e, &resealing{
		masters: m, told: progress,
		seal: func(r record) ([]byte, error) { return m.current.rewrap(m.of(r.sealed), k.binding(r), r.sealed) },
	})
}

// Renew is for a master key that others may know: whoever has a copy of the
// file has its data keys too, and the keys. It seals every key anew under the
// current master key, as the record's next version, so that a former seal does
// not open in its place, and marks it as one to be replaced at Noa.
func (k *Keys) Renew(ctx context.Context, e store.Event, progress func(done, total int)) (int, error) {
	m := k.masters.Load()
	if err := k.hasSuccessor(ctx, m); err != nil {
		return 0, err
	}
	e.Action = "master-key.renew"
	return k.reseal(ctx, e, &resealing{
		masters: m, told: progress, everything: true, step: 1, exposed: k.now(),
		seal: func(r record) ([]byte, error) {
			der, err := m.open(k.binding(r), r.sealed)
			if err != nil {
				return nil, err
			}
			defer clear(der)
			r.version++
			return m.current.seal(k.binding(r), der), nil
		},
	})
}

// hasSuccessor makes sure that the current master key is not the one that leaked.
func (k *Keys) hasSuccessor(ctx context.Context, m *masters) error {
	var former int
	if err := k.db.QueryRow(ctx, `SELECT count(*) FROM master_keys WHERE ended IS NOT NULL`).Scan(&former); err != nil {
		return fmt.Errorf("keystore: count master keys: %w", err)
	}
	if former == 0 && m.recorded == m.current.id {
		return masterKeyError("The keystore has had one master key only: make a new one, and name the leaked one as the previous.")
	}
	return nil
}

// reseal works in passes, until none came in under a former master key while
// it did. Last it takes the former seals out of the file and its log.
func (k *Keys) reseal(ctx context.Context, e store.Event, w *resealing) (int, error) {
	for finished := false; !finished; {
		if err := k.pass(ctx, w); err != nil {
			return w.done, err
		}
		var err error
		if finished, err = k.handOver(ctx, e, w); err != nil {
			return w.done, err
		}
		w.everything = false
	}
	if err := patiently(ctx, func() error { return k.db.Compact(ctx) }); err != nil {
		return w.done, fmt.Errorf("keystore: take former seals out of the file: %w", err)
	}
	return w.done, nil
}

// patiently tries again what others keep busy: SQLite does not wait by itself
// for somebody else's checkpoint, and under steady reading it takes a while until nobody needs the log.
func patiently(ctx context.Context, f func() error) error {
	const tries, pause = 60, 250 * time.Millisecond
	err := f()
	for try := 1; try < tries && errors.Is(err, store.ErrBusy); try++ {
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
		err = f()
	}
	return err
}

// resealing is one rotation of the master key at work.
type resealing struct {
	masters    *masters
	seal       func(record) ([]byte, error)
	everything bool                  // in this pass also what the current master key seals
	step       int                   // to the version of the new seal
	exposed    time.Time             // marks the keys, if not zero
	lost       map[string]bool       // editions that do not open
	done       int                   // records that have their new seal
	total      int                   // records there are to seal, as counted first
	told       func(done, total int) // how far it is, may be nil
}

func (w *resealing) tell() {
	if w.told != nil {
		w.told(w.done, max(w.done, w.total))
	}
}
