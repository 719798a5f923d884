package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"noadesk/internal/store"
)

// An Organisation is a fleet's owner at Noa, as this desk knows it. It is
// known by its uuid; slug and name are this desk's.
type Organisation struct {
	UUID, Slug, Name string
	Zone             string // IANA name of the time zone in which its times are shown, "" where nobody has said
	Practice         bool   // lives in a sandbox Noa
	Created          time.Time
}

var (
	uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	slugForm = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
)

// AddOrganisation takes in an organisation. Without a slug one is made from
// the name. What cannot be taken is an [Invalid].
func (d *Desk) AddOrganisation(ctx context.Context, e store.Event, uuid, name, slug string, practice bool) (Organisation, error) {
	o, err := newOrganisation(uuid, name, slug, practice)
	if err != nil {
		return Organisation{}, err
	}
	made := o.Slug == ""
	e = event(e, "organisation.add", o)
	err = d.db.Change(ctx, e, func(tx *store.Tx) error {
		if made {
			o.Slug, err = freeSlug(tx, slugOf(o.Name))
			if err != nil {
				return err
			}
		}
		if err := checkFree(tx, o); err != nil {
			return err
		}
		return tx.ExpectOne(`INSERT INTO organisations (uuid, slug, name, practice, created) VALUES ($1, $2, $3, $4, $5)`,
			o.UUID, o.Slug, o.Name, o.Practice, o.Created.UnixMilli())
	})
	if err != nil {
		return Organisation{}, err
	}
	return o, nil
}

func newOrganisation(uuid, name, slug string, practice bool) (Organisation, error) {
	o := Organisation{
		UUID: strings.ToLower(strings.TrimSpace(uuid)), Slug: strings.TrimSpace(slug),
		Practice: practice, Created: time.UnixMilli(time.Now().UnixMilli()).UTC(),
	}
	if !uuidForm.MatchString(o.UUID) {
		return o, Invalid{"uuid", "This is not a uuid as Noa writes it, such as 3f2b8c1e-0d4a-4c55-9c1f-6a7b8c9d0e1f."}
	}
	if o.Slug != "" && !usableSlug(o.Slug) {
		return o, Invalid{"slug", "A short name has 1 to 32 small letters, digits and hyphens, and is no uuid."}
	}
	var err error
	o.Name, err = nameText(name)
	return o, err
}

// usableSlug leaves out what reads as a uuid: an address may hold either.
func usableSlug(slug string) bool { return slugForm.MatchString(slug) && !uuidForm.MatchString(slug) }

func nameText(name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", Invalid{"name", "The organisation needs a name."}
	case utf8.RuneCountInString(name) > 128:
		return "", Invalid{"name", "The name has more than 128 characters."}
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return "", Invalid{"name", "The name holds characters that cannot be shown."}
	}
	return name, nil
}

func checkFree(tx *store.Tx, o Organisation) error {
	var uuids, slugs int
	err := tx.QueryRow(`SELECT coalesce(sum(uuid = $1), 0), coalesce(sum(slug = $2), 0) FROM organisations`, o.UUID, o.Slug).
		Scan(&uuids, &slugs)
	switch {
	case err != nil:
		return fmt.Errorf("desk: look for organisation: %w", err)
	case uuids > 0:
		return Invalid{"uuid", "This organisation is on the desk already."}
	case slugs > 0:
		return Invalid{"slug", "Another organisation has this short name."}
	}
	return nil
}

func event(e store.Event, action string, o Organisation) store.Event {
	e.Action, e.Object, e.Organisation = action, o.UUID, o.UUID
	e.Detail = maps.Clone(e.Detail)
	if e.Detail == nil {
		e.Detail = map[string]string{}
	}
	e.Detail["name"] = o.Name
	return e
}

// SaveOrganisation gives an organisation another name and time zone. Its slug
// stays: addresses are kept in bookmarks and on stickers. The zone is an IANA name, or "" where nobody has said.
func (d *Desk) SaveOrganisation(ctx context.Context, e store.Event, uuid, name, zone string) error {
	name, err := nameText(name)
	if err != nil {
		return err
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		return Invalid{"zone", "This machine knows no time zone of that name. Names are like Asia/Almaty."}
	}
	o, err := d.Organisation(ctx, uuid)
	if err != nil {
		return err
	}
	e = event(e, "organisation.save", o)
	e.Detail["name"], e.Detail["name before"] = name, o.Name
	e.Detail["zone"], e.Detail["zone before"] = zone, o.Zone
	return d.db.Change(ctx, e, func(tx *store.Tx) error {
		return tx.ExpectOne(`UPDATE organisations SET name = $1, zone = $2 WHERE uuid = $3`, name, zone, o.UUID)
	})
}

// LearnZone takes over the time zone that Noa has for an organisation, where nobody has set one. A zone that this
// machine does not know helps nobody and is left out.
func (d *Desk) LearnZone(ctx context.Context, e store.Event, uuid, zone string) error {
	o, err := d.Organisation(ctx, uuid)
	if err != nil || o.Zone != "" || zone == "" {
		return err
	}
	err = d.SaveOrganisation(ctx, e, uuid, o.Name, zone)
	if errors.As(err, new(Invalid)) {
		return nil
	}
	return err
}

// Organisations lists all organisations by name.
func (d *Desk) Organisations(ctx context.Context) ([]Organisation, error) {
	rows, err := d.db.Query(ctx, selectOrganisations+` ORDER BY name COLLATE NOCASE, uuid`)
	if err != nil {
		return nil, fmt.Errorf("desk: list organisations: %w", err)
	}
	defer rows.Close()
	var list []Organisation
	for rows.Next() {
		o, err := scanOrganisation(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("desk: read organisation: %w", err)
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

// Organisation finds an organisation by its slug or its uuid.
func (d *Desk) Organisation(ctx context.Context, slugOrUUID string) (Organisation, error) {
	text := strings.ToLower(slugOrUUID)
	o, err := scanOrganisation(d.db.QueryRow(ctx, selectOrganisations+` WHERE uuid = $1 OR slug = $1`, text).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Organisation{}, ErrNotFound
	}
	if err != nil {
		return Organisation{}, fmt.Errorf("desk: read organisation: %w", err)
	}
	return o, nil
}

const selectOrganisations = `SELECT uuid, slug, name, zone, practice, created FROM organisations`

func scanOrganisation(scan func(...any) error) (Organisation, error) {
	var o Organisation
	var created int64
	err := scan(&o.UUID, &o.Slug, &o.Name, &o.Zone, &o.Practice, &created)
	o.Created = time.UnixMilli(created).UTC()
	return o, err
}
