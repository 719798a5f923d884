// Package staff knows the people who work at the desk: their accounts, roles
// and rights, how they sign in, and the sessions they hold.
package staff

import (
	"context"
	"fmt"
	"sync"
	"time"

	"noadesk/internal/store"
)

// Staff is everybody who works at the desk.
type Staff struct {
	db    *store.Store
	now   func() time.Time
	cost  cost
	slots slots

	mu    sync.Mutex
	setup setup
}

// New gives the staff of a database.
func New(db *store.Store) *Staff {
	return &Staff{db: db, now: time.Now, cost: usualCost, slots: newSlots(2, 50)}
}

// Empty says whether there is nobody yet.
func (s *Staff) Empty(ctx context.Context) (bool, error) {
	var n int
	if err := s.db.QueryRow(ctx, `SELECT count(*) FROM people`).Scan(&n); err != nil {
		return false, fmt.Errorf("staff: count people: %w", err)
	}
	return n == 0, nil
}
