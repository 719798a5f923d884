package noa

import (
	"cmp"
	"context"
	"net/http"
	"slices"
)

// A NewBicycle is a bicycle to be added to a fleet.
type NewBicycle struct {
	Organization string // uuid, "" for the fleet's own
	Name         string // number plate or label, up to 128 characters, unique in an organization; may be ""
	Description  string
	Note         string
	SerialNumber string // frame number, up to 128 characters
	Model        string // uuid, "" for none
}

// A BicycleChange says what shall be different about a bicycle; what is nil
// stays as it is. Its state is changed with [Fleet.Move].
type BicycleChange struct {
	Organization *string // uuid
	Name         *string
	Description  *string
	Note         *string
	SerialNumber *string
	Model        *string // uuid, "" for none
	Lock         *string // uuid, "" for none; only while in maintenance or retired
	AXALock      *string // likewise
}

// CreateBicycle adds a bicycle, which is in maintenance then. It needs
// [BicycleWrite]. It is never repeated by itself. If the name is taken in the
// organization the error has the code "unique".
func (f *Fleet) CreateBicycle(ctx context.Context, b NewBicycle) (Bicycle, error) {
	body := newBicycleBody{
		Organization: f.linkTo("organizations", cmp.Or(b.Organization, f.credential.Organization)),
		Name:         b.Name, Description: b.Description, Note: b.Note, SerialNumber: b.SerialNumber,
		Model: f.linkTo("bicycle_models", b.Model),
	}
	r := request{method: http.MethodPost, path: []string{"bicycles"}}
	if wrong := b.problems(); len(wrong) > 0 {
		return Bicycle{}, r.invalid(wrong)
	}
	return send[Bicycle](ctx, f, r.method, BicycleWrite, body, r.path...)
}

// ChangeBicycle changes what c names, if the bicycle is still the one of that
// [Bicycle.ConcurrencyVersion], and gives it as it is then. It needs
// [BicycleWrite]. A bicycle that was changed meanwhile is [ErrConflict]. A
// device that cannot be changed in the present state has the code "inconsistent".
func (f *Fleet) ChangeBicycle(ctx context.Context, uuid string, version int64, c BicycleChange) (Bicycle, error) {
	r := request{method: http.MethodPatch, path: []string{"bicycles", uuid}}
	if wrong := c.problems(); len(wrong) > 0 {
		return Bicycle{}, r.invalid(wrong)
	}
	return send[Bicycle](ctx, f, r.method, BicycleWrite, c.body(f, version), r.path...)
}

// newBicycleBody is a bicycle on its way to Noa.
type newBicycleBody struct {
	Organization string `json:"organization"`
	Name         string `json:"name"`
	Description  string `json:"description,omitempty"`
	Note         string `json:"note,omitempty"`
	SerialNumber string `json:"serial_number,omitempty"`
	Model        string `json:"model,omitempty"`
}

// bicycleChangeBody is a change on its way to Noa. Without the version the last writer would win.
type bicycleChangeBody struct {
	Version      int64   `json:"concurrency_version"`
	Organization *relink `json:"organization,omitempty"`
	Name         *string `json:"name,omitempty"`
	Description  *string `json:"description,omitempty"`
	Note         *string `json:"note,omitempty"`
	SerialNumber *string `json:"serial_number,omitempty"`
	Model        *relink `json:"model,omitempty"`
	Lock         *relink `json:"lock,omitempty"`
	AXALock      *relink `json:"axa_lock,omitempty"`
}

func (c BicycleChange) body(f *Fleet, version int64) bicycleChangeBody {
	return bicycleChangeBody{
		Version: version, Organization: f.relinkTo("organizations", c.Organization),
		Name: c.Name, Description: c.Description, Note: c.Note, SerialNumber: c.SerialNumber,
		Model: f.relinkTo("bicycle_models", c.Model), Lock: f.relinkTo("locks", c.Lock), AXALock: f.relinkTo("axa_locks", c.AXALock),
	}
}

// problems are what Noa would refuse.
func (b NewBicycle) problems() []Problem {
	return slices.Concat(
		tooLong("name", b.Name), tooLong("serial_number", b.SerialNumber),
		notAUUID("organization", b.Organization), notAUUID("model", b.Model))
}

// problems are what Noa would refuse.
func (c BicycleChange) problems() []Problem {
	return slices.Concat(
		tooLong("name", textOf(c.Name)), tooLong("serial_number", textOf(c.SerialNumber)), needed("organization", c.Organization),
		notAUUID("model", textOf(c.Model)), notAUUID("lock", textOf(c.Lock)), notAUUID("axa_lock", textOf(c.AXALock)))
}
