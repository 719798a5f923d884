package noa

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const someUser = "3b7f19e5-c8a4-4d06-92fb-e71d50c64a38"

// takes answers well and shows the body that came.
func takes(t *testing.T, method string, into *map[string]any, status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*into = nil
		if err := json.NewDecoder(r.Body).Decode(into); err != nil || r.Method != method || r.URL.RawQuery != "" {
			t.Errorf("%s %s: %v", r.Method, r.RequestURI, err)
		}
		if status == http.StatusNoContent {
			w.WriteHeader(status)
			return
		}
		reply(w, status, body)
	}
}

// wireBody is an example of a body, with links to the peer in the place of Noa's.
func wireBody(t *testing.T, p *peer, name string) map[string]any {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(example(t, name), "https://api.lock8.me", p.server.URL)), &body); err != nil {
		t.Fatal(err)
	}
	return body
}

func TestABicycleIsMovedAsTheContractHasIt(t *testing.T) {
	t.Parallel()
	var got map[string]any
	p := newPeer(t, takes(t, http.MethodPost, &got, http.StatusOK, example(t, "bicycle-action-response")))
	f := p.fleet()
	for name, row := range map[string]struct {
		action  Action
		options MoveOptions
	}{
		"bicycle-action-request":         {PutInMaintenance, MoveOptions{}},
		"bicycle-action-request-rent":    {Rent, MoveOptions{User: strings.ToUpper(someUser)}},
		"bicycle-action-request-reserve": {Reserve, MoveOptions{User: someUser, Duration: 15 * time.Minute}},
	} {
		b, err := f.Move(t.Context(), someBicycle, row.action, row.options)
		if err != nil || b.State != InMaintenance || b.ConcurrencyVersion == 0 || b.Fetched.IsZero() {
			t.Errorf("%s: got %+v, %v", name, b, err)
		}
		if diff := cmp.Diff(wireBody(t, p, name), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if _, err := f.Move(t.Context(), someBicycle, Rent, MoveOptions{PricingScheme: otherBicycle}); err != nil ||
		got["pricing_scheme"] != p.server.URL+"/api/pricing_schemes/"+otherBicycle+"/" {
		t.Errorf("%v, sent %v", err, got)
	}
	if _, err := f.Move(t.Context(), someBicycle, Rent, MoveOptions{SubscriptionPlan: otherBicycle}); err != nil ||
		got["subscription_plan"] != p.server.URL+"/api/subscription_plans/"+otherBicycle+"/" {
		t.Errorf("%v, sent %v", err, got)
	}
}

func TestAMoveIsTriedWithoutMakingIt(t *testing.T) {
	t.Parallel()
	var got map[string]any
	p := newPeer(t, takes(t, http.MethodPost, &got, http.StatusNoContent, ""))
	f := p.fleet()
	before := f.share.changes.Load()
	if err := f.TryMove(t.Context(), someBicycle, Return, MoveOptions{}); err != nil || f.share.changes.Load() != before {
		t.Errorf("%v, %d changes", err, f.share.changes.Load()-before)
	}
	if diff := cmp.Diff(wireBody(t, p, "bicycle-action-request-dry-run"), got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatATrialMeans(t *testing.T) {
	t.Parallel()
	tried := says(http.StatusNoContent, "")
	for name, row := range map[string]struct {
		api   http.HandlerFunc
		want  error
		calls int64
	}{
		"it would be done":              {tried, nil, 1},
		"not from this state":           {says(400, example(t, "bicycle-action-error-not-allowed")), ErrInvalid, 1},
		"somebody else's":               {says(403, example(t, "error-403-missing-scope")), ErrForbidden, 1},
		"answered as if it was done":    {says(200, example(t, "bicycle-action-response")), ErrUnknownOutcome, 1},
		"out of order, then well":       {inTurn(says(503, `{}`), tried), nil, 2},
		"no answer, then well":          {inTurn(reset, tried), nil, 2},
		"token ran out, then well":      {inTurn(says(401, example(t, "error-401-expired")), tried), nil, 2},
		"out of order for good":         {says(502, `<html>`), ErrUnreachable, 2},
		"something that makes no sense": {page("text/html"), ErrAnswer, 1},
	} {
		p := newPeer(t, row.api)
		err := p.fleet().TryMove(t.Context(), someBicycle, PutInMaintenance, MoveOptions{})
		if !errors.Is(err, row.want) || (err == nil) != (row.want == nil) || p.calls.Load() != row.calls {
			t.Errorf("%s: %v after %d calls, want %v after %d", name, err, p.calls.Load(), row.want, row.calls)
		}
	}
}

func TestWhyABicycleIsNotMovedIsTold(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		want   error
		code   string
	}{
		"bicycle-action-error-not-allowed":           {400, ErrInvalid, "action_not_allowed"},
		"bicycle-action-error-no-device":             {400, ErrInvalid, "invalid"},
		"bicycle-action-error-outside-dropzone":      {400, ErrInvalid, "outside_dropzone"},
		"bicycle-action-error-too-many-reservations": {400, ErrInvalid, "too_many_reservations"},
		"bicycle-action-error-type-required":         {400, ErrInvalid, "required"},
		"bicycle-action-error-unknown-action":        {404, ErrNotFound, "not_found"},
		"error-403-missing-scope":                    {403, ErrForbidden, "permission_denied"},
		"error-404-object":                           {404, ErrNotFound, "not_found"},
		"error-409-conflict":                         {409, ErrConflict, "conflict"},
	} {
		p := newPeer(t, says(row.status, example(t, name)))
		f := p.fleet()
		_, moved := f.Move(t.Context(), someBicycle, Rent, MoveOptions{})
		for _, err := range []error{moved, f.TryMove(t.Context(), someBicycle, Rent, MoveOptions{})} {
			var e *Error
			if !errors.Is(err, row.want) || !errors.As(err, &e) || !e.Has(row.code) || e.Status != row.status {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if p.calls.Load() != 2 {
			t.Errorf("%s: %d calls", name, p.calls.Load())
		}
	}
}

func TestAMoveThatMakesNoSenseIsNotSent(t *testing.T) {
	t.Parallel()
	p := newPeer(t, some)
	f := p.fleet()
	for name, row := range map[string]struct {
		action  Action
		options MoveOptions
		path    string
	}{
		"the log's word":           {"return_", MoveOptions{}, "type"},
		"the system's":             {"expire_reservation", MoveOptions{}, "type"},
		"none":                     {"", MoveOptions{}, "type"},
		"nobody":                   {Rent, MoveOptions{User: "me"}, "user"},
		"for somebody":             {Retire, MoveOptions{User: someUser}, "user"},
		"a long rental":            {Rent, MoveOptions{Duration: time.Hour}, "duration"},
		"a short reservation":      {Reserve, MoveOptions{Duration: time.Millisecond}, "duration"},
		"a negative reservation":   {Reserve, MoveOptions{Duration: -time.Hour}, "duration"},
		"a plan for a reservation": {Reserve, MoveOptions{SubscriptionPlan: someUser}, "pricing_scheme"},
		"a plan and a price":       {Rent, MoveOptions{SubscriptionPlan: someUser, PricingScheme: someUser}, "pricing_scheme"},
		"no plan":                  {Rent, MoveOptions{SubscriptionPlan: "cheap"}, "subscription_plan"},
		"no price":                 {Rent, MoveOptions{PricingScheme: "../users"}, "pricing_scheme"},
	} {
		_, moved := f.Move(t.Context(), someBicycle, row.action, row.options)
		for _, err := range []error{moved, f.TryMove(t.Context(), someBicycle, row.action, row.options)} {
			var e *Error
			if !errors.Is(err, ErrInvalid) || !errors.As(err, &e) || len(e.Problems) != 1 || e.Problems[0].Path != row.path {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
	_, err := f.Move(t.Context(), "..", Retire, MoveOptions{})
	if tried := f.TryMove(t.Context(), "..", Retire, MoveOptions{}); !errors.Is(err, ErrNotFound) || !errors.Is(tried, ErrNotFound) {
		t.Errorf("got %v, %v", err, tried)
	}
	if p.calls.Load() != 0 {
		t.Errorf("%d calls, want none", p.calls.Load())
	}
}
