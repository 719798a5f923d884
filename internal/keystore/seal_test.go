package keystore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"testing"
)

func testSealer() (sealer, binding) {
	mk, _ := NewMasterKey()
	return newSealer(mk, "0123456789abcdef"), binding{
		table: "signing_keys", instance: "0123456789abcdef", organisation: fleet, record: "r1",
		version: 1, curve: "P-256", spki: sha256.Sum256([]byte("public")),
	}
}

func TestRecordsHaveTheSizeOfTheirForm(t *testing.T) {
	t.Parallel()
	keys, _, _ := newKeys(t)
	for name, want := range map[string]int{"P-256": 238, "P-384": 285, "P-521": 341} {
		r, err := keys.record(context.Background(), generate(t, keys, fleet, name).Fingerprint)
		if err != nil || len(r.sealed) != want {
			t.Errorf("%s: %d bytes, want %d, %v", name, len(r.sealed), want, err)
		}
	}
}

func TestEveryFlippedBitIsRefused(t *testing.T) {
	t.Parallel()
	s, b := testSealer()
	record := s.seal(b, []byte("the private key"))
	if got, err := s.open(b, record); err != nil || string(got) != "the private key" {
		t.Fatalf("the record as it is: %q, %v", got, err)
	}
	for i := range record {
		for bit := range 8 {
			bad := bytes.Clone(record)
			bad[i] ^= 1 << bit
			if _, err := s.open(b, bad); err == nil {
				t.Errorf("byte %d, bit %d opens", i, bit)
			}
		}
	}
	for n := range record {
		if _, err := s.open(b, record[:n]); err == nil {
			t.Errorf("the first %d bytes open", n)
		}
	}
}

func TestRecordOpensOnlyWhereItBelongs(t *testing.T) {
	t.Parallel()
	s, b := testSealer()
	record := s.seal(b, []byte("the private key"))
	moves := map[string]func(*binding){
		"table":        func(b *binding) { b.table = "other" },
		"instance":     func(b *binding) { b.instance = "fedcba9876543210" },
		"organisation": func(b *binding) { b.organisation = otherFleet },
		"record":       func(b *binding) { b.record = "r2" },
		"version":      func(b *binding) { b.version = 2 },
		"curve":        func(b *binding) { b.curve = "P-384" },
		"fingerprint":  func(b *binding) { b.spki[0] ^= 1 },
		"border":       func(b *binding) { b.organisation, b.record = fleet+"r", "1" },
	}
	for name, move := range moves {
		other := b
		move(&other)
		if _, err := s.open(other, record); !errors.Is(err, errBroken) {
			t.Errorf("with another %s: %v", name, err)
		}
	}
}

func TestRecordsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	s, b := testSealer()
	other, _ := testSealer()
	record := s.seal(b, []byte("the private key"))
	if _, err := other.open(b, record); !errors.Is(err, errOtherMaster) {
		t.Errorf("another master key: %v", err)
	}
	for _, i := range []int{2, 3} {
		newer := bytes.Clone(record)
		newer[i] = 2
		if _, err := s.open(b, newer); !errors.Is(err, errNewerRecord) {
			t.Errorf("byte %d of a newer form: %v", i, err)
		}
	}
}

func TestRowsCannotBeMovedOrExchanged(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]string{
		"organisation": `UPDATE signing_keys SET organisation = '` + otherFleet + `'`,
		"id":           `UPDATE signing_keys SET id = 'moved'`,
		"version":      `UPDATE signing_keys SET version = version + 1`,
		"curve":        `UPDATE signing_keys SET curve = 'P-384'`,
		"fingerprint":  `UPDATE signing_keys SET fingerprint = '0' || substr(fingerprint, 2)`,
		"public key":   `UPDATE signing_keys SET public_key = zeroblob(91)`,
		"instance":     `UPDATE meta SET value = zeroblob(16) WHERE name = 'instance_id'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys, db, mk := newKeys(t)
			key := generate(t, keys, fleet, "P-256")
			if key.Fingerprint[0] == '0' {
				q = `UPDATE signing_keys SET fingerprint = '1' || substr(fingerprint, 2)`
			}
			alter(t, db, q)
			again, err := Open(context.Background(), db, mk)
			if err != nil {
				return // the whole keystore is refused
			}
			list, err := again.ListAll(context.Background())
			if err != nil || len(list) != 1 || list[0].State != Damaged {
				t.Errorf("got %v, %v", list, err)
			}
		})
	}
}

func FuzzOpenRecord(f *testing.F) {
	s, b := testSealer()
	good := s.seal(b, []byte("the private key"))
	f.Add(good)
	f.Add(good[:payloadStart])
	f.Add([]byte("NK\x01\x01"))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, record []byte) {
		if _, err := s.open(b, record); err == nil && !bytes.Equal(record, good) {
			t.Error("a record opens that was never sealed")
		}
	})
}
