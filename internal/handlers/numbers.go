package handlers

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"noadesk/internal/noa"
	"noadesk/internal/views"
)

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func isUUID(s string) bool { return uuidForm.MatchString(s) }

// isNumber says whether a text may be a bicycle's number. What could be a
// path or an escape is none, and Noa is not asked about it.
func isNumber(s string) bool {
	if strings.TrimSpace(s) == "" || len(s) > 128 || strings.Contains(s, "..") || s == "." || !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsAny(s, "%;\\") && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) })
}

// byNumber leads from a number to the bicycle that has it, or to a choice where several have.
func (v *visit) byNumber(number string) (views.Page, error) {
	if !isNumber(number) {
		return nil, errNotFound
	}
	found, err := numbered(v.Context(), v.fleet, number)
	if err != nil {
		return nil, err
	}
	switch len(found) {
	case 0:
		return nil, errNotFound
	case 1:
		return nil, elsewhere{v.org.Bicycle(found[0].UUID)}
	}
	return views.WhichBicycle{Org: v.org, Number: number, Found: v.owned(found)}, nil
}

// owned says of bicycles of one number whose they are at Noa: a key sees those of descendants, too.
func (v *visit) owned(found []noa.Bicycle) (rows []views.FoundBicycle) {
	var owners map[string]string
	if len(found) > 1 {
		owners = v.owners()
	}
	for _, b := range found {
		rows = append(rows, views.FoundBicycle{Org: v.org, Owner: owners[b.Organization.UUID()], Bicycle: b})
	}
	return rows
}

// owners are the names at Noa of the organisations that the key sees, none where it may not ask.
func (v *visit) owners() map[string]string {
	names := map[string]string{}
	if !v.scopes.Has(noa.OrganizationRead) {
		return names
	}
	list, err := v.fleet.Organizations(v.Context())
	if err != nil {
		v.failed(err)
	}
	for _, o := range list.Items {
		names[o.UUID] = o.Name
	}
	return names
}

// numbered are the bicycles of exactly that number. Noa can only be asked for
// names that contain it.
func numbered(ctx context.Context, fleet *noa.Fleet, number string) ([]noa.Bicycle, error) {
	number = strings.TrimSpace(number)
	list, err := fleet.Bicycles(ctx, noa.BicycleQuery{Name: number, PageSize: 100, Brief: true})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list.Items, func(b noa.Bicycle) bool {
		return !strings.EqualFold(strings.TrimSpace(b.Name), number)
	}), nil
}

// sticker leads from the number on a bicycle to its page, in whichever organisation it is that the person may see.
func (s *Server) sticker(v *visit) (views.Page, error) {
	number := v.param("number")
	if !isNumber(number) {
		return nil, errNotFound
	}
	var found []views.FoundBicycle
	var last error
	for _, o := range v.orgs {
		there := *v
		there.org = o
		list, err := s.numberedIn(&there, number)
		last = cmp.Or(err, last)
		found = append(found, list...)
	}
	return oneOf(found, number, last)
}

// numberedIn are the bicycles of a number in the visit's organisation.
func (s *Server) numberedIn(v *visit, number string) ([]views.FoundBicycle, error) {
	if err := s.takeKey(v); err != nil || v.fleet == nil {
		return nil, err
	}
	if err := v.need(noa.BicycleRead); err != nil {
		return nil, err
	}
	list, err := numbered(v.Context(), v.fleet, number)
	return v.owned(list), err
}

func oneOf(found []views.FoundBicycle, number string, err error) (views.Page, error) {
	switch {
	case len(found) == 1:
		return nil, elsewhere{found[0].Org.Bicycle(found[0].UUID)}
	case len(found) > 1:
		return views.WhichBicycle{Number: number, Found: found}, nil
	case err != nil:
		return nil, err
	}
	return nil, errNotFound
}
