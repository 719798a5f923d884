package staff

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"noadesk/internal/store"
)

// A Person works at the desk.
type Person struct {
	ID, Email, Name   string
	Roles             map[string]Role // by the organisation's uuid, "" for every organisation
	Disabled          bool
	Created, LastSeen time.Time
}

// Rights are all that the person may do in an organisation.
func (p Person) Rights(org string) Right {
	if p.Disabled {
		return 0
	}
	return p.Roles[""].Rights() | p.Roles[org].Rights()
}

// May says whether the person has all rights of r in an organisation.
func (p Person) May(r Right, org string) bool { return p.Rights(org)&r == r }

// MayEverywhere says whether the person has all rights of r in every
// organisation, also in later ones.
func (p Person) MayEverywhere(r Right) bool { return p.May(r, "") }

// NewPerson is what an account is made from.
type NewPerson struct {
	Email, Name, Password string
	Role                  Role
	Organisation          string // uuid, "" for every organisation
}

// String keeps the password out of logs.
func (n NewPerson) String() string { return "new person " + n.Email }

// GoString keeps the password out of logs.
func (n NewPerson) GoString() string { return n.String() }

// Add makes an account. What cannot be taken is an [Invalid]; an e-mail address
// that somebody has is [ErrTaken].
func (s *Staff) Add(ctx context.Context, e store.Event, n NewPerson) (Person, error) {
	return s.add(ctx, e, n, func(*store.Tx) error { return nil })
}

// add makes an account if check still agrees within the transaction.
func (s *Staff) add(ctx context.Context, e store.Event, n NewPerson, check func(*store.Tx) error) (Person, error) {
	n, err := n.checked()
	if err != nil {
		return Person{}, err
	}
	password, err := s.hash(ctx, n.Password)
	if err != nil {
		return Person{}, err
	}
	id := rand.Text()
	e = event(e, "staff.add", n.Email, map[string]string{"role": string(n.Role)})
	e.Organisation = n.Organisation
	err = s.db.Change(ctx, e, func(tx *store.Tx) error {
		if err := check(tx); err != nil {
			return err
		}
		return s.insert(tx, id, n, password)
	})
	if err != nil {
		return Person{}, err
	}
	return s.Person(ctx, id)
}

func (s *Staff) hash(ctx context.Context, password string) (string, error) {
	free, err := s.slots.take(ctx)
	if err != nil {
		return "", err
	}
	defer free()
	return s.cost.hash(password).String(), nil
}

func (s *Staff) insert(tx *store.Tx, id string, n NewPerson, password string) error {
	if err := organisationExists(tx, n.Organisation); err != nil {
		return err
	}
	added, err := tx.Exec(`INSERT INTO people (id, email, name, password, created) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (email) DO NOTHING`, id, n.Email, n.Name, password, s.now().UnixMilli())
	if err != nil {
		return err
	}
	if added == 0 {
		return ErrTaken
	}
	return tx.ExpectOne(`INSERT INTO roles (person, organisation, role) VALUES ($1, $2, $3)`, id, n.Organisation, n.Role)
}

func organisationExists(tx *store.Tx, org string) error {
	var n int
	if err := tx.QueryRow(`SELECT count(*) FROM organisations WHERE uuid = $1`, org).Scan(&n); err != nil {
		return fmt.Errorf("staff: look for organisation: %w", err)
	}
	if org != "" && n == 0 {
		return Invalid{"organisation", "There is no such organisation on the desk."}
	}
	return nil
}

// event says what was done to whom.
func event(e store.Event, action, object string, detail map[string]string) store.Event {
	e.Action, e.Object = action, object
	all := map[string]string{}
	maps.Copy(all, e.Detail)
	maps.Copy(all, detail)
	e.Detail = all
	return e
}

func (n NewPerson) checked() (NewPerson, error) {
	var err error
	if n.Email, err = emailAddress(n.Email); err != nil {
		return n, err
	}
	n.Name = strings.TrimSpace(n.Name)
	switch {
	case n.Name == "":
		return n, Invalid{"name", "The name is missing."}
	case utf8.RuneCountInString(n.Name) > 128 || !utf8.ValidString(n.Name) || strings.ContainsFunc(n.Name, unicode.IsControl):
		return n, Invalid{"name", "The name has more than 128 characters, or some that cannot be shown."}
	case !n.Role.Known():
		return n, Invalid{"role", "The role is one of viewer, agent, manager, security and admin."}
	}
	return n, checkPassword(n.Password, n.Email)
}

