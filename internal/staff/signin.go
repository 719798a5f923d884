package staff

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"noadesk/internal/store"
)

// SignIn tells whose e-mail address and password these are. Unknown, wrong and
// disabled are all [ErrSignIn], after the same work. After a few tries in vain
// the account has to wait, which is an [ErrWait]; it is never locked.
func (s *Staff) SignIn(ctx context.Context, email, password string) (Person, error) {
	email = normal(email)
	if err := s.mayTry(ctx, email); err != nil {
		return Person{}, err
	}
	free, err := s.slots.take(ctx)
	if err != nil {
		return Person{}, err
	}
	defer free()
	if err := s.countTry(ctx, email); err != nil {
		return Person{}, err
	}
	p, err := s.verify(ctx, email, password)
	if errors.Is(err, ErrSignIn) {
		return Person{}, errors.Join(err, s.recordRefusal(ctx, email))
	}
	if err != nil {
		return Person{}, err
	}
	return p, s.forgetTries(ctx, email)
}

// verify hashes once, whoever it is.
func (s *Staff) verify(ctx context.Context, email, password string) (Person, error) {
	stored, id, err := s.stored(ctx, email)
	if err != nil {
		return Person{}, err
	}
	if !stored.fits(password) {
		return Person{}, ErrSignIn
	}
	p, err := s.Person(ctx, id)
	if err != nil {
		return Person{}, err
	}
	if p.Disabled {
		return Person{}, ErrSignIn
	}
	if stored.below(s.cost) {
		return p, s.rehash(ctx, id, stored, password)
	}
	return p, nil
}

// stored is somebody's password, or one that fits nothing.
func (s *Staff) stored(ctx context.Context, email string) (hash, string, error) {
	var id, text string
	err := s.db.QueryRow(ctx, `SELECT id, password FROM people WHERE email = $1`, email).Scan(&id, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return s.cost.unfitting(), "", nil
	}
	if err != nil {
		return hash{}, "", fmt.Errorf("staff: read password: %w", err)
	}
	h, err := parseHash(text)
	return h, id, err
}

// rehash stores the password with what is asked for now, unless it was changed
// meanwhile.
func (s *Staff) rehash(ctx context.Context, id string, old hash, password string) error {
	fresh := s.cost.hash(password).String()
	return s.db.Bookkeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE people SET password = $1 WHERE id = $2 AND password = $3`, fresh, id, old.String())
		return err
	})
}

// account is what tries are counted under. It is a hash because people type
// their password into the wrong field, and there to be counted for everybody,
// whether there is such an account or not.
func account(email string) string {
	sum := sha256.Sum256([]byte("noadesk/tries/" + email))
	return hex.EncodeToString(sum[:])
}

// delay is how long to wait after so many tries in vain: 0, 0, 0, 1, 2, 4 …
// 900 seconds. Within an hour that leaves no more than some twenty tries.
func delay(tries int) time.Duration {
	if tries < 4 {
		return 0
	}
	return min(time.Second<<min(tries-4, 10), 900*time.Second)
}

// mayTry asks before anything is waited for; countTry decides.
func (s *Staff) mayTry(ctx context.Context, email string) error {
	var until int64
	err := s.db.QueryRow(ctx, `SELECT until FROM sign_in_tries WHERE account = $1`, account(email)).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("staff: read tries: %w", err)
	}
	return s.waited(until)
}

func (s *Staff) waited(until int64) error {
	if s.now().UnixMilli() < until {
		return ErrWait{time.UnixMilli(until)}
	}
	return nil
}

// countTry counts a try as one in vain before the password is looked at, so
// that many at once cannot all pass before the first is counted.
func (s *Staff) countTry(ctx context.Context, email string) error {
	return s.db.Bookkeep(ctx, func(tx *store.Tx) error {
		tries, until, err := tryOf(tx, email)
		if err != nil {
			return err
		}
		if err := s.waited(until); err != nil {
			return err
		}
		now := s.now()
		_, err = tx.Exec(`INSERT INTO sign_in_tries (account, tries, until, last, recorded) VALUES ($1, $2, $3, $4, 0)
			ON CONFLICT (account) DO UPDATE SET tries = $2, until = $3, last = $4`,
			account(email), tries+1, now.Add(delay(tries+1)).UnixMilli(), now.UnixMilli())
		return err
	})
}

func tryOf(tx *store.Tx, email string) (tries int, until int64, err error) {
	err = tx.QueryRow(`SELECT tries, until FROM sign_in_tries WHERE account = $1`, account(email)).Scan(&tries, &until)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, 0, fmt.Errorf("staff: read tries: %w", err)
	}
	return tries, until, nil
}

// forgetTries begins to count anew, and drops what is a day old.
func (s *Staff) forgetTries(ctx context.Context, email string) error {
	dayAgo := s.now().Add(-24 * time.Hour).UnixMilli()
	return s.db.Bookkeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM sign_in_tries WHERE account = $1 OR last < $2`, account(email), dayAgo)
		return err
	})
}

// recordRefusal puts a refused sign-in on record, at most once a minute for an
// account and once a minute for all that there are not: nobody floods the log.
// What was typed for an unknown account is not written down.
func (s *Staff) recordRefusal(ctx context.Context, email string) error {
	object, counter := email, email
	if _, err := s.ByEmail(ctx, email); errors.Is(err, ErrNotFound) {
		object, counter = "unknown account", ""
	} else if err != nil {
		return err
	}
	e := store.Event{Actor: object, Action: "sign-in.refused", Object: object}
	err := s.db.Change(ctx, e, func(tx *store.Tx) error {
		now := s.now().UnixMilli()
		n, err := tx.Exec(`INSERT INTO sign_in_tries (account, tries, until, last, recorded) VALUES ($1, 0, 0, $2, $2)
			ON CONFLICT (account) DO UPDATE SET recorded = $2 WHERE recorded <= $2 - 60000`, account(counter), now)
		if err == nil && n == 0 {
			return errNothing
		}
		return err
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}
