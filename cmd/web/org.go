package main

import (
	"context"
	"time"

	"noadesk/internal/desk"
)

// orgCommands look after the organisations that the desk knows.
type orgCommands struct {
	Add  orgAdd  `cmd:"" help:"Take in an organisation."`
	List orgList `cmd:"" help:"List the organisations."`
}

type orgAdd struct {
	dataSettings
	output
	UUID string `name:"uuid" required:"" help:"Its uuid at Noa."`
	Name string `required:"" help:"Its name."`
	Slug string `help:"Its name in addresses, [a-z0-9-]{1,32}; made from the name if not given."`
}

// Run takes in an organisation.
func (c orgAdd) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	org, err := r.rows.AddOrganisation(ctx, byHand(), c.UUID, c.Name, c.Slug, false)
	if err != nil {
		return err
	}
	return c.print(w, orgWords(org), func() { w.say("%s is at /o/%s/ now.", org.Name, org.Slug) })
}

type orgList struct {
	dataSettings
	output
}

// Run lists the organisations.
func (c orgList) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	orgs, err := r.rows.Organisations(ctx)
	if err != nil {
		return err
	}
	list := make([]orgRow, 0, len(orgs))
	rows := [][]string{{"SLUG", "NAME", "UUID", "SINCE"}}
	for _, org := range orgs {
		list = append(list, orgWords(org))
		rows = append(rows, []string{org.Slug, org.Name, org.UUID, day(org.Created)})
	}
	return c.print(w, list, func() { w.table(rows) })
}

// orgRow is an organisation as JSON.
type orgRow struct {
	Slug     string     `json:"slug"`
	Name     string     `json:"name"`
	UUID     string     `json:"uuid"`
	Practice bool       `json:"practice"`
	Created  *time.Time `json:"created"`
}

func orgWords(o desk.Organisation) orgRow {
	return orgRow{o.Slug, o.Name, o.UUID, o.Practice, moment(o.Created)}
}

// slugs are the organisations' slugs by uuid.
func (r *rooms) slugs(ctx context.Context) (map[string]string, error) {
	orgs, err := r.rows.Organisations(ctx)
	if err != nil {
		return nil, err
	}
	slugs := make(map[string]string, len(orgs))
	for _, org := range orgs {
		slugs[org.UUID] = org.Slug
	}
	return slugs, nil
}
