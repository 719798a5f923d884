package keystore

import (
	"context"
	"crypto/ecdsa"
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
	for batch := range 100 {
		err := db.Bookkeep(context.Background(), func(tx *store.Tx) error { return fill(keys, tx, r, private, batch*100) })
		if err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		openKeys(b, db, mk)
	}
}

// fill writes a hundred rows with the same key; nothing but the fingerprints differs.
func fill(keys *Keys, tx *store.Tx, r record, private *ecdsa.PrivateKey, from int) error {
	for i := range 100 {
		r.id, r.Fingerprint = fmt.Sprint(from+i), fmt.Sprintf("%064x", from+i)
		if err := keys.insert(tx, r, private); err != nil {
			return err
		}
	}
	return nil
}
