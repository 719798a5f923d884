package handlers

import (
	"errors"
	"net/http"
	"time"

	"noadesk/internal/desk"
	"noadesk/internal/keystore"
	"noadesk/internal/views"
)

// settings are what the desk keeps of the organisation.
func (s *Server) settings(v *visit) (views.Page, error) {
	org, err := s.rows.Organisation(v.Context(), v.org.UUID)
	if err != nil {
		return nil, err
	}
	return views.Settings{Org: v.org, Name: org.Name, Zone: org.Zone}, nil
}

// saveSettings changes the organisation's name in the desk and its time zone.
func (s *Server) saveSettings(v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	p := views.Settings{Org: v.org, Name: v.PostForm.Get("name"), Zone: v.PostForm.Get("zone")}
	if _, err := time.LoadLocation(p.Zone); err != nil || p.Zone == "Local" {
		p.Problems = views.Problems{"zone": "This machine knows no time zone of that name. Names are like Asia/Almaty."}
		return "", invalid{Page: p}
	}
	err := s.rows.SaveOrganisation(v.Context(), v.event(), v.org.UUID, p.Name, p.Zone)
	var wrong desk.Invalid
	if errors.As(err, &wrong) {
		p.Problems = views.Problems{wrong.Field: wrong.Sentence}
		return "", invalid{Page: p}
	}
	v.flash("Saved.")
	return v.org.Settings(), err
}

// organisations lists all organisations of the desk.
func (s *Server) organisations(v *visit) (views.Page, error) {
	all, err := s.rows.Organisations(v.Context())
	if err != nil {
		return nil, err
	}
	var p views.Organisations
	for _, o := range all {
		row := views.OrgRow{Org: shown(o), Created: o.Created}
		key, err := s.keys.Active(v.Context(), o.UUID)
		if err != nil && !errors.Is(err, keystore.ErrNoKey) {
			return nil, err
		}
		row.Active = key.Client
		p.List = append(p.List, row)
	}
	return p, nil
}

// newOrganisation is the form for an organisation.
func (s *Server) newOrganisation(v *visit) (views.Page, error) {
	return views.NewOrganisation{First: len(v.orgs) == 0}, nil
}

// addOrganisation adds an organisation and leads on to its key.
func (s *Server) addOrganisation(v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	p := views.NewOrganisation{First: len(v.orgs) == 0, UUID: v.PostForm.Get("uuid"), Name: v.PostForm.Get("name"), Slug: v.PostForm.Get("slug")}
	org, err := s.rows.AddOrganisation(v.Context(), v.event(), p.UUID, p.Name, p.Slug, false)
	var wrong desk.Invalid
	if errors.As(err, &wrong) {
		p.Problems = views.Problems{wrong.Field: wrong.Sentence}
		return "", invalid{Page: p}
	}
	if err != nil {
		return "", err
	}
	return shown(org).NewKey(), nil
}

// system is how the desk itself is.
func (s *Server) system(*visit) (views.Page, error) {
	return views.System{
		Version: s.options.Version, Started: s.started, Database: s.db.Path(),
		API: s.options.API, STS: s.options.STS,
	}, nil
}

// healthz says that the process answers.
func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// readyz says whether the desk takes visitors: not while it stops, nor without its database.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	var one int
	err := s.db.QueryRow(r.Context(), `SELECT 1`).Scan(&one)
	if err != nil || s.db.Writable() != nil || s.draining.Load() {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	healthz(w, r)
}
