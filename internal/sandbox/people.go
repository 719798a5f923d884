package sandbox

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"
)

// A person signs in with e-mail and password. What it may, it may in its
// organization and all descendants.
type person struct {
	record
	email, first, last string
	password, refresh  string
	disabled           bool
	organization       string
	roles              []string
	lastLogin          time.Time
}

// operating are the roles that manage client applications.
var operating = []string{"fleet_operator", "supervisor", "admin"}

type userWire struct {
	UUID               string            `json:"uuid"`
	URL                string            `json:"url"`
	Created            string            `json:"created"`
	Modified           string            `json:"modified"`
	ConcurrencyVersion int64             `json:"concurrency_version"`
	State              string            `json:"state"`
	Username           string            `json:"username"`
	Email              string            `json:"email"`
	FirstName          string            `json:"first_name"`
	LastName           string            `json:"last_name"`
	DisplayName        string            `json:"display_name"`
	Avatar             *string           `json:"avatar"`
	PhoneNumbers       map[string]string `json:"phone_numbers"`
	LastLogin          *string           `json:"last_login"`
	IsLocal            bool              `json:"is_local"`
}

// addPeople makes an operator, and a mechanic who operates nothing.
func (s *Sandbox) addPeople() {
	s.people = []*person{
		s.newPerson("operator@kulan.example", "Aigerim", "Sarsenova", "fleet_operator"),
		s.newPerson("mechanic@kulan.example", "Timur", "Akhmetov", "mechanic"),
	}
}

func (s *Sandbox) newPerson(email, first, last, role string) *person {
	return &person{
		record: freshRecord(s.now()), email: email, first: first, last: last,
		password: rand.Text(), refresh: rand.Text(), organization: s.fleet.main().uuid, roles: []string{role},
	}
}

// Operator is the login of the person who may register client applications.
func (s *Sandbox) Operator() (email, password string) { return s.people[0].login() }

// Mechanic is the login of a person who may not register client applications.
func (s *Sandbox) Mechanic() (email, password string) { return s.people[1].login() }

func (p *person) login() (email, password string) { return p.email, p.password }

// String leaves out all that is secret.
func (p *person) String() string { return p.email }

// GoString leaves out all that is secret.
func (p *person) GoString() string { return p.email }

func (p *person) operates() bool {
	return slices.ContainsFunc(p.roles, func(role string) bool { return slices.Contains(operating, role) })
}

func (p *person) username() string { return strings.NewReplacer("@", "-", ".", "-").Replace(p.email) }

// person is the active one that is asked for, nil if there is none.
func (s *Sandbox) person(is func(*person) bool) *person {
	for _, p := range s.people {
		if !p.disabled && is(p) {
			return p
		}
	}
	return nil
}

// me is the caller's own user; a client application has none that could be shown.
func (c *call) me() (answer, error) {
	if c.caller.person == nil {
		return answer{}, notFound(generalNotFound)
	}
	return found(c.cut(c.userWire(c.caller.person))), nil
}

func (c *call) userWire(p *person) userWire {
	state := "new"
	if p.disabled {
		state = "disabled"
	}
	return userWire{
		UUID: p.uuid, URL: c.link("users", p.uuid), Created: stamp(p.created), Modified: stamp(p.modified),
		ConcurrencyVersion: p.version, State: state, Username: p.username(), Email: p.email,
		FirstName: p.first, LastName: p.last, DisplayName: p.first + " " + p.last,
		LastLogin: stampOrNull(p.lastLogin), IsLocal: true,
	}
}
