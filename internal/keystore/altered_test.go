package keystore

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"noadesk/internal/store"
)

// An altered keystore has one key whose record is altered behind its back, and
// another one that has to stay as it is.
type altered struct {
	*testing.T
	db        *store.Store
	old, next MasterKey
	key, good Key
}

func newAltered(t *testing.T, curve string) altered {
	t.Helper()
	db := openStore(t, memoryDir(t))
	old, _ := NewMasterKey()
	next, _ := NewMasterKey()
	keys := openKeys(t, db, old)
	return altered{t, db, old, next, generate(t, keys, fleet, curve), generate(t, keys, fleet, curve)}
}

// refused wants the key to be refused and named with its organisation, and the
// other one to work.
func (a altered) refused(keys *Keys, org, what string) {
	a.Helper()
	damages, err := keys.Check(context.Background())
	if err != nil || len(damages) != 1 {
		a.Errorf("%s: %d damaged, %v", what, len(damages), err)
		return
	}
	if d := damages[0]; d.Fingerprint != a.key.Fingerprint || d.Organisation != org || d.State != Damaged || d.Problem == "" {
		a.Errorf("%s: named as %s of %s, %s", what, d.Fingerprint, d.Organisation, d.State)
	}
	if _, err := sign(keys, a.key); !errors.Is(err, ErrDamaged) {
		a.Errorf("%s: signing: %v", what, err)
	}
	if _, err := sign(keys, a.good); err != nil {
		a.Errorf("%s: signing with the other key: %v", what, err)
	}
}

// refusedAtOnce wants it also of a keystore that is opened now, before any check.
func (a altered) refusedAtOnce(org, what string, current MasterKey, previous ...MasterKey) {
	a.Helper()
	keys := openKeys(a, a.db, current, previous...)
	if got, err := keys.Key(context.Background(), org, a.key.Fingerprint); err != nil || got.State != Damaged {
		a.Errorf("%s: at the start it is %s, %v", what, got.State, err)
	}
	a.refused(keys, org, what)
}

// record is the row as it is, sealed.
func (a altered) record() record {
	a.Helper()
	r, err := openKeys(a, a.db, a.next, a.old).record(context.Background(), a.key.Fingerprint)
	if err != nil {
		a.Fatal(err)
	}
	return r
}

func (a altered) set(column string, value any) {
	a.Helper()
	alter(a, a.db, `UPDATE signing_keys SET `+column+` = $1 WHERE fingerprint = $2`, value, a.key.Fingerprint)
}

func TestAlteredRecordIsRefusedAndNamed(t *testing.T) {
	t.Parallel()
	for _, curve := range curveNamesOfNoa {
		t.Run(curve, func(t *testing.T) {
			t.Parallel()
			a := newAltered(t, curve)
			a.everyByte()
			a.elsewhere()
			a.putBackAfterRotation()
			a.putBackAfterRenewal()
		})
	}
}

// everyByte flips a bit of each byte of the record, another one each time.
func (a altered) everyByte() {
	a.Helper()
	keys, r := openKeys(a, a.db, a.old), a.record()
	for column, as := range map[string][]byte{"sealed": r.sealed, "public_key": r.spki} {
		for i := range as {
			bad := bytes.Clone(as)
			bad[i] ^= 1 << (i % 8)
			a.set(column, bad)
			a.refused(keys, fleet, column)
		}
		a.refusedAtOnce(fleet, column, a.old)
		a.set(column, as)
	}
}

// elsewhere moves the row to another organisation.
func (a altered) elsewhere() {
	a.Helper()
	a.set("organisation", otherFleet)
	a.refusedAtOnce(otherFleet, "moved", a.old)
	a.set("organisation", fleet)
}

// putBackAfterRotation puts the seal back that the record had before its master
// key was rotated. It is refused even while that one is still given.
func (a altered) putBackAfterRotation() {
	a.Helper()
	before := a.record()
	rewrap(a, openKeys(a, a.db, a.next, a.old))
	after := a.record()
	a.set("sealed", before.sealed)
	a.refusedAtOnce(fleet, "before the rotation", a.next)
	a.refusedAtOnce(fleet, "before the rotation, with both master keys", a.next, a.old)
	a.set("sealed", after.sealed)
}

// putBackAfterRenewal puts the seal back that the same master key had made
// before the key was sealed anew.
func (a altered) putBackAfterRenewal() {
	a.Helper()
	before := a.record()
	if _, err := openKeys(a, a.db, a.next).Renew(context.Background(), someone, nil); err != nil {
		a.Fatal(err)
	}
	after := a.record()
	a.set("sealed", before.sealed)
	a.refusedAtOnce(fleet, "before the renewal", a.next)
	a.set("sealed", after.sealed)
	a.set("version", before.version)
	a.refusedAtOnce(fleet, "with the version before", a.next)
	a.set("version", after.version)
	if damages, err := openKeys(a, a.db, a.next).Check(context.Background()); err != nil || len(damages) != 0 {
		a.Errorf("as it was: %d damaged, %v", len(damages), err)
	}
}
