package keystore

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"noadesk/internal/store"
)

// A record is a row of signing_keys, still sealed.
type record struct {
	Key
	id      string
	version int
	spki    []byte
	sealed  []byte
}

const recordColumns = `id, organisation, version, curve, fingerprint, public_key, sealed, client, label, origin, state,
	created, last_used, proved_at, proved_scopes, proved_skew, purpose, asked_scopes, asked_at, exposed`

func scanRecord(scan func(...any) error) (record, error) {
	var r record
	var created, skew int64
	var used, proved, asked, exposed sql.NullInt64
	var granted, wanted string
	err := scan(&r.id, &r.Organisation, &r.version, &r.Curve, &r.Fingerprint, &r.spki, &r.sealed, &r.Client, &r.Label,
		&r.Origin, &r.State, &created, &used, &proved, &granted, &skew, &r.Purpose, &wanted, &asked, &exposed)
	if err != nil {
		return record{}, err
	}
	if c, ok := curveByName(r.Curve); ok {
		r.Algorithm = c.method.Alg()
	}
	r.PublicPEM = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: r.spki}))
	r.Created, r.LastUsed, r.ProvedAt = moment(created), moment(used.Int64), moment(proved.Int64)
	r.ProvedScopes, r.ProvedSkew = strings.Fields(granted), time.Duration(skew)*time.Millisecond
	r.AskedScopes, r.AskedAt, r.Exposed = strings.Fields(wanted), moment(asked.Int64), moment(exposed.Int64)
	return r, nil
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// binding is what the record is sealed to, as its row says.
func (k *Keys) binding(r record) binding {
	b := binding{
		table: "signing_keys", instance: k.instance, organisation: r.Organisation, record: r.id,
		version: r.version, curve: r.Curve,
	}
	sum, _ := hex.DecodeString(r.Fingerprint) // a damaged one leaves zeros, which nothing is bound to
	copy(b.spki[:], sum)
	return b
}

func fingerprint(spki []byte) string {
	sum := sha256.Sum256(spki)
	return hex.EncodeToString(sum[:])
}

// unseal gives the private key of a record for the length of one call of f.
func (k *Keys) unseal(r record, f func(*ecdsa.PrivateKey) error) error {
	private, err := k.openRecord(r)
	if err != nil {
		k.judge(r, true)
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer wipe(private)
	return f(private)
}

func (k *Keys) openRecord(r record) (*ecdsa.PrivateKey, error) {
	der, err := k.masters.Load().open(k.binding(r), r.sealed)
	if err != nil {
		return nil, err
	}
	defer clear(der)
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errBroken // the parser's words could repeat what it read
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errBroken
	}
	return private, matches(&private.PublicKey, r)
}

// matches makes sure that what was opened is the key that the row names.
func matches(public *ecdsa.PublicKey, r record) error {
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil || fingerprint(spki) != r.Fingerprint || fingerprint(r.spki) != r.Fingerprint {
		return errBroken
	}
	return nil
}

// openAll opens the seal of every record once and remembers which do not. It
// does not rebuild the keys, which would take seconds for many; the seal
// vouches for the fingerprint, and every signature compares it again.
func (k *Keys) openAll(ctx context.Context) error {
	records, err := k.records(ctx, "")
	if err != nil {
		return err
	}
	m := k.masters.Load()
	damaged := map[string]bool{}
	for _, r := range records {
		der, err := m.open(k.binding(r), r.sealed)
		clear(der)
		if err != nil || fingerprint(r.spki) != r.Fingerprint {
			damaged[r.edition()] = true
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.damaged = damaged
	return nil
}

func (k *Keys) isDamaged(r record) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.damaged[r.edition()]
}

// edition names a record as it is: mended or wrapped anew, it is another one.
func (r record) edition() string {
	return fmt.Sprintf("%s/%d/%x", r.id, r.version, r.sealed[:min(headLen, len(r.sealed))])
}

// shown is what others may see of a record.
func (k *Keys) shown(r record) Key {
	if k.isDamaged(r) {
		r.State = Damaged
	}
	return r.Key
}

// records lists those of an organisation, or all, in the order they came.
func (k *Keys) records(ctx context.Context, org string) ([]record, error) {
	rows, err := k.db.Query(ctx, `SELECT `+recordColumns+` FROM signing_keys
		WHERE $1 = '' OR organisation = $1 ORDER BY created, id`, org)
	if err != nil {
		return nil, fmt.Errorf("keystore: list keys: %w", err)
	}
	return scanRecords(rows)
}

func scanRecords(rows *sql.Rows) ([]record, error) {
	defer rows.Close()
	var records []record
	for rows.Next() {
		r, err := scanRecord(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("keystore: read key: %w", err)
		}
		records = append(records, r)
	}
	return records, rows.Err()
}

// record finds the record of a fingerprint.
func (k *Keys) record(ctx context.Context, fingerprint string) (record, error) {
	return found(k.db.QueryRow(ctx, selectRecord, fingerprint))
}

const selectRecord = `SELECT ` + recordColumns + ` FROM signing_keys WHERE fingerprint = $1`

func recordIn(tx *store.Tx, fingerprint string) (record, error) {
	return found(tx.QueryRow(selectRecord, fingerprint))
}

func found(row *sql.Row) (record, error) {
	r, err := scanRecord(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return record{}, ErrNotFound
	}
	if err != nil {
		return record{}, fmt.Errorf("keystore: read key: %w", err)
	}
	return r, nil
}
