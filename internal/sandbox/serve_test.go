package sandbox

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAcceptDecidesFormAndVersion(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		accept, form string
		ok           bool
	}{
		{"application/json; version=1.0", jsonType, true},
		{"application/json;version=1.0", jsonType, true},
		{`application/json; version="1.0"`, jsonType, true},
		{"*/*; version=1.0", jsonType, true},
		{"application/json; version=1.0, */*", jsonType, true},
		{"text/html, application/json; version=1.0", jsonType, true},
		{"application/json; version=1.0, application/json; version=2.0", jsonType, true},
		{"application/json; version=2.0, application/json; version=1.0", jsonType, false},
		{"application/json; version=1.0; q=0.1, text/html", jsonType, true},
		{"", jsonType, false},
		{"*/*", jsonType, false},
		{"application/json", jsonType, false},
		{"application/json, */*; version=1.0", jsonType, false},
		{"application/json; version=2.0", jsonType, false},
		{"application/json; version=1", jsonType, false},
		{"application/json; version=", jsonType, false},
		{"application/xml; version=1.0", jsonType, false},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", htmlType, true},
	} {
		form, err := negotiate(row.accept, htmlType)
		if form != row.form || (err == nil) != row.ok {
			t.Errorf("%q: got %s, %v; want %s, ok %v", row.accept, form, err, row.form, row.ok)
		}
	}
}

func TestVersionIsCheckedBeforeTheToken(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	r := n.do(get, "/api/trips/", "", map[string]string{"Accept": "*/*", "Authorization": "JWT rubbish"})
	if r.status != http.StatusNotAcceptable {
		t.Errorf("got status %d, want 406", r.status)
	}
}

func TestPathsBehaveLikeNoas(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	bike := "/api/bicycles/" + n.fleet.bicycles[0].uuid
	for _, row := range []struct {
		method, path, location string
		status                 int
		html                   bool
	}{
		{get, "/api/bicycles?state=lost", "/api/bicycles/?state=lost", 301, true},
		{post, "/api/support_tickets", "/api/support_tickets/", 301, true},
		{get, bike, bike + "/", 301, true},
		{get, "/api", "/api/", 301, true},
		{get, "/api/bicycles.json", "", 200, false},
		{get, bike + ".json", "", 200, false},
		{get, "/api/nonsense/", "", 404, true},
		{get, "/api//bicycles/", "", 404, true},
		{get, "/api/bicycles/../trips/", "", 404, true},
		{get, "/api/bicycles/a.b/", "", 404, true},
		{get, "/elsewhere", "", 404, false},
	} {
		r := n.do(row.method, row.path, "", nil)
		if r.status != row.status || r.header.Get("Location") != row.location {
			t.Errorf("%s %s: got %d to %q, want %d to %q", row.method, row.path, r.status, r.header.Get("Location"), row.status, row.location)
		}
		if html := strings.HasPrefix(r.header.Get("Content-Type"), htmlType); html != row.html {
			t.Errorf("%s %s: got content type %q", row.method, row.path, r.header.Get("Content-Type"))
		}
	}
}

func TestBrowsersGetHTMLWithoutAVersion(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	r := n.do(get, "/api/bicycles/", "", map[string]string{"Accept": "text/html,*/*;q=0.8", "Authorization": ""})
	if r.status != 200 || !strings.HasPrefix(r.header.Get("Content-Type"), htmlType) {
		t.Errorf("got status %d, content type %q", r.status, r.header.Get("Content-Type"))
	}
}

func TestAnonymousCallersSeeAnEmptyFleet(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	for _, path := range []string{"/api/bicycles/", "/api/organizations/"} {
		for _, authorization := range []string{"", "Bearer " + n.token("noadesk-practice")} {
			r := n.do(get, path, "", map[string]string{"Authorization": authorization})
			if r.status != 200 || r.count() != "0" {
				t.Errorf("%s: got status %d, count %s; want 200, 0", path, r.status, r.count())
			}
		}
	}
	n.fleet.tree[0].open = true // before any request that could read it at the same time
	for _, row := range n.do(get, "/api/bicycles/?page_size=100", "", anonymous).rows() {
		if row["state"] != available {
			t.Fatalf("an open fleet shows a bicycle that is %v", row["state"])
		}
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	a, b := n.get("/api/bicycles/?page_size=1"), n.do(get, "/api/nonsense/", "", nil)
	for _, r := range []response{a, b} {
		if len(r.header.Get("X-Noa-RequestId")) != 36 || r.header.Get("Vary") == "" {
			t.Errorf("status %d: got request id %q, Vary %q", r.status, r.header.Get("X-Noa-RequestId"), r.header.Get("Vary"))
		}
	}
	if a.header.Get("X-Noa-RequestId") == b.header.Get("X-Noa-RequestId") {
		t.Error("two answers have the same request id")
	}
	if allow := a.header.Get("Allow"); allow != "GET, POST, HEAD, OPTIONS" {
		t.Errorf("got Allow %q", allow)
	}
}

func TestUnchangedAnswersAreNotSentAgain(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	first := n.get("/api/trips/")
	tag := first.header.Get("ETag")
	for _, header := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		h := n.as("noadesk-practice")
		h["If-None-Match"] = header
		r := n.do(get, "/api/trips/", "", h)
		if r.status != http.StatusNotModified || len(r.raw) > 0 || r.header.Get("ETag") != tag {
			t.Errorf("If-None-Match %s: got status %d with %d bytes", header, r.status, len(r.raw))
		}
	}
	if r := n.do(get, "/api/organizations/", "", map[string]string{"If-None-Match": tag}); r.status != 200 {
		t.Errorf("another answer: got status %d, want 200", r.status)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	if r := n.do(http.MethodHead, "/api/trips/", "", nil); r.status != 200 || r.header.Get("ETag") == "" {
		t.Errorf("got status %d, ETag %q", r.status, r.header.Get("ETag"))
	}
}

func TestOptionsIsEmpty(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	r := n.do(options, "/api/bicycles/", "", nil)
	if diff := cmp.Diff(example(t, "options-metadata"), r.body); r.status != 200 || diff != "" || r.header.Get("Allow") == "" {
		t.Errorf("got status %d, Allow %q, %s", r.status, r.header.Get("Allow"), r.raw)
	}
}

func TestLinksFollowTheHost(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	request, err := http.NewRequest(get, n.url+"/api/bicycles/?page_size=1&state=available", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "noa.example:8443"
	request.Header.Set("Accept", version)
	request.Header.Set("Authorization", "JWT "+n.token("noadesk-practice"))
	got := n.send(request).object()
	if got["next"] != "http://noa.example:8443/api/bicycles/?page=2&page_size=1&state=available" {
		t.Errorf("got next %v", got["next"])
	}
}

func TestBodiesTooLargeAreRefused(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	if r := n.do(post, "/api/support_tickets/", strings.Repeat("x", maxBody+1), nil); r.status != http.StatusRequestEntityTooLarge {
		t.Errorf("got status %d, want 413", r.status)
	}
}
