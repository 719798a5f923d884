package handlers

import (
	"slices"

	"noadesk/internal/staff"
	"noadesk/internal/views"
)

// staffList lists who may enter the organisation.
func (s *Server) staffList(v *visit) (views.Page, error) { return s.peoplePage(v) }

func (s *Server) peoplePage(v *visit) (views.People, error) {
	p := views.People{Org: v.org, Role: string(staff.Agent), CanAll: v.person.MayEverywhere(staff.People)}
	for _, role := range staff.Roles() {
		p.Roles = append(p.Roles, views.Choice{Value: string(role), Text: "May " + role.Rights().String() + "."})
	}
	everybody, err := s.people.List(v.Context())
	for _, person := range everybody {
		if worksIn(person, v.org.UUID) {
			p.List = append(p.List, staffRow(v, person))
		}
	}
	return p, err
}

// worksIn says whether a person has a role in an organisation, also one whose account is disabled.
func worksIn(p staff.Person, org string) bool { return p.Roles[org] != "" || p.Roles[""] != "" }

func staffRow(v *visit, person staff.Person) views.StaffRow {
	role, here := person.Roles[v.org.UUID]
	if !here {
		role = person.Roles[""]
	}
	return views.StaffRow{
		Name: person.Name, Email: person.Email, Role: string(role), Everywhere: !here,
		Disabled: person.Disabled, CanEnd: person.ID != v.person.ID && v.manages(person) == nil, LastSeen: person.LastSeen,
	}
}

// manages says whether the visitor may manage people wherever that person has a role.
func (v *visit) manages(person staff.Person) error {
	for org := range person.Roles {
		if err := v.may(staff.People, org); err != nil {
			return err
		}
	}
	return nil
}

// addPerson gives somebody an account with a role.
func (s *Server) addPerson(v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	n := staff.NewPerson{
		Email: v.PostForm.Get("email"), Name: v.PostForm.Get("name"), Password: v.PostForm.Get("password"),
		Role: staff.Role(v.PostForm.Get("role")), Organisation: v.org.UUID,
	}
	if v.PostForm.Get("everywhere") != "" {
		if err := v.may(staff.People, ""); err != nil {
			return "", err
		}
		n.Organisation = ""
	}
	_, err := s.people.Add(v.Context(), v.event(), n)
	if problems, ok := staffProblems(err); ok {
		return "", s.peopleAgain(v, n, problems)
	}
	if err != nil {
		return "", err
	}
	v.flash(n.Name + " may sign in now.")
	return v.org.People(), nil
}

func (s *Server) peopleAgain(v *visit, n staff.NewPerson, problems views.Problems) error {
	p, err := s.peoplePage(v)
	if err != nil {
		return err
	}
	p.Name, p.Email, p.Role, p.All, p.Problems = n.Name, n.Email, string(n.Role), n.Organisation == "", problems
	return invalid{Page: p}
}

// disablePerson ends an account until it is enabled again.
func (s *Server) disablePerson(v *visit) (string, error) {
	person, err := s.managed(v)
	if err != nil {
		return "", err
	}
	if err := s.people.Disable(v.Context(), v.event(), person.Email); err != nil {
		return "", err
	}
	v.flash(person.Name + " can no longer sign in.")
	return v.org.People(), nil
}

// enablePerson lets somebody sign in again.
func (s *Server) enablePerson(v *visit) (string, error) {
	person, err := s.managed(v)
	if err != nil {
		return "", err
	}
	if err := s.people.Enable(v.Context(), v.event(), person.Email); err != nil {
		return "", err
	}
	v.flash(person.Name + " may sign in again.")
	return v.org.People(), nil
}

// managed is the person that the form names. Whoever manages one organisation
// manages those who have a role in no other.
func (s *Server) managed(v *visit) (staff.Person, error) {
	if err := v.form(); err != nil {
		return staff.Person{}, err
	}
	everybody, err := s.people.List(v.Context())
	if err != nil {
		return staff.Person{}, err
	}
	email := v.PostForm.Get("email")
	i := slices.IndexFunc(everybody, func(p staff.Person) bool { return p.Email == email && worksIn(p, v.org.UUID) })
	if i < 0 {
		return staff.Person{}, errNotFound
	}
	return everybody[i], v.manages(everybody[i])
}
