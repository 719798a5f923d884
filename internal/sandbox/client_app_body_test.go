package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNewClientAppsAreChecked(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 1, Trips: 1})
	operator := n.asOperator()
	own := `"organization":"/api/organizations/` + n.Organization().UUID + `/"`
	for name, row := range map[string]struct {
		body, codes string
		status      int
	}{
		"all that is needed":   {`{"name":"a",` + own + `}`, "", 201},
		"longest":              {`{"name":"` + strings.Repeat("ü", 128) + `","label":"` + strings.Repeat("ü", 128) + `",` + own + `}`, "", 201},
		"same name elsewhere":  {n.newApp(1, "noadesk-practice"), "", 201},
		"taken":                {n.newApp(0, "noadesk-practice"), "non_field_errors unique", 400},
		"foreign organization": {n.newApp(2, "b"), "non_field_errors permission_denied", 403},
		"no name":              {`{` + own + `}`, "name required", 400},
		"empty name":           {`{"name":"",` + own + `}`, "name blank", 400},
		"name null":            {`{"name":null,` + own + `}`, "name null", 400},
		"long name":            {`{"name":"` + strings.Repeat("x", 129) + `",` + own + `}`, "name max_length", 400},
		"long label":           {`{"name":"b","label":"` + strings.Repeat("x", 129) + `",` + own + `}`, "label max_length", 400},
		"no organization":      {`{"name":"b"}`, "organization required", 400},
		"unknown organization": {`{"name":"b","organization":"/api/organizations/` + randomUUID() + `/"}`, "organization does_not_exist", 400},
		"bare uuid":            {`{"name":"b","organization":"` + n.Organization().UUID + `"}`, "organization no_match", 400},
		"scopes null":          {`{"name":"b","scopes":null,` + own + `}`, "scopes null", 400},
		"scopes a text":        {`{"name":"b","scopes":"trip:read",` + own + `}`, "scopes not_a_list", 400},
	} {
		t.Run(name, func(t *testing.T) {
			r := n.do(post, clientApps, row.body, operator)
			if got := r.codes(); r.status != row.status || got != row.codes {
				t.Errorf("got status %d, %q; want %d, %q", r.status, got, row.status, row.codes)
			}
		})
	}
	r := n.do(post, clientApps, `{"scopes":[7,"zone:read",null]}`, operator)
	text := string(r.raw)
	if r.status != 400 || !strings.Contains(text, `"0":[`) || !strings.Contains(text, `"2":[`) || !strings.Contains(text, `"name":[`) {
		t.Errorf("got status %d, not the complaints about name and two scopes", r.status)
	}
}

func TestOnlyLabelAndScopesChange(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{Bicycles: 1, Trips: 1})
	operator := n.asOperator()
	app := n.create(operator, n.newApp(0, "fresh", tripRead))
	delete(app, "private_key")
	path := n.path(app)
	_, before := n.trade(n.create(operator, n.newApp(0, "other", tripRead)))
	for _, method := range []string{patch, put} {
		n.moved.Add(int64(time.Minute))
		for _, body := range []string{"", "{}", `{"name":"x","organization":7,"uuid":"y","private_key":"z"}`} {
			if r := n.do(method, path, body, operator); r.status != 200 || cmp.Diff(any(app), r.body) != "" {
				t.Errorf("%s %q: got status %d, %s", method, body, r.status, r.raw)
			}
		}
		sent := `{"label":"` + method + `","scopes":["trip:read","bicycle:read","trip:read"],"concurrency_version":1}`
		r := n.do(method, path, sent, operator).object()
		if r["label"] != method || fmt.Sprint(r["scopes"]) != "[trip:read bicycle:read]" || r["modified"] == app["modified"] {
			t.Errorf("%s: got %v", method, r)
		}
		app = r
	}
	if r := n.do(patch, path, `{"label":""}`, operator).object(); r["label"] != "" || fmt.Sprint(r["scopes"]) != "[trip:read bicycle:read]" {
		t.Errorf("the label alone: got %v", r)
	}
	if r := n.do(get, "/api/trips/", "", before); r.status != 200 {
		t.Errorf("another client application: got status %d, want 200", r.status)
	}
}
