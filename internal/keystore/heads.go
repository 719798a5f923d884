package keystore

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"noadesk/internal/store"
)

// A headKey vouches for heads of the audit log, or for receipts of backups. Its bytes stand behind a
// function, so that nothing prints them.
type headKey func() []byte

func newHeadKey(key []byte) headKey { return func() []byte { return key } }

func (m MasterKey) headKey(instance string) headKey {
	return newHeadKey(m.derive("noadesk/v1/audit-mac/"+instance, 32))
}

func (k headKey) mac(head []byte) []byte {
	mac := hmac.New(sha256.New, k())
	mac.Write(head)
	return mac.Sum(nil)
}

// headBinding is what the head key of a master key that has ended is sealed to.
func headBinding(instance string, id masterID) binding {
	return binding{table: "head_key", instance: instance, record: hex.EncodeToString(id[:])}
}

// SealHead vouches for a head of the audit log: the id of the master key, and
// an HMAC-SHA-256 with a key derived from it.
func (k *Keys) SealHead(head []byte) []byte {
	m := k.masters.Load()
	return append(m.recorded[:], m.headKeys[m.recorded].mac(head)...)
}

// VerifyHead says whether this keystore vouched for a head, under the master
// key that it has or under one that it had.
func (k *Keys) VerifyHead(head, mac []byte) bool {
	return verified(k.masters.Load().headKeys, head, mac)
}

func verified(keys map[masterID]headKey, text, mac []byte) bool {
	if len(mac) != 8+sha256.Size {
		return false
	}
	key, ok := keys[masterID(mac[:8])]
	return ok && hmac.Equal(key.mac(text), mac[8:])
}

// readHeadKeys takes over what former master keys vouched for heads with. One
// that does not open leaves its heads without a voucher, which is then said.
func (m *masters) readHeadKeys(ctx context.Context, db *store.Store) error {
	var instance []byte
	if err := db.QueryRow(ctx, `SELECT value FROM meta WHERE name = 'instance_id'`).Scan(&instance); err != nil {
		return fmt.Errorf("keystore: read instance: %w", err)
	}
	rows, err := db.Query(ctx, `SELECT id, head_key FROM master_keys WHERE head_key IS NOT NULL`)
	if err != nil {
		return fmt.Errorf("keystore: list head keys: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, sealed []byte
		if err := rows.Scan(&id, &sealed); err != nil {
			return fmt.Errorf("keystore: read head key: %w", err)
		}
		if len(id) != len(masterID{}) {
			continue
		}
		if key, err := m.open(headBinding(string(instance), masterID(id)), sealed); err == nil {
			m.headKeys[masterID(id)] = newHeadKey(key)
		}
	}
	return rows.Err()
}
