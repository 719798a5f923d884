package keystore

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"noadesk/internal/store"
)

var (
	errAlready   = errors.New("keystore: organisation has this key already")
	errElsewhere = refuse("This key belongs to another organisation on this desk already.")
)

// Import takes in a private key in PEM that Noa handed out for a client
// application. A key that the organisation already has is not taken again:
// already is true then, and key the one there is. A [Refusal] says why a PEM
// was not taken. The first key imported into an organisation is its active one
// at once, later ones wait for [Keys.Proved] and [Keys.Switch].
func (k *Keys) Import(ctx context.Context, e store.Event, org, client string, pem, passphrase []byte) (key Key, already bool, err error) {
	client, err = clientName(client)
	if err != nil {
		return Key{}, false, err
	}
	private, err := k.parse(pem, passphrase)
	if err != nil {
		return Key{}, false, err
	}
	defer wipe(private)
	r, err := newRecord(org, client, Imported, private)
	if err != nil {
		return Key{}, false, err
	}
	err = k.add(ctx, e, r, private)
	if err != nil && !errors.Is(err, errAlready) {
		return Key{}, false, err
	}
	key, lost := k.Key(ctx, org, r.Fingerprint)
	return key, err != nil, lost
}

func (k *Keys) parse(pem, passphrase []byte) (*ecdsa.PrivateKey, error) {
	k.decrypting.Lock()
	defer k.decrypting.Unlock()
	return parsePEM(pem, passphrase)
}

// Generate makes a pair on a curve, P-384 if none is named. Noa does not know
// its public half yet, so that it waits for [Keys.Proved].
func (k *Keys) Generate(ctx context.Context, e store.Event, org, client, curve string) (Key, error) {
	client, err := clientName(client)
	if err != nil {
		return Key{}, err
	}
	if curve == "" {
		curve = "P-384"
	}
	c, ok := curveByName(curve)
	if !ok {
		return Key{}, refuse("Noa takes keys on the curves P-256, P-384 and P-521.")
	}
	private, err := ecdsa.GenerateKey(c.curve, rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("keystore: generate key: %w", err)
	}
	defer wipe(private)
	r, err := newRecord(org, client, Generated, private)
	if err != nil {
		return Key{}, err
	}
	if err := k.add(ctx, e, r, private); err != nil {
		return Key{}, err
	}
	return k.Key(ctx, org, r.Fingerprint)
}

// clientName takes the name of a client application as Noa has it.
func clientName(name string) (string, error) {
	return shortText(name, "name of the client application at Noa")
}

// shortText takes a name: 1 to 128 characters, none of them invisible.
func shortText(text, what string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", refuse("The " + what + " is missing.")
	case utf8.RuneCountInString(text) > 128:
		return "", refuse("The " + what + " has more than 128 characters.")
	case !utf8.ValidString(text) || strings.ContainsFunc(text, invisible):
		return "", refuse("The " + what + " holds characters that cannot be shown.")
	}
	return text, nil
}

// invisible are characters that change how a name looks without being seen.
func invisible(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

func newRecord(org, client, origin string, private *ecdsa.PrivateKey) (record, error) {
	spki, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return record{}, fmt.Errorf("keystore: encode public key: %w", err)
	}
	c, ok := findCurve(func(c curve) bool { return c.curve == private.Curve })
	if !ok {
		return record{}, errors.New("keystore: key on a foreign curve")
	}
	return record{id: rand.Text(), version: 1, spki: spki, Key: Key{
		Fingerprint: fingerprint(spki), Organisation: org, Client: client, Label: client,
		Curve: c.name, Origin: origin,
	}}, nil
}

// add seals a key into its row.
func (k *Keys) add(ctx context.Context, e store.Event, r record, private *ecdsa.PrivateKey) error {
	e = event(e, "key.import", r)
	if r.Origin == Generated {
		e.Action = "key.generate"
	}
	return k.db.Change(ctx, e, func(tx *store.Tx) error {
		if err := organisationExists(tx, r.Organisation); err != nil {
			return err
		}
		there, err := recordIn(tx, r.Fingerprint)
		switch {
		case errors.Is(err, ErrNotFound):
			return k.insert(tx, r, private)
		case err != nil:
			return err
		case there.Organisation != r.Organisation:
			return errElsewhere
		case k.isDamaged(there):
			return k.mend(tx, there, private)
		}
		return errAlready
	})
}

// event says which key of which organisation it is about.
func event(e store.Event, action string, r record) store.Event {
	e.Action, e.Object, e.Organisation = action, r.Fingerprint, r.Organisation
	e.Detail = maps.Clone(e.Detail)
	if e.Detail == nil {
		e.Detail = map[string]string{}
	}
	e.Detail["client"], e.Detail["curve"] = r.Client, r.Curve
	return e
}

func organisationExists(tx *store.Tx, org string) error {
	var n int
	if err := tx.QueryRow(`SELECT count(*) FROM organisations WHERE uuid = $1`, org).Scan(&n); err != nil {
		return fmt.Errorf("keystore: look for organisation: %w", err)
	}
	if n == 0 {
		return ErrNoOrganisation
	}
	return nil
}

func (k *Keys) insert(tx *store.Tx, r record, private *ecdsa.PrivateKey) error {
	sealed, err := k.sealKey(tx, r, private)
	if err != nil {
		return err
	}
	if r.State, err = firstState(tx, r); err != nil {
		return err
	}
	return tx.ExpectOne(`INSERT INTO signing_keys
		(id, organisation, version, curve, fingerprint, public_key, sealed, client, label, origin, state, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		r.id, r.Organisation, r.version, r.Curve, r.Fingerprint, r.spki, sealed, r.Client, r.Label, r.Origin, r.State,
		k.now().UnixMilli())
}

// firstState is where a new key's life begins. Only the first imported one may
// be used without a proof: there is nothing yet that it could break.
func firstState(tx *store.Tx, r record) (State, error) {
	if r.Origin == Generated {
		return Unproved, nil
	}
	var n int
	err := tx.QueryRow(`SELECT count(*) FROM signing_keys
		WHERE organisation = $1 AND (origin = 'imported' OR state = 'active')`, r.Organisation).Scan(&n)
	if err != nil {
		return "", fmt.Errorf("keystore: count keys: %w", err)
	}
	if n == 0 {
		return Active, nil
	}
	return Ready, nil
}

// mend seals a key anew whose record no longer opened.
func (k *Keys) mend(tx *store.Tx, r record, private *ecdsa.PrivateKey) error {
	r.version++
	spki, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return fmt.Errorf("keystore: encode public key: %w", err)
	}
	c, _ := findCurve(func(c curve) bool { return c.curve == private.Curve })
	r.spki, r.Curve = spki, c.name
	sealed, err := k.sealKey(tx, r, private)
	if err != nil {
		return err
	}
	return tx.ExpectOne(`UPDATE signing_keys SET version = $1, curve = $2, public_key = $3, sealed = $4 WHERE id = $5`,
		r.version, r.Curve, r.spki, sealed, r.id)
}

func (k *Keys) sealKey(tx *store.Tx, r record, private *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, errors.New("keystore: encode key")
	}
	defer clear(der)
	s, err := k.masters.Load().sealerIn(tx, k.now())
	if err != nil {
		return nil, err
	}
	return s.seal(k.binding(r), der), nil
}
