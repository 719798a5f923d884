package handlers

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"noadesk/internal/staff"
	"noadesk/internal/views"
)

// show draws a page in its frame into a buffer and sends it whole.
func (s *Server) show(w http.ResponseWriter, v *visit, status int, p views.Page) error {
	frame := s.frame(v)
	if status == http.StatusOK {
		frame.Ignored, frame.Warning = v.ignored(), v.warning
	}
	document := views.Document(frame, p)
	if !v.signedIn() {
		document = views.Plain(frame, p)
	}
	return send(w, v.Request, status, document)
}

func send(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var page bytes.Buffer
	if err := c.Render(r.Context(), &page); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // the reader has gone; nobody is left to tell
	return nil
}

// frame is what stands round every page of this visit.
func (s *Server) frame(v *visit) views.Frame {
	f := views.Frame{
		Org: v.org, Orgs: v.orgs, Query: v.search,
		Section:  section(v.URL.Path),
		Practice: s.options.Practice, Version: s.options.Version, RequestID: requestID(v.Context()),
	}
	f.Flashes = s.sessions.Flashes(v.Request)
	if v.fleet != nil {
		f.Noa = s.api.Sky(v.org.UUID).Word
	}
	if v.signedIn() {
		f.Person = views.Person{Name: v.person.Name, Email: v.person.Email, Role: v.roleWords()}
		f.Can = v.doors()
	}
	return f
}

// doors are the parts of the frame that the person may use.
func (v *visit) doors() views.Can {
	may := func(r staff.Right) bool { return v.org.UUID != "" && v.person.May(r, v.org.UUID) }
	return views.Can{
		Tickets: may(staff.Tickets), Keys: may(staff.Keys), Audit: may(staff.Audit),
		People: may(staff.People), Settings: may(staff.Settings),
		System: v.person.MayEverywhere(staff.People),
	}
}

func (v *visit) roleWords() string {
	if role, ok := v.person.Roles[v.org.UUID]; ok && v.org.UUID != "" {
		return string(role) + " in " + v.org.Name
	}
	if role, ok := v.person.Roles[""]; ok {
		return string(role) + " in every organisation"
	}
	return ""
}

// section is the part of the main navigation to which an address belongs.
func section(path string) string {
	parts := strings.SplitN(path, "/", 5)
	if len(parts) > 3 && parts[1] == "o" {
		return parts[3]
	}
	return ""
}
