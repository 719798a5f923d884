package noa

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// longName is a character more than Noa takes.
var longName = strings.Repeat("ü", maxClientAppText+1)

func TestABicycleIsCreatedAsTheContractHasIt(t *testing.T) {
	t.Parallel()
	var got map[string]any
	p := newPeer(t, takes(t, http.MethodPost, &got, http.StatusCreated, example(t, "bicycle-create-response")))
	b, err := p.fleet().CreateBicycle(t.Context(), NewBicycle{Name: "SPZ-0106", Description: "Cargo trailer hitch", SerialNumber: "SPZ24-000106"})
	if err != nil || b.State != InMaintenance || b.Fetched.IsZero() {
		t.Errorf("got %+v, %v", b, err)
	}
	if diff := cmp.Diff(wireBody(t, p, "bicycle-create-request"), got); diff != "" {
		t.Error(diff)
	}
	_, err = p.fleet().CreateBicycle(t.Context(), NewBicycle{Organization: otherBicycle, Note: "n", Model: someBicycle})
	want := map[string]any{
		"organization": p.server.URL + "/api/organizations/" + otherBicycle + "/", "name": "", "note": "n",
		"model": p.server.URL + "/api/bicycle_models/" + someBicycle + "/",
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestOnlyWhatIsChangedAboutABicycleIsSent(t *testing.T) {
	t.Parallel()
	const version = 1715675165796423
	var got map[string]any
	p := newPeer(t, takes(t, http.MethodPatch, &got, http.StatusOK, example(t, "bicycle-detail-available")))
	link := func(collection string) string { return p.server.URL + "/api/" + collection + "/" + otherBicycle + "/" }
	for name, row := range map[string]struct {
		change BicycleChange
		want   map[string]any
	}{
		"the contract's":  {BicycleChange{Note: pointer("Saddle clamp tightened")}, map[string]any{"note": "Saddle clamp tightened"}},
		"nothing":         {BicycleChange{}, map[string]any{}},
		"to an empty one": {BicycleChange{Name: pointer(""), Description: pointer("")}, map[string]any{"name": "", "description": ""}},
		"texts":           {BicycleChange{Name: pointer("n"), SerialNumber: pointer("s")}, map[string]any{"name": "n", "serial_number": "s"}},
		"links": {
			BicycleChange{Organization: pointer(strings.ToUpper(otherBicycle)), Model: pointer(otherBicycle), Lock: pointer(otherBicycle), AXALock: pointer(otherBicycle)},
			map[string]any{"organization": link("organizations"), "model": link("bicycle_models"), "lock": link("locks"), "axa_lock": link("axa_locks")},
		},
		"links to nothing": {
			BicycleChange{Model: pointer(""), Lock: pointer(""), AXALock: pointer("")}, map[string]any{"model": nil, "lock": nil, "axa_lock": nil},
		},
	} {
		row.want["concurrency_version"] = float64(version)
		b, err := p.fleet().ChangeBicycle(t.Context(), someBicycle, version, row.change)
		if diff := cmp.Diff(row.want, got); err != nil || diff != "" || b.Name == "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestOnlyWhatIsChangedAboutATicketIsSent(t *testing.T) {
	t.Parallel()
	const version = 1715672373625972
	var got map[string]any
	p := newPeer(t, takes(t, http.MethodPatch, &got, http.StatusOK, example(t, "support-ticket-detail")))
	link := func(collection string) string { return p.server.URL + "/api/" + collection + "/" + otherBicycle + "/" }
	message := "Front brake lever broken off, bike chained to a lamp post"
	for name, row := range map[string]struct {
		change TicketChange
		want   map[string]any
	}{
		"the contract's": {TicketChange{Message: &message}, map[string]any{"message": message}},
		"nothing":        {TicketChange{}, map[string]any{}},
		"all": {
			TicketChange{Organization: pointer(otherBicycle), Category: pointer(Missing), Bicycle: pointer(otherBicycle), Location: &Point{13.5, 52.5}},
			map[string]any{
				"organization": link("organizations"), "category": "bicycle_missing", "bicycle": link("bicycles"),
				"location": map[string]any{"type": "Point", "coordinates": []any{13.5, 52.5}},
			},
		},
		"to nothing": {
			TicketChange{Category: pointer(Category("")), Bicycle: pointer(""), NoLocation: true, Message: pointer("")},
			map[string]any{"category": "", "bicycle": nil, "location": nil, "message": ""},
		},
	} {
		row.want["concurrency_version"] = float64(version)
		ticket, err := p.fleet().ChangeTicket(t.Context(), someBicycle, version, row.change)
		if diff := cmp.Diff(row.want, got); err != nil || diff != "" || ticket.UUID == "" || ticket.Fetched.IsZero() {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestATicketIsDeleted(t *testing.T) {
	t.Parallel()
	var asked string
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.RequestURI
		w.WriteHeader(http.StatusNoContent)
	})
	f := p.fleet()
	if err := f.DeleteTicket(t.Context(), someBicycle); err != nil || asked != "DELETE /api/support_tickets/"+someBicycle+"/" {
		t.Errorf("%s: %v", asked, err)
	}
	if f.share.changes.Load() != 1 {
		t.Error("what was read before is not worthless")
	}
}

func TestAChangeThatNoaWouldRefuseIsNotSent(t *testing.T) {
	t.Parallel()
	p := newPeer(t, some)
	f := p.fleet()
	create := func(b NewBicycle) error { _, err := f.CreateBicycle(t.Context(), b); return err }
	change := func(c BicycleChange) error { _, err := f.ChangeBicycle(t.Context(), someBicycle, 1, c); return err }
	ticket := func(c TicketChange) error { _, err := f.ChangeTicket(t.Context(), someBicycle, 1, c); return err }
	for name, row := range map[string]struct {
		err  error
		path string
	}{
		"a long name":              {create(NewBicycle{Name: longName}), "name"},
		"a long serial number":     {create(NewBicycle{SerialNumber: longName}), "serial_number"},
		"a fleet that is none":     {create(NewBicycle{Organization: ".."}), "organization"},
		"a model that is none":     {create(NewBicycle{Model: "cargo"}), "model"},
		"a longer name":            {change(BicycleChange{Name: &longName}), "name"},
		"a longer serial number":   {change(BicycleChange{SerialNumber: &longName}), "serial_number"},
		"no fleet":                 {change(BicycleChange{Organization: pointer("")}), "organization"},
		"another fleet":            {change(BicycleChange{Organization: pointer("theirs")}), "organization"},
		"another model":            {change(BicycleChange{Model: pointer("?")}), "model"},
		"another lock":             {change(BicycleChange{Lock: pointer("?")}), "lock"},
		"another AXA lock":         {change(BicycleChange{AXALock: pointer("?")}), "axa_lock"},
		"a ticket of no fleet":     {ticket(TicketChange{Organization: pointer("")}), "organization"},
		"a ticket about nothing":   {ticket(TicketChange{Category: pointer(Category("bell"))}), "category"},
		"a ticket without bicycle": {ticket(TicketChange{Bicycle: pointer("4711")}), "bicycle"},
		"a ticket in space":        {ticket(TicketChange{Location: &Point{52, 113}}), "location"},
		"a ticket here and gone":   {ticket(TicketChange{Location: &Point{13, 52}, NoLocation: true}), "location"},
	} {
		var e *Error
		if !errors.Is(row.err, ErrInvalid) || !errors.As(row.err, &e) || len(e.Problems) != 1 || e.Problems[0].Path != row.path {
			t.Errorf("%s: got %v", name, row.err)
		}
	}
	_, changed := f.ChangeBicycle(t.Context(), "..", 1, BicycleChange{})
	_, edited := f.ChangeTicket(t.Context(), "..", 1, TicketChange{})
	for _, err := range []error{changed, edited, f.DeleteTicket(t.Context(), "..")} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v", err)
		}
	}
	if p.calls.Load() != 0 {
		t.Errorf("%d calls, want none", p.calls.Load())
	}
}

// changes are all calls that change something at Noa.
func changes(ctx context.Context, f *Fleet) map[string]error {
	_, created := f.CreateBicycle(ctx, NewBicycle{Name: "n"})
	_, changed := f.ChangeBicycle(ctx, someBicycle, 1, BicycleChange{Note: pointer("n")})
	_, moved := f.Move(ctx, someBicycle, Retire, MoveOptions{})
	_, filed := f.FileTicket(ctx, NewTicket{Message: "m"})
	_, edited := f.ChangeTicket(ctx, someBicycle, 1, TicketChange{Message: pointer("m")})
	return map[string]error{
		"create": created, "change": changed, "move": moved, "file": filed, "edit": edited, "delete": f.DeleteTicket(ctx, someBicycle),
	}
}

func TestEveryChangeSaysWhyItFailedAndIsMadeOnce(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		api  http.HandlerFunc
		want error
		code string
	}{
		"a member wrong":        {says(400, example(t, "support-ticket-error-field-errors")), ErrInvalid, "invalid_choice"},
		"several members wrong": {says(400, example(t, "support-ticket-error-needs-location")), ErrInvalid, "invalid"},
		"a nested message":      {says(400, example(t, "support-ticket-error-message-nested")), ErrInvalid, "null"},
		"name taken":            {says(400, example(t, "bicycle-create-error-duplicate-name")), ErrInvalid, "unique"},
		"no name":               {says(400, example(t, "bicycle-create-error-name-required")), ErrInvalid, "required"},
		"not JSON":              {says(400, example(t, "error-400-json-parse")), ErrInvalid, "parse_error"},
		"unknown fields":        {says(400, example(t, "error-400-unknown-fields")), ErrInvalid, "unknown_fields"},
		"scope missing":         {says(403, example(t, "error-403-missing-scope")), ErrForbidden, "permission_denied"},
		"another's fleet":       {says(403, example(t, "error-403-link-organization")), ErrForbidden, "permission_denied"},
		"gone":                  {says(404, example(t, "error-404-object")), ErrNotFound, "not_found"},
		"wrong method":          {says(405, example(t, "error-405")), ErrForbidden, "method_not_allowed"},
		"wrong version":         {says(406, example(t, "error-406-version")), ErrAnswer, "not_acceptable"},
		"changed meanwhile":     {says(409, example(t, "error-409-conflict")), ErrConflict, "conflict"},
		"twice the same":        {says(409, example(t, "error-409-duplicate")), ErrConflict, "duplicated_content"},
		"wrong type":            {says(415, example(t, "error-415")), ErrAnswer, "unsupported_media_type"},
		"too many":              {says(429, example(t, "error-429")), ErrBusy, "throttled"},
		"a 500 that says why":   {says(500, `{"detail": {"non_field_errors": [{"message": "m", "code": "server_error"}]}}`), ErrUnknownOutcome, "server_error"},
		"a 500 that does not":   {says(500, `<html>`), ErrUnknownOutcome, ""},
		"a gateway":             {says(504, `<html>`), ErrUnknownOutcome, ""},
		"no answer":             {reset, ErrUnknownOutcome, ""},
		"done, in HTML":         {page("text/html"), ErrUnknownOutcome, ""},
	} {
		p := newPeer(t, row.api)
		n := p.noa(0)
		all := map[string]error{}
		before := p.calls.Load()
		for change, err := range changes(t.Context(), n.Fleet(Credential{Organization: ourOrganization, Client: "desk", Fingerprint: "f"})) {
			var e *Error
			all[change] = err
			if !errors.Is(err, row.want) || !errors.As(err, &e) || row.code != "" && !e.Has(row.code) {
				t.Errorf("%s: %s: got %v", name, change, err)
			}
		}
		if made := p.calls.Load() - before; made != int64(len(all)) {
			t.Errorf("%s: %d calls for %d changes", name, made, len(all))
		}
	}
}
