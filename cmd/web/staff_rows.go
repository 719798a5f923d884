package main

import (
	"maps"
	"slices"
	"strings"
	"time"

	"noadesk/internal/staff"
)

// personRow is a person as JSON.
type personRow struct {
	Email    string     `json:"email"`
	Name     string     `json:"name"`
	Roles    []roleRow  `json:"roles"`
	Disabled bool       `json:"disabled"`
	Created  *time.Time `json:"created"`
	LastSeen *time.Time `json:"last_seen"`
}

// roleRow is a role and where it holds.
type roleRow struct {
	Role string `json:"role"`
	Org  string `json:"org"` // slug, "" for every organisation
}

func personWords(p staff.Person, slugs map[string]string) personRow {
	row := personRow{
		Email: p.Email, Name: p.Name, Roles: []roleRow{}, Disabled: p.Disabled,
		Created: moment(p.Created), LastSeen: moment(p.LastSeen),
	}
	for _, uuid := range slices.Sorted(maps.Keys(p.Roles)) {
		row.Roles = append(row.Roles, roleRow{Role: string(p.Roles[uuid]), Org: slugs[uuid]})
	}
	return row
}

func personTable(list []personRow) [][]string {
	rows := [][]string{{"E-MAIL", "NAME", "ROLES", "LAST SEEN"}}
	for _, p := range list {
		rows = append(rows, []string{p.Email, p.Name, p.words(), p.seen()})
	}
	return rows
}

// words are the roles as a table has them: "admin", "agent in berlin".
func (p personRow) words() string {
	var words []string
	for _, r := range p.Roles {
		if r.Org == "" {
			words = append(words, r.Role)
			continue
		}
		words = append(words, r.Role+" in "+r.Org)
	}
	return strings.Join(words, ", ")
}

func (p personRow) seen() string {
	switch {
	case p.Disabled:
		return "disabled"
	case p.LastSeen == nil:
		return day(time.Time{})
	}
	return day(*p.LastSeen)
}
