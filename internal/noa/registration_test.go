package noa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// asks is an office that notes the one call it gets.
func asks(t *testing.T, status int, answer string) (o *Operator, method, path *string, body *map[string]any) {
	t.Helper()
	method, path, body = new(string), new(string), new(map[string]any)
	p := office(t, func(w http.ResponseWriter, r *http.Request) {
		*method, *path = r.Method, r.URL.RequestURI()
		if err := json.NewDecoder(r.Body).Decode(body); r.ContentLength > 0 && err != nil {
			t.Error(err)
		}
		reply(w, status, answer)
	})
	return p.operator(), method, path, body
}

// wanted is an example's body as it is asked of the test's own Noa.
func wanted(t *testing.T, name string, o *Operator) map[string]any {
	t.Helper()
	var want map[string]any
	text := strings.ReplaceAll(example(t, name), "https://api.lock8.me/api/", o.noa.address(nil, nil))
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	return want
}

func TestAClientAppIsRegisteredAsTheContractHasIt(t *testing.T) {
	t.Parallel()
	o, method, path, body := asks(t, http.StatusCreated, example(t, "client-app-create-response"))
	app, key, err := o.Register(t.Context(), NewClientApp{
		Organization: ourOrganization, Name: "spatzrad-dashboard", Label: "Operations dashboard", Scopes: allScopes,
	})
	if err != nil || app.UUID != someApp || app.Name != "spatzrad-dashboard" || len(app.Scopes) != 6 || app.Fetched.IsZero() {
		t.Errorf("got %+v, %v", app, err)
	}
	if got, want := given(key), "-----BEGIN PRIVATE KEY-----\nPLACEHOLDER-NOT-A-KEY\n-----END PRIVATE KEY-----\n"; got != want {
		t.Errorf("got %q", got)
	}
	if diff := cmp.Diff(wanted(t, "client-app-create-request", o), *body); diff != "" || *method != "POST" || *path != "/api/client_apps/" {
		t.Errorf("%s %s: %s", *method, *path, diff)
	}
}

func TestAClientAppIsChangedAsTheContractHasIt(t *testing.T) {
	t.Parallel()
	o, method, path, body := asks(t, http.StatusOK, example(t, "client-app-patch-response"))
	app, err := o.Change(t.Context(), strings.ToUpper(someApp), "Read-only wallboard", []Scope{BicycleRead, TripRead})
	if err != nil || app.Label != "Read-only wallboard" || len(app.Scopes) != 2 || !app.Modified.After(app.Created.Time) {
		t.Errorf("got %+v, %v", app, err)
	}
	if diff := cmp.Diff(wanted(t, "client-app-patch-request", o), *body); diff != "" || *method != "PATCH" || *path != "/api/client_apps/"+someApp+"/" {
		t.Errorf("%s %s: %s", *method, *path, diff)
	}
	if _, err := o.Change(t.Context(), someApp, "", nil); err != nil || cmp.Diff(map[string]any{"label": "", "scopes": []any{}}, *body) != "" {
		t.Errorf("no scopes are asked for as %v, %v", *body, err)
	}
}

func TestAClientAppIsDeleted(t *testing.T) {
	t.Parallel()
	o, method, path, _ := asks(t, http.StatusNoContent, "")
	if err := o.Delete(t.Context(), someApp); err != nil || *method != "DELETE" || *path != "/api/client_apps/"+someApp+"/" {
		t.Errorf("%s %s: %v", *method, *path, err)
	}
	*path = ""
	for _, id := range []string{"", "..", "x"} {
		_, changed := o.Change(t.Context(), id, "", nil)
		if err := o.Delete(t.Context(), id); !errors.Is(err, ErrNotFound) || !errors.Is(changed, ErrNotFound) || *path != "" {
			t.Errorf("%q: %v, %v, asked %s", id, err, changed, *path)
		}
	}
}

