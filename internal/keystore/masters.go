package keystore

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"noadesk/internal/store"
)

type masterID = [8]byte

// masters are the master keys that were given, ready to seal and open.
type masters struct {
	current  sealer
	all      map[masterID]sealer
	recorded masterID             // the one that the keystore is on record to be sealed under
	headKeys map[masterID]headKey // also of master keys that have ended
	receipts map[masterID]headKey
}

func newMasters(mk MasterKey, m marks) *masters {
	given := &masters{
		current: newSealer(mk, m.instance), all: map[masterID]sealer{},
		headKeys: map[masterID]headKey{}, receipts: map[masterID]headKey{},
	}
	id, _ := hex.DecodeString(m.masterID) // which was encoded from bytes
	copy(given.recorded[:], id)
	for _, one := range mk.all() {
		given.all[one.id()] = newSealer(one, m.instance)
		given.headKeys[one.id()] = one.headKey(m.instance)
		given.receipts[one.id()] = one.receiptKey(m.instance)
	}
	return given
}

// of finds the sealer of a record by the id in its head. Where that is none of
// them, the current one's refusal says what is wrong.
func (m *masters) of(sealed []byte) sealer {
	if len(sealed) >= headLen {
		if s, ok := m.all[masterID(sealed[4:headLen])]; ok {
			return s
		}
	}
	return m.current
}

func (m *masters) open(b binding, sealed []byte) ([]byte, error) {
	return m.of(sealed).open(b, sealed)
}

// rotated are the same master keys after the current one has taken over.
func (m *masters) rotated() *masters {
	next := *m
	next.recorded = m.current.id
	return &next
}

// sealerIn gives the sealer for new records. What it seals has to stay
// openable, so the keystore must not have gone over to a master key meanwhile
// that this process does not have; and a master key that seals is on record.
func (m *masters) sealerIn(tx *store.Tx, now time.Time) (sealer, error) {
	var recorded []byte
	if err := tx.QueryRow(`SELECT value FROM meta WHERE name = 'mk_id'`).Scan(&recorded); err != nil {
		return sealer{}, fmt.Errorf("keystore: read master key id: %w", err)
	}
	if _, ok := m.all[masterID(slices.Concat(recorded, make([]byte, 8))[:8])]; !ok {
		return sealer{}, masterKeyError(fmt.Sprintf("The keystore was sealed with master key %.8x… meanwhile, which is not given.", recorded))
	}
	return m.current, register(tx, m.current.id, now)
}

// register puts a master key on record that something is sealed under.
func register(tx *store.Tx, id masterID, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO master_keys (id, since) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET ended = NULL WHERE ended IS NOT NULL`, id[:], now.UnixMilli())
	return err
}

// checkRecords makes sure that no record needs a master key that is on record
// and not given. Any other id in a record is damage, which stops one key only.
func (m *masters) checkRecords(ctx context.Context, db *store.Store) error {
	rows, err := db.Query(ctx, `SELECT DISTINCT m.id, o.name FROM signing_keys k
		JOIN master_keys m ON m.id = substr(k.sealed, 5, 8) AND m.ended IS NULL AND length(m.id) = 8
		JOIN organisations o ON o.uuid = k.organisation ORDER BY o.name`)
	if err != nil {
		return fmt.Errorf("keystore: list master keys: %w", err)
	}
	defer rows.Close()
	missing := map[string][]string{}
	for rows.Next() {
		var id []byte
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return fmt.Errorf("keystore: read master key: %w", err)
		}
		if _, given := m.all[masterID(id)]; !given {
			missing[hex.EncodeToString(id)] = append(missing[hex.EncodeToString(id)], name)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("keystore: list master keys: %w", err)
	}
	return missingMasters(missing)
}

// leaveEnded opens nothing with master keys that have ended, even if they are
// given: nothing is sealed under them any more, and a record that is was put
// back from before the rotation.
func (m *masters) leaveEnded(ctx context.Context, db *store.Store) error {
	rows, err := db.Query(ctx, `SELECT id FROM master_keys WHERE ended IS NOT NULL AND length(id) = 8`)
	if err != nil {
		return fmt.Errorf("keystore: list former master keys: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id []byte
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("keystore: read former master key: %w", err)
		}
		if ended := masterID(id); ended != m.current.id {
			delete(m.all, ended)
		}
	}
	return rows.Err()
}

func missingMasters(organisations map[string][]string) error {
	var sentences []string
	for id, names := range organisations {
		if more := len(names) - 5; more > 0 {
			names = append(names[:5:5], fmt.Sprintf("%d more", more))
		}
		sentences = append(sentences, fmt.Sprintf("Keys of %s are sealed with master key %.8s…, which is not given.", strings.Join(names, ", "), id))
	}
	if len(sentences) == 0 {
		return nil
	}
	slices.Sort(sentences)
	return masterKeyError(strings.Join(sentences, " "))
}
