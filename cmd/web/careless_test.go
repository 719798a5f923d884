package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// carelessNoa has a Noa, or a gateway before it, that repeats what it is told while it fails.
func (r *reader) carelessNoa() {
	r.Helper()
	email, password := r.fake.Operator()
	page := "/o/practice/keys/noa"
	r.post(page+"/enter", url.Values{"email": {email}, "password": {password}}, http.StatusOK, "Register one")
	for _, fault := range []http.HandlerFunc{
		repeats(http.StatusInternalServerError, "text/html", inHTML),
		repeats(http.StatusOK, "text/html", inHTML),
		repeats(http.StatusOK, "application/json", inDetail),
		repeats(http.StatusForbidden, "application/json", inDetail),
		repeats(http.StatusBadRequest, "application/json", inDetail),
		repeats(http.StatusUnauthorized, "application/json", inDetail),
	} {
		r.tap.fails(fault)
		r.attempt(page, url.Values{"name": {"never"}, "label": {"There"}, "scopes": {"bicycle:read"}})
		r.attempt(page, nil)
		r.attempt(page+"/enter", url.Values{"email": {email}, "password": {password}})
		r.attempt("/o/practice/tickets", url.Values{"message": {"Nobody hears this."}, "once": {"again"}})
		for _, page := range []string{"desk", "bicycles", "trips", "organisation", "tickets/new"} {
			r.attempt("/o/practice/"+page, nil)
		}
		for _, key := range parse[[]keyRow](r.tool(exitDone, "key", "list", "--json")) {
			r.attempt("/o/practice/keys/"+key.Fingerprint+"/prove", url.Values{})
		}
	}
	r.said("doctor", "--json")
	r.tap.fails(nil)
	for _, path := range []string{"/jwt", "/api/jwt/login/", "/api/client_apps/", "/api/bicycles/"} {
		if r.tap.failed[path] == 0 {
			r.Errorf("%s was never asked while Noa was careless", path)
		}
	}
}

// attempt opens a page, or posts a form, that may fail in any way that is explained.
func (r *reader) attempt(path string, form url.Values) {
	r.Helper()
	req, err := http.NewRequest(http.MethodGet, r.base+path, nil)
	if form != nil {
		req, err = http.NewRequest(http.MethodPost, r.base+path, strings.NewReader(form.Encode()))
	}
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Origin", r.base)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := r.client.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	_ = resp.Body.Close()
}

// repeats is a fault that gives back all that it was told, as careless gateways
// do: in the words of the error, and in a header.
func repeats(status int, kind string, words func(told string) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		told := r.Header.Get("Authorization") + string(body)
		w.Header().Set("Content-Type", kind)
		w.Header().Set("X-Noa-RequestId", strings.Map(printable, told))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, words(told))
	}
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

func inHTML(told string) string { return "<h1>Request was: " + told + "</h1>" }

func inDetail(told string) string {
	problem := []any{map[string]string{"message": "cannot use " + told, "code": told}}
	text, _ := json.Marshal(map[string]any{
		"error": told, "detail": map[string]any{"non_field_errors": problem, "scopes": problem, "message": problem, told: problem},
	})
	return string(text)
}
