package sandbox

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// The scopes that a client application can have.
const (
	bicycleRead      = "bicycle:read"
	bicycleWrite     = "bicycle:write"
	tripRead         = "trip:read"
	organizationRead = "organization:read"
	ticketRead       = "support-ticket:read"
	ticketWrite      = "support-ticket:write"
	zoneRead         = "zone:read"
	zoneWrite        = "zone:write"
)

var knownScopes = []string{
	bicycleRead, bicycleWrite, tripRead, organizationRead,
	ticketRead, ticketWrite, zoneRead, zoneWrite,
}

// A ClientApp is a practice client application with the private key that an
// operator would be shown once.
type ClientApp struct {
	Name, Label string
	Scopes      []string
	PrivateKey  []byte `json:"-"` // PKCS#8 in PEM
}

// String leaves the key out.
func (c ClientApp) String() string { return c.Name }

// GoString leaves the key out.
func (c ClientApp) GoString() string { return c.Name }

// clientName is what makes a client application known: names are unique
// within an organization only.
type clientName struct{ organization, name string }

// A client is a registered client application: its public half only.
type client struct {
	clientName
	user   string // uuid of its internal user
	scopes []string
	key    *ecdsa.PublicKey
}

// ClientApps are the practice client applications made at the start.
func (s *Sandbox) ClientApps() []ClientApp {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.given)
}

// Register adds a client application of the practice organization whose pair
// was made elsewhere.
func (s *Sandbox) Register(name string, scopes []string, publicPEM []byte) error {
	key, err := parsePublic(publicPEM)
	if err != nil {
		return err
	}
	return s.register(name, scopes, key)
}

func (s *Sandbox) register(name string, scopes []string, key *ecdsa.PublicKey) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 128 {
		return errors.New("sandbox: the name needs 1 to 128 characters")
	}
	for _, scope := range scopes {
		if !slices.Contains(knownScopes, scope) {
			return fmt.Errorf("sandbox: no scope %q", scope)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := clientName{s.fleet.main().uuid, name}
	if s.clients[id] != nil {
		return fmt.Errorf("sandbox: the organization has a client application %q already", name)
	}
	s.clients[id] = &client{clientName: id, user: randomUUID(), scopes: sortedScopes(scopes), key: key}
	return nil
}

// sortedScopes are the scopes in the order of the table: a token is refused
// at the first unknown one, so order is part of the contract.
func sortedScopes(scopes []string) []string {
	out := append([]string{}, scopes...)
	slices.Sort(out)
	return slices.Compact(out)
}

func parsePublic(text []byte) (*ecdsa.PublicKey, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("sandbox: the public half must be one PEM block PUBLIC KEY")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	key, ok := parsed.(*ecdsa.PublicKey)
	if err != nil || !ok || algorithm(key) == "" {
		return nil, errors.New("sandbox: the public half must be of P-256, P-384 or P-521")
	}
	return key, nil
}

// algorithm is the one that fits the key's curve, "" for none.
func algorithm(key *ecdsa.PublicKey) string {
	switch key.Curve {
	case elliptic.P256():
		return "ES256"
	case elliptic.P384():
		return "ES384"
	case elliptic.P521():
		return "ES512"
	}
	return ""
}

// addPracticeClients makes one client application a kind of rights, on all
// curves, the common one first.
func (s *Sandbox) addPracticeClients() error {
	reading := []string{bicycleRead, tripRead, organizationRead, ticketRead}
	return errors.Join(
		s.give("noadesk-practice", "The desk, all scopes", knownScopes[:6], elliptic.P384()),
		s.give("noadesk-readonly", "The desk, reading only", reading, elliptic.P256()),
		s.give("noadesk-tickets-only", "The desk, support tickets only", []string{ticketRead, ticketWrite}, elliptic.P521()),
		s.give("noadesk-nothing", "A client application without scopes", nil, elliptic.P384()),
	)
}

func (s *Sandbox) give(name, label string, scopes []string, curve elliptic.Curve) error {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := s.register(name, scopes, &key.PublicKey); err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	s.given = append(s.given, ClientApp{name, label, sortedScopes(scopes), text})
	return nil
}
