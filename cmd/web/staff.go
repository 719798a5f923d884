package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"noadesk/internal/staff"
)

// staffCommands look after the people who work at the desk.
type staffCommands struct {
	Add      staffAdd      `cmd:"" help:"Add somebody; the password comes from standard input."`
	List     staffList     `cmd:"" help:"List everybody."`
	Disable  staffDisable  `cmd:"" help:"End somebody's account and sessions."`
	Enable   staffEnable   `cmd:"" help:"Let somebody sign in again."`
	Password staffPassword `cmd:"" help:"Give somebody another password; it comes from standard input."`
	SignOut  staffSignOut  `cmd:"" name:"sign-out" help:"End the sessions of somebody, or of everybody."`
}

type staffAdd struct {
	dataSettings
	output
	Email string `required:"" help:"E-mail address to sign in with."`
	Name  string `required:"" help:"Name of the person."`
	Role  string `required:"" help:"One of viewer, agent, manager, security, admin."`
	Org   string `placeholder:"SLUG" help:"Organisation in which the role holds; every one if not given."`
}

// Run adds somebody.
func (c staffAdd) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	n := staff.NewPerson{Email: c.Email, Name: c.Name, Role: staff.Role(c.Role)}
	if c.Org != "" {
		org, err := r.rows.Organisation(ctx, c.Org)
		if err != nil {
			return err
		}
		n.Organisation = org.UUID
	}
	if n.Password, err = w.password(); err != nil {
		return err
	}
	person, err := r.people.Add(ctx, byHand(), n)
	if err != nil {
		return err
	}
	slugs, err := r.slugs(ctx)
	if err != nil {
		return err
	}
	return c.print(w, personWords(person, slugs), func() { w.say("%s can sign in as %s now.", person.Name, person.Email) })
}

// password reads from standard input to the end of the line, unseen if it is typed.
func (w *world) password() (string, error) {
	if w.ask != nil {
		typed, err := w.ask("Password: ")
		return string(typed), err
	}
	line, err := bufio.NewReader(io.LimitReader(w.in, 4096)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

type staffList struct {
	dataSettings
	output
}

// Run lists everybody.
func (c staffList) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	people, err := r.people.List(ctx)
	if err != nil {
		return err
	}
	slugs, err := r.slugs(ctx)
	if err != nil {
		return err
	}
	list := make([]personRow, 0, len(people))
	for _, p := range people {
		list = append(list, personWords(p, slugs))
	}
	return c.print(w, list, func() { w.table(personTable(list)) })
}

type staffDisable struct {
	dataSettings
	Email string `arg:"" help:"E-mail address of the account."`
}

// Run ends somebody's account.
func (c staffDisable) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.people.Disable(ctx, byHand(), c.Email); err != nil {
		return err
	}
	w.say("%s can no longer sign in.", c.Email)
	return nil
}

type staffEnable struct {
	dataSettings
	Email string `arg:"" help:"E-mail address of the account."`
}

// Run lets somebody sign in again.
func (c staffEnable) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.people.Enable(ctx, byHand(), c.Email); err != nil {
		return err
	}
	w.say("%s may sign in again.", c.Email)
	return nil
}

type staffPassword struct {
	dataSettings
	Email string `arg:"" help:"E-mail address of the account."`
}

// Run replaces a password and ends the sessions that were begun with the old one.
func (c staffPassword) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	password, err := w.password()
	if err != nil {
		return err
	}
	if err := r.people.SetPassword(ctx, byHand(), c.Email, password); err != nil {
		return err
	}
	w.say("%s has another password and is signed out everywhere.", c.Email)
	return nil
}

type staffSignOut struct {
	dataSettings
	output
	Email string `arg:"" optional:"" help:"E-mail address of the account; everybody if not given."`
}

// Run ends sessions.
func (c staffSignOut) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	id := ""
	if c.Email != "" {
		if id, err = r.personID(ctx, c.Email); err != nil {
			return err
		}
	}
	ended, err := staff.NewSessions(r.db, staff.SessionOptions{}).EndAll(ctx, byHand(), id)
	if err != nil {
		return err
	}
	row := struct {
		Ended int `json:"ended"`
	}{ended}
	return c.print(w, row, func() { w.say("Sessions ended: %d.", ended) })
}

// personID finds whose e-mail address this is.
func (r *rooms) personID(ctx context.Context, email string) (string, error) {
	people, err := r.people.List(ctx)
	if err != nil {
		return "", err
	}
	for _, p := range people {
		if strings.EqualFold(p.Email, strings.TrimSpace(email)) {
			return p.ID, nil
		}
	}
	return "", staff.ErrNotFound
}
