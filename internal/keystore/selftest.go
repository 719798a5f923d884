package keystore

import (
	"context"
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
	var damages []Damage
	for _, r := range records {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		private, err := k.openRecord(r)
		k.judge(r, err != nil)
		if err != nil {
			damages = append(damages, Damage{k.shown(r), err.Error()})
			continue
		}
		wipe(private)
	}
	return damages, nil
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