func TestWhatNoaWouldRefuseIsNotAsked(t *testing.T) {
	t.Parallel()
	p := office(t, says(http.StatusOK, `{}`))
	o := p.operator()
	asked := p.calls.Load()
	long := strings.Repeat("ä", 129)
	for want, c := range map[string]NewClientApp{
		"name=required":                          {Organization: ourOrganization},
		"organization=required":                  {Name: "desk", Organization: "../x"},
		"name=max_length label=max_length":       {Name: long, Label: long, Organization: ourOrganization},
		"name=required organization=required":    {},
		"label=max_length organization=required": {Name: long[:256], Label: long},
	} {
		_, _, err := o.Register(t.Context(), c)
		var e *Error
		if !errors.Is(err, ErrInvalid) || !errors.As(err, &e) {
			t.Fatalf("%s: %v", want, err)
		}
		var got []string
		for _, problem := range e.Problems {
			got = append(got, problem.name())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
	if _, err := o.Change(t.Context(), someApp, long, nil); !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v", err)
	}
	if p.calls.Load() != asked {
		t.Error("Noa was asked")
	}
}

func TestAChangeOfAClientAppIsNeverRepeated(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		api  http.HandlerFunc
		want error
		code string
	}{
		"name taken":           {says(400, example(t, "client-app-error-duplicate-name")), ErrInvalid, "unique"},
		"unknown scope":        {says(400, example(t, "client-app-error-unknown-scope")), ErrInvalid, "invalid_choice"},
		"foreign organization": {says(403, example(t, "error-403-link-organization")), ErrForbidden, "permission_denied"},
		"gone":                 {says(404, example(t, "error-404-object")), ErrNotFound, "not_found"},
		"token service":        {says(500, example(t, "client-app-error-sts")), ErrUnknownOutcome, "unauthorized"},
		"name used before":     {page500, ErrUnknownOutcome, ""},
		"502":                  {says(502, `{}`), ErrUnknownOutcome, ""},
		"reset":                {reset, ErrUnknownOutcome, ""},
		"cut off":              {short, ErrUnknownOutcome, ""},
		"HTML":                 {page("text/html"), ErrUnknownOutcome, ""},
		"429":                  {says(429, `{}`), ErrBusy, ""},
		"redirect":             {says(301, ``), ErrAnswer, ""},
	} {
		p := office(t, row.api)
		o := p.operator()
		_, _, registered := o.Register(t.Context(), NewClientApp{Organization: ourOrganization, Name: "desk"})
		_, changed := o.Change(t.Context(), someApp, "", nil)
		deleted := o.Delete(t.Context(), someApp)
		for what, err := range map[string]error{"register": registered, "change": changed, "delete": deleted} {
			var e *Error
			if !errors.Is(err, row.want) || !errors.As(err, &e) || row.code != "" && !e.Has(row.code) || row.code == "" && len(e.Problems) > 0 {
				t.Errorf("%s, %s: got %v, want %v %s", name, what, err, row.want, row.code)
			}
			if errors.Is(err, ErrUnknownOutcome) && errors.Is(err, ErrUnreachable) {
				t.Errorf("%s, %s: %v says both", name, what, err)
			}
		}
		if p.calls.Load() != 4 {
			t.Errorf("%s: %d calls, want the sign-in and three", name, p.calls.Load())
		}
	}
}

func page500(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "<html>", http.StatusInternalServerError)
}

func TestAnUnknownScopeIsNamedByItsPlace(t *testing.T) {
	t.Parallel()
	o := office(t, says(400, strings.ReplaceAll(example(t, "client-app-error-unknown-scope"), `"1"`, `"0"`))).operator()
	_, _, err := o.Register(t.Context(), NewClientApp{Organization: ourOrganization, Name: "desk", Scopes: []Scope{"alert:read"}})
	var e *Error
	if !errors.As(err, &e) || len(e.Problems) != 1 || e.Problems[0].Path != "scopes.0" || e.Problems[0].Code != "invalid_choice" {
		t.Errorf("got %v", err)
	}
}

func TestARegistrationIsNotBrokenOffWhenItsCallerLeaves(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	o := office(t, func(w http.ResponseWriter, _ *http.Request) {
		leave()
		reply(w, http.StatusCreated, example(t, "client-app-create-response"))
	}).operator()
	_, key, err := o.Register(ctx, NewClientApp{Organization: ourOrganization, Name: "desk"})
	if err != nil || given(key) == "" {
		t.Errorf("the key is lost: %v", err)
	}
	if _, _, err := o.Register(ctx, NewClientApp{Organization: ourOrganization, Name: "desk"}); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("whoever left before gets %v", err)
	}
}

func TestAnAnswerWithAKeyIsReadAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	const key = `"private_key": "marker\n"`
	for body, name := range map[string]string{
		`{` + key + `}`: "desk",
		`{"uuid": "?", "name": 5, "scopes": {}, ` + key + `, "organization": 7}`:       "desk",
		`{"uuid": "` + strings.ToUpper(someApp) + `", "name": "Desk", ` + key + `}`:    "Desk",
		`{"created": "soon", "scopes": ["alert:read", 5], "extra": [{}], ` + key + `}`: "desk",
	} {
		o := office(t, says(http.StatusCreated, body)).operator()
		app, got, err := o.Register(t.Context(), NewClientApp{Organization: ourOrganization, Name: "desk"})
		if err != nil || given(got) != "marker\n" || app.Name != name || app.UUID != "" && app.UUID != someApp {
			t.Errorf("%s: got %+v, %v", body, app, err)
		}
	}
}

func TestAnAnswerWithoutAKeySaysSoAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	for name, api := range map[string]http.HandlerFunc{
		"none":      says(201, example(t, "client-app-detail")),
		"null":      says(201, `{"private_key": null, "label": "marker"}`),
		"empty":     says(201, `{"private_key": "", "label": "marker"}`),
		"no ASCII":  says(201, `{"private_key": "marker ä"}`),
		"broken":    says(201, `{"private_key": "marker`),
		"odd":       says(201, `{"private_key": "x"}marker`),
		"a list":    says(201, `["marker"]`),
		"not JSON":  says(201, `marker`),
		"too large": endless,
		"HTML":      keyAs(201, "text/html"),
		"202":       keyAs(202, "application/json"),
		"a refusal": keyAs(400, "application/json"),
		"500":       keyAs(500, "application/json"),
	} {
		o := office(t, api).operator()
		app, key, err := o.Register(t.Context(), NewClientApp{Organization: ourOrganization, Name: "desk"})
		if want := name == "a refusal"; err == nil || errors.Is(err, ErrUnknownOutcome) == want || given(key) != "" {
			t.Errorf("%s: %v", name, err)
		}
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "marker") {
			t.Errorf("%s: %s", name, text)
		}
		if name == "none" && app.UUID != someApp {
			t.Errorf("what was made cannot be deleted: %+v", app)
		}
	}
}

// keyAs answers with a key where none should be.
func keyAs(status int, contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"private_key": "marker", "uuid": "` + someApp + `"}`))
	}
}
