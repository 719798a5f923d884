package handlers

import (
	"errors"
	"net/http"

	"noadesk/internal/staff"
	"noadesk/internal/views"
)

// setup shows the first step of a fresh desk: who is its administrator.
func (s *Server) setup(v *visit) (views.Page, error) {
	if !s.people.SetupValid(v.Context(), v.param("token")) {
		return nil, errSetupOver
	}
	return views.Setup{Token: v.param("token")}, nil
}

// firstPerson makes the administrator and signs them in.
func (s *Server) firstPerson(w http.ResponseWriter, v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	form := views.Setup{Token: v.param("token"), Name: v.PostForm.Get("name"), Email: v.PostForm.Get("email")}
	person, err := s.people.Setup(v.Context(), form.Token, staff.NewPerson{
		Email: form.Email, Name: form.Name, Password: v.PostForm.Get("password"), Role: staff.Admin,
	})
	if problems, ok := staffProblems(err); ok {
		form.Problems = problems
		return "", invalid{Page: form}
	}
	if errors.Is(err, staff.ErrSetup) {
		return "", errSetupOver
	}
	if err != nil {
		return "", err
	}
	return views.NewOrganisationPath, s.sessions.Begin(w, v.Request, person.ID)
}

// staffProblems are what is wrong with a new person, where that is what the error says.
func staffProblems(err error) (views.Problems, bool) {
	var wrong staff.Invalid
	switch {
	case errors.As(err, &wrong):
		return views.Problems{wrong.Field: wrong.Sentence}, true
	case errors.Is(err, staff.ErrTaken):
		return views.Problems{"email": "Somebody has an account with this e-mail already."}, true
	}
	return nil, false
}
