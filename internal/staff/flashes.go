package staff

import (
	"fmt"
	"net/http"

	"noadesk/internal/store"
)

// Flash leaves a sentence for the next page of the request's session. Without
// a session there is nobody to leave it for, and nothing happens.
func (s *Sessions) Flash(r *http.Request, text string) error {
	session, err := s.Get(r, s.o.Name)
	if err != nil || session.ID == "" {
		return err
	}
	return s.db.Bookkeep(r.Context(), func(tx *store.Tx) error {
		return tx.ExpectOne(`INSERT INTO flashes (session, text) VALUES ($1, $2)`, session.ID, text)
	})
}

// Flashes takes what was left for this page. It looks before it takes: most
// pages find nothing, and reading writes nothing then.
func (s *Sessions) Flashes(r *http.Request) []string {
	session, err := s.Get(r, s.o.Name)
	if err != nil || session.ID == "" {
		return nil
	}
	var n int
	err = s.db.QueryRow(r.Context(), `SELECT count(*) FROM flashes WHERE session = $1`, session.ID).Scan(&n)
	if err != nil || n == 0 {
		return nil
	}
	var texts []string
	err = s.db.Bookkeep(r.Context(), func(tx *store.Tx) (err error) {
		texts, err = takeFlashes(tx, session.ID)
		return err
	})
	if err != nil {
		return nil // they stay for the next page
	}
	return texts
}

func takeFlashes(tx *store.Tx, session string) ([]string, error) {
	rows, err := tx.Query(`SELECT text FROM flashes WHERE session = $1 ORDER BY id`, session)
	if err != nil {
		return nil, fmt.Errorf("staff: read flashes: %w", err)
	}
	defer rows.Close()
	var texts []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	_, err = tx.Exec(`DELETE FROM flashes WHERE session = $1`, session)
	return texts, err
}
