package keystore

import (
	"context"
	"fmt"
	"testing"

	"noadesk/internal/store"
)

func BenchmarkSign(b *testing.B) {
	for _, name := range curveNamesOfNoa {
		b.Run(name, func(b *testing.B) {
			keys, _, _ := newKeys(b)
			key := generate(b, keys, fleet, name)
			for b.Loop() {
				if _, err := sign(keys, key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOpenTenThousand is what a start takes with ten thousand keys.
func BenchmarkOpenTenThousand(b *testing.B) {
	keys, db, mk := newKeys(b)
	_, private := newSketch(b, curves()[1])
	r, err := newRecord(fleet, "desk", Imported, private)
	if err != nil {
		b.Fatal(err)
	}
	err = db.Bookkeep(context.Background(), func(tx *store.Tx) error {
		for i := range 10_000 {
			r.id = fmt.Sprint(i)
			r.Fingerprint = fmt.Sprintf("%064x", i)
			if err := keys.insert(tx, r, private); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		openKeys(b, db, mk)
	}
}
