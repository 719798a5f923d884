package keystore

import (
	"context"
	"runtime"
	"sync"
)

// A Damage is a key whose record does not open.
type Damage struct {
	Key
	Problem string // why, for the log
}

// Check opens every record and compares the key in it with its fingerprint. It
// is for the night: pages that SQLite finds sound may hold a flipped bit.
// Records that do not open are kept aside from then on; ones that were mended
// are not any more.
func (k *Keys) Check(ctx context.Context) ([]Damage, error) {
	records, err := k.records(ctx, "")
	if err != nil {
		return nil, err
	}
	wrong := k.tryAll(ctx, records)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var damages []Damage
	for i, r := range records {
		k.judge(r, wrong[i] != nil)
		if wrong[i] != nil {
			damages = append(damages, Damage{k.shown(r), wrong[i].Error()})
		}
	}
	return damages, nil
}

// tryAll opens the records on all processors: to rebuild a key from its number
// takes far longer than to open its seal.
func (k *Keys) tryAll(ctx context.Context, records []record) []error {
	wrong := make([]error, len(records))
	var parts sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for part := range workers {
		parts.Go(func() {
			for i := part; i < len(records) && ctx.Err() == nil; i += workers {
				wrong[i] = k.try(records[i])
			}
		})
	}
	parts.Wait()
	return wrong
}

func (k *Keys) try(r record) error {
	private, err := k.openRecord(r)
	if err != nil {
		return err
	}
	wipe(private)
	return nil
}

func (k *Keys) judge(r record, damaged bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if damaged {
		k.damaged[r.edition()] = true
	} else {
		delete(k.damaged, r.edition())
	}
}
