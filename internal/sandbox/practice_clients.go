package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

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
	return s.register(name, "", scopes, key)
}

func (s *Sandbox) register(name, label string, scopes []string, key *ecdsa.PublicKey) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName {
		return fmt.Errorf("sandbox: the name needs 1 to %d characters", maxName)
	}
	for _, scope := range scopes {
		if !slices.Contains(knownScopes, scope) {
			return fmt.Errorf("sandbox: no scope %q", scope)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := clientName{s.fleet.main().uuid, name}
	switch {
	case s.clients[id] != nil:
		return fmt.Errorf("sandbox: the organization has a client application %q already", name)
	case s.deleted[id]:
		return fmt.Errorf("sandbox: the organization had a client application %q; names are not used again", name)
	}
	s.clients[id] = &client{
		record: freshRecord(s.now()), clientName: id, label: label,
		user: randomUUID(), scopes: sortedScopes(scopes), key: key,
	}
	return nil
}

// sortedScopes are the scopes in the order of the alphabet: a token is
// refused at the first unknown one, so order is part of the contract.
func sortedScopes(scopes []string) []string {
	out := append([]string{}, scopes...)
	slices.Sort(out)
	return slices.Compact(out)
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
	private, public, err := newPair(curve)
	if err != nil {
		return err
	}
	if err := s.register(name, label, scopes, public); err != nil {
		return err
	}
	s.given = append(s.given, ClientApp{name, label, sortedScopes(scopes), private})
	return nil
}
