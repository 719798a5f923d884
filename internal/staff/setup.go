package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"time"

	"noadesk/internal/store"
)

// setup is the one link there is for the first administrator, kept in memory
// as a hash: it ends with the process.
type setup struct {
	hash    [sha256.Size]byte
	expires time.Time
}

// token makes 256 random bits that can stand in an address or a cookie.
func token() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: it would end the program
	return base64.RawURLEncoding.EncodeToString(raw)
}

// NewSetup makes the token of the one-time link for the first administrator,
// valid for 30 minutes. One that was made before no longer is.
func (s *Staff) NewSetup(ctx context.Context) (text string, expires time.Time, err error) {
	empty, err := s.Empty(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	if !empty {
		return "", time.Time{}, ErrSetup
	}
	text, expires = token(), s.now().Add(30*time.Minute)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setup = setup{sha256.Sum256([]byte(text)), expires}
	return text, expires, nil
}

// SetupValid says whether the token still holds.
func (s *Staff) SetupValid(ctx context.Context, token string) bool {
	s.mu.Lock()
	now := s.setup
	s.mu.Unlock()
	given := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(given[:], now.hash[:]) != 1 || !s.now().Before(now.expires) {
		return false
	}
	empty, err := s.Empty(ctx)
	return err == nil && empty
}

// Setup makes the first administrator, of every organisation. The token is
// used up by that; a form that cannot be taken leaves it as it is.
func (s *Staff) Setup(ctx context.Context, token string, n NewPerson) (Person, error) {
	if !s.SetupValid(ctx, token) {
		return Person{}, ErrSetup
	}
	n.Role, n.Organisation = Admin, ""
	e := store.Event{Actor: "set-up link"}
	p, err := s.add(ctx, e, n, nobodyYet)
	if err != nil {
		return Person{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setup = setup{}
	return p, nil
}

func nobodyYet(tx *store.Tx) error {
	var n int
	if err := tx.QueryRow(`SELECT count(*) FROM people`).Scan(&n); err != nil {
		return fmt.Errorf("staff: count people: %w", err)
	}
	if n > 0 {
		return ErrSetup
	}
	return nil
}
