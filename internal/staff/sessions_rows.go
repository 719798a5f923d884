package staff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"

	"github.com/gorilla/sessions"

	"noadesk/internal/store"
)

// mostSessions is how many sessions a person may hold: the oldest ends.
const mostSessions = 5

func (s *Sessions) begin(r *http.Request, w http.ResponseWriter, session *sessions.Session, person string) error {
	email, err := s.emailOf(r.Context(), person)
	if err != nil {
		return err
	}
	text := token()
	hash, before := hashOf(text), session.ID
	e := store.Event{Actor: email, Action: "sign-in", Object: email}
	err = s.db.Change(r.Context(), e, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM sessions WHERE hash = $1`, before); err != nil {
			return err
		}
		return s.insert(tx, hash, person)
	})
	if err != nil {
		return err
	}
	session.ID, session.IsNew = hash, false
	session.Values[valuePerson], session.Values[valueEnded] = person, string(NotEnded)
	http.SetCookie(w, s.cookie(text, 0))
	return nil
}

// insert makes room first: among the person's own, and of everybody's that are
// long over. Those are kept as long again, so that the browser can be told why.
func (s *Sessions) insert(tx *store.Tx, hash, person string) error {
	now := s.now().UnixMilli()
	if _, err := tx.Exec(`DELETE FROM sessions WHERE created <= $1`, now-2*s.o.Max.Milliseconds()); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM sessions WHERE person = $1 AND hash NOT IN
		(SELECT hash FROM sessions WHERE person = $1 ORDER BY created DESC, rowid DESC LIMIT $2)`, person, mostSessions-1)
	if err != nil {
		return err
	}
	if err := tx.ExpectOne(`INSERT INTO sessions (hash, person, created, seen) VALUES ($1, $2, $3, $3)`, hash, person, now); err != nil {
		return err
	}
	return tx.ExpectOne(`UPDATE people SET last_seen = $1 WHERE id = $2 AND disabled = 0`, now, person)
}

func (s *Sessions) end(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	http.SetCookie(w, s.cookie("", -1))
	person, ok := session.Values[valuePerson].(string)
	hash := session.ID
	delete(session.Values, valuePerson)
	session.ID, session.IsNew = "", true
	if !ok || hash == "" {
		return nil
	}
	email, err := s.emailOf(r.Context(), person)
	if err != nil {
		return err
	}
	e := store.Event{Actor: email, Action: "sign-out", Object: email}
	return s.db.Change(r.Context(), e, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM sessions WHERE hash = $1`, hash)
		return err
	})
}

// cookie lives as long as the browser runs; how long the session lives is
// decided here.
func (s *Sessions) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: s.o.Name, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.o.Secure, SameSite: http.SameSiteLaxMode,
	}
}

func (s *Sessions) emailOf(ctx context.Context, person string) (string, error) {
	var email string
	err := s.db.QueryRow(ctx, `SELECT email FROM people WHERE id = $1`, person).Scan(&email)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("staff: whose session: %w", err)
	}
	return email, nil
}

// EndAll ends the sessions of a person, or with an empty id everybody's, and
// tells how many there were.
func (s *Sessions) EndAll(ctx context.Context, e store.Event, personID string) (int, error) {
	object := "everybody"
	if personID != "" {
		email, err := s.emailOf(ctx, personID)
		if err != nil {
			return 0, err
		}
		object = email
	}
	var ended int64
	err := s.db.Change(ctx, event(e, "staff.sign-out", object, nil), func(tx *store.Tx) (err error) {
		ended, err = tx.Exec(`DELETE FROM sessions WHERE $1 = '' OR person = $1`, personID)
		return err
	})
	return int(ended), err
}
