package staff

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/sessions"

	"noadesk/internal/store"
)

// Ended says why a session does not hold.
type Ended string

// Why a session does not hold.
const (
	NotEnded  Ended = ""     // it holds, or there was none
	EndedIdle Ended = "idle" // nothing was done for too long
	EndedAge  Ended = "age"  // it has lasted as long as one may
	EndedGone Ended = "gone" // it was ended, or there never was one
)

// SessionOptions say how sessions live. Zero values stand for the usual ones.
type SessionOptions struct {
	Name      string        // of the cookie: __Host-noadesk where Secure, else noadesk
	Secure    bool          // people reach the desk by https
	Idle, Max time.Duration // 60 minutes, 12 hours
}

// Sessions keeps sessions in the database, behind gorilla/sessions: the browser
// holds 256 random bits, the table their hash. There is no session before
// somebody has signed in.
type Sessions struct {
	db  *store.Store
	o   SessionOptions
	now func() time.Time
}

var _ sessions.Store = (*Sessions)(nil)

// NewSessions gives the sessions of a database.
func NewSessions(db *store.Store, o SessionOptions) *Sessions {
	if o.Name == "" && o.Secure {
		o.Name = "__Host-noadesk" // a browser takes it only over https, from this host, for all paths
	}
	if o.Name == "" {
		o.Name = "noadesk"
	}
	if o.Idle == 0 {
		o.Idle = time.Hour
	}
	if o.Max == 0 {
		o.Max = 12 * time.Hour
	}
	return &Sessions{db, o, time.Now}
}

// What a gorilla session holds of ours.
const (
	valuePerson = "person"
	valueEnded  = "ended"
)

// Get gives the request's session, the same one each time.
func (s *Sessions) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New reads the request's session from the database. One that does not hold is
// a new one, not an error, and says why.
func (s *Sessions) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	session.IsNew = true
	session.Options = &sessions.Options{Path: "/", HttpOnly: true, Secure: s.o.Secure, SameSite: http.SameSiteLaxMode}
	cookies := r.CookiesNamed(name)
	if len(cookies) != 1 {
		return session, nil // of two, one was put there by somebody else
	}
	hash := hashOf(cookies[0].Value)
	person, ended, err := s.lookUp(r.Context(), hash)
	if err != nil {
		return session, err
	}
	session.Values[valueEnded] = string(ended)
	if ended == NotEnded {
		session.ID, session.IsNew, session.Values[valuePerson] = hash, false, person
	}
	return session, nil
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// lookUp finds who holds a session, and notes that they are there.
func (s *Sessions) lookUp(ctx context.Context, hash string) (person string, ended Ended, err error) {
	var created, seen int64
	err = s.db.QueryRow(ctx, `SELECT s.person, s.created, s.seen FROM sessions AS s JOIN people AS p ON p.id = s.person
		WHERE s.hash = $1 AND p.disabled = 0`, hash).Scan(&person, &created, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return "", EndedGone, nil
	}
	if err != nil {
		return "", EndedGone, fmt.Errorf("staff: read session: %w", err)
	}
	now := s.now()
	switch idle := now.Sub(time.UnixMilli(seen)); {
	case now.Sub(time.UnixMilli(created)) >= s.o.Max:
		return "", EndedAge, nil
	case idle >= s.o.Idle:
		return "", EndedIdle, nil
	case idle >= time.Minute:
		s.touch(ctx, hash, person, now)
	}
	return person, NotEnded, nil
}

// touch notes when somebody was last seen. A page is not refused because that
// cannot be written.
func (s *Sessions) touch(ctx context.Context, hash, person string, now time.Time) {
	_ = s.db.Bookkeep(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`UPDATE sessions SET seen = $1 WHERE hash = $2`, now.UnixMilli(), hash); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE people SET last_seen = $1 WHERE id = $2`, now.UnixMilli(), person)
		return err
	})
}

// Save begins the session of the person it names, under a new id, or ends it
// where its MaxAge is negative. Nothing else of it is kept.
func (s *Sessions) Save(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	if session.Options.MaxAge < 0 {
		return s.end(r, w, session)
	}
	person, ok := session.Values[valuePerson].(string)
	if !ok || !session.IsNew {
		return nil
	}
	return s.begin(r, w, session, person)
}

// Begin signs a person in, with a new id whatever the browser came with.
func (s *Sessions) Begin(w http.ResponseWriter, r *http.Request, personID string) error {
	session, err := s.Get(r, s.o.Name)
	if err != nil {
		return err
	}
	session.IsNew, session.Values[valuePerson] = true, personID
	return s.Save(r, w, session)
}

// End signs the person out and clears the cookie.
func (s *Sessions) End(w http.ResponseWriter, r *http.Request) error {
	session, err := s.Get(r, s.o.Name)
	if err != nil {
		return err
	}
	session.Options.MaxAge = -1
	return s.Save(r, w, session)
}

// PersonID tells who is asking. If nobody is, ended says why a session that
// the browser came with does not hold.
func (s *Sessions) PersonID(r *http.Request) (id string, ok bool, ended Ended) {
	session, err := s.Get(r, s.o.Name)
	if err != nil {
		return "", false, EndedGone
	}
	why, _ := session.Values[valueEnded].(string)
	id, ok = session.Values[valuePerson].(string)
	return id, ok, Ended(why)
}