// normal writes an e-mail address in the one way that accounts are known by.
func normal(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// emailAddress takes addresses in plain letters: two that look the same are
// the same then.
func emailAddress(email string) (string, error) {
	email = normal(email)
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > 254 || strings.ContainsFunc(email, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", Invalid{"email", "This is not an e-mail address such as name@example.org."}
	}
	return email, nil
}

// List lists everybody by name.
func (s *Staff) List(ctx context.Context) ([]Person, error) {
	return s.people(ctx, selectPeople+` ORDER BY p.name COLLATE NOCASE, p.id`)
}

// Person finds somebody by id.
func (s *Staff) Person(ctx context.Context, id string) (Person, error) {
	return s.one(ctx, selectPeople+` WHERE p.id = $1`, id)
}

// ByEmail finds somebody by e-mail address.
func (s *Staff) ByEmail(ctx context.Context, email string) (Person, error) {
	return s.one(ctx, selectPeople+` WHERE p.email = $1`, normal(email))
}

const selectPeople = `SELECT p.id, p.email, p.name, p.disabled, p.created, p.last_seen, r.organisation, r.role
	FROM people AS p LEFT JOIN roles AS r ON r.person = p.id`

func (s *Staff) one(ctx context.Context, q string, args ...any) (Person, error) {
	people, err := s.people(ctx, q, args...)
	if err != nil {
		return Person{}, err
	}
	if len(people) == 0 {
		return Person{}, ErrNotFound
	}
	return people[0], nil
}

func (s *Staff) people(ctx context.Context, q string, args ...any) ([]Person, error) {
	rows, err := s.db.Query(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("staff: list people: %w", err)
	}
	defer rows.Close()
	var people []Person
	for rows.Next() {
		if people, err = scanPerson(people, rows.Scan); err != nil {
			return nil, fmt.Errorf("staff: read person: %w", err)
		}
	}
	return people, rows.Err()
}

// scanPerson reads a row, of which there is one a role, into the last person
// or a new one.
func scanPerson(people []Person, scan func(...any) error) ([]Person, error) {
	var p Person
	var created int64
	var seen sql.NullInt64
	var org, role sql.NullString
	if err := scan(&p.ID, &p.Email, &p.Name, &p.Disabled, &created, &seen, &org, &role); err != nil {
		return nil, err
	}
	if n := len(people); n == 0 || people[n-1].ID != p.ID {
		p.Created, p.Roles = time.UnixMilli(created).UTC(), map[string]Role{}
		if seen.Valid {
			p.LastSeen = time.UnixMilli(seen.Int64).UTC()
		}
		people = append(people, p)
	}
	if role.Valid {
		people[len(people)-1].Roles[org.String] = Role(role.String)
	}
	return people, nil
}

var errNothing = errors.New("staff: nothing to do")

// Disable ends an account and its sessions. The last administrator of every
// organisation cannot be disabled: nobody could undo it.
func (s *Staff) Disable(ctx context.Context, e store.Event, email string) error {
	p, err := s.ByEmail(ctx, email)
	if err != nil {
		return err
	}
	err = s.db.Change(ctx, event(e, "staff.disable", p.Email, nil), func(tx *store.Tx) error {
		changed, err := tx.Exec(`UPDATE people SET disabled = 1 WHERE id = $1 AND disabled = 0`, p.ID)
		if err != nil {
			return err
		}
		if changed == 0 {
			return errNothing
		}
		if _, err := tx.Exec(`DELETE FROM sessions WHERE person = $1`, p.ID); err != nil {
			return err
		}
		return adminLeft(tx)
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// Enable lets somebody sign in again whose account was disabled. Password and roles are as they were.
func (s *Staff) Enable(ctx context.Context, e store.Event, email string) error {
	p, err := s.ByEmail(ctx, email)
	if err != nil {
		return err
	}
	err = s.db.Change(ctx, event(e, "staff.enable", p.Email, nil), func(tx *store.Tx) error {
		changed, err := tx.Exec(`UPDATE people SET disabled = 0 WHERE id = $1 AND disabled = 1`, p.ID)
		if err == nil && changed == 0 {
			return errNothing
		}
		return err
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// SetPassword gives somebody another password and ends their sessions.
func (s *Staff) SetPassword(ctx context.Context, e store.Event, email, password string) error {
	p, err := s.ByEmail(ctx, email)
	if err != nil {
		return err
	}
	if err := checkPassword(password, p.Email); err != nil {
		return err
	}
	fresh := s.cost.hash(password).String()
	return s.db.Change(ctx, event(e, "staff.password", p.Email, nil), func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM sessions WHERE person = $1`, p.ID); err != nil {
			return err
		}
		return tx.ExpectOne(`UPDATE people SET password = $1 WHERE id = $2`, fresh, p.ID)
	})
}

func adminLeft(tx *store.Tx) error {
	var n int
	err := tx.QueryRow(`SELECT count(*) FROM people AS p JOIN roles AS r ON r.person = p.id
		WHERE p.disabled = 0 AND r.organisation = '' AND r.role = 'admin'`).Scan(&n)
	if err != nil {
		return fmt.Errorf("staff: count administrators: %w", err)
	}
	if n == 0 {
		return ErrLastAdmin
	}
	return nil
}
