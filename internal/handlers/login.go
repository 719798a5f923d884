package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"noadesk/internal/staff"
	"noadesk/internal/views"
)

// login shows the form to sign in, or leads on whoever is signed in already.
func (s *Server) login(v *visit) (views.Page, error) {
	next := s.safeNext(v.query("next"))
	if v.signedIn() {
		return nil, elsewhere{next}
	}
	empty, err := s.people.Empty(v.Context())
	if err != nil {
		return nil, err
	}
	p := views.Login{Next: next, Fresh: empty, Ended: endedWords(v.ended)}
	if next == "/" {
		p.Next = ""
	}
	return p, nil
}

// endedWords says why somebody who was signed in no longer is.
func endedWords(e staff.Ended) string {
	switch e {
	case staff.EndedIdle:
		return "You were signed out because nothing was done for a while. Sign in to go on where you were."
	case staff.EndedAge:
		return "You were signed out because the working day’s limit was reached. Sign in to go on where you were."
	}
	return ""
}

// signIn takes the form of the sign-in page.
func (s *Server) signIn(w http.ResponseWriter, v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	form := views.Login{Email: v.PostForm.Get("email"), Next: s.safeNext(v.PostForm.Get("next"))}
	person, err := s.people.SignIn(v.Context(), form.Email, v.PostForm.Get("password"))
	var wait staff.ErrWait
	switch {
	case errors.Is(err, staff.ErrSignIn):
		form.Wrong = "E-mail and password do not fit, or the account is disabled."
		return "", invalid{Page: form}
	case errors.As(err, &wait):
		return "", err
	case err != nil:
		return "", err
	}
	return form.Next, s.sessions.Begin(w, v.Request, person.ID)
}

// signOut ends the session.
func (s *Server) signOut(w http.ResponseWriter, v *visit) (string, error) {
	s.operators.dropAll(v.person.ID)
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return views.LoginPath, s.sessions.End(w, v.Request)
}

// safeNext is where a sign-in may lead: to a page of the desk's own, else to the start page.
func (s *Server) safeNext(next string) string {
	if len(next) == 0 || len(next) > 512 || next[0] != '/' || len(next) > 1 && (next[1] == '/' || next[1] == '\\') {
		return "/"
	}
	for _, c := range []byte(next) {
		if c < 0x21 || c > 0x7e || c == '\\' {
			return "/"
		}
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || !plainPath(u.Path) {
		return "/"
	}
	if !s.mux.Match(chi.NewRouteContext(), http.MethodGet, u.EscapedPath()) {
		return "/"
	}
	return next
}

// plainPath says whether a decoded path means what it says, wherever it is read.
func plainPath(path string) bool {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\") {
		return false
	}
	for _, c := range []byte(path) {
		if c < 0x20 || c == 0x7f {
			return false
		}
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == "." || part == ".." {
			return false
		}
	}
	return !strings.HasPrefix(path, "/login") && !strings.HasPrefix(path, "/logout") && !strings.HasPrefix(path, "/setup")
}
