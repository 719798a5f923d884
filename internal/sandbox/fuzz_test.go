package sandbox

import (
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func FuzzAssertion(f *testing.F) {
	s, err := New(Options{Bicycles: 1, Trips: 1})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "{}", `{"assertion":"a.b.c"}`, `{"assertion":7}`, "\xff", `[]`, `{"assertion":"eyJhbGciOiJub25lIn0.e30."}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(post, "/jwt", strings.NewReader(body))
		token, err := s.exchange(r)
		var refused *grantError
		if token != "" || !errors.As(err, &refused) || refused.status < 400 || refused.status > 499 {
			t.Errorf("a body that nobody signed got %v", err)
		}
	})
}

// FuzzTicket files whatever comes: an answer is 201 or 4xx, always JSON, and
// what was filed can be listed.
func FuzzTicket(f *testing.F) {
	s, err := New(Options{Bicycles: 2, Trips: 1})
	if err != nil {
		f.Fatal(err)
	}
	organization := `"organization":"/api/organizations/` + s.Organization().UUID + `/"`
	f.Add(jsonType, "{"+organization+"}")
	f.Add(jsonType, "{"+organization+`,"location":{"type":"Point","coordinates":[1,2]},"message":"x"}`)
	f.Add(jsonType, "{"+organization+`,"location":"POINT(1e999 2)","concurrency_version":1e3}`)
	f.Add("application/x-www-form-urlencoded", "organization=x&message=%zz")
	f.Add("multipart/form-data; boundary=x", "--x\r\n\r\n--x--")
	f.Add("multipart/form-data", "--")
	f.Add("a;b;;", "null")
	f.Fuzz(func(t *testing.T, kind, text string) {
		r := httptest.NewRequest(post, "/api/support_tickets/", strings.NewReader(text))
		r.Header.Set("Content-Type", kind)
		c := &call{Sandbox: s, request: r, raw: []byte(text), base: s.base(r), now: s.now(), caller: fuzzCaller(s)}
		c.query = url.Values{}
		a, err := c.fileTicket()
		var p *problem
		switch {
		case errors.As(err, &p):
			a = answer{status: p.status, body: p.body}
		case err != nil:
			t.Fatalf("not a problem: %v", err)
		}
		if body, _ := a.encode(); !json.Valid(body) || a.status != 201 && (a.status < 400 || a.status > 499) {
			t.Errorf("got status %d: %s", a.status, body)
		}
		s.fleet.tickets = s.fleet.tickets[:1]
	})
}

// FuzzLogin signs in with whatever comes: never anybody, always JSON.
func FuzzLogin(f *testing.F) {
	s, err := New(Options{Bicycles: 2, Trips: 1})
	if err != nil {
		f.Fatal(err)
	}
	email, _ := s.Operator()
	f.Add(jsonType, `{"email":"`+email+`","password":"x"}`)
	f.Add(jsonType, `{"email":7,"password":[],"organization_uuid":{}}`)
	f.Add(jsonType, `{"code":1e3,"client_id":"local","refresh_token":""}`)
	f.Add("application/x-www-form-urlencoded", "email=a&password=b&organization_uuid=c")
	f.Fuzz(func(t *testing.T, kind, text string) {
		for path, do := range map[string]func(*call) (answer, error){loginPath: (*call).login, refreshPath: (*call).refreshToken} {
			if a := fuzzPost(t, s, path, kind, text, do); a.status < 400 || a.status > 499 {
				t.Errorf("got status %d", a.status)
			}
		}
	})
}

// FuzzClientApp creates from whatever comes and changes what there is.
func FuzzClientApp(f *testing.F) {
	s, err := New(Options{Bicycles: 2, Trips: 1, Curve: elliptic.P256()})
	if err != nil {
		f.Fatal(err)
	}
	organization := `"organization":"/api/organizations/` + s.Organization().UUID + `/"`
	f.Add(jsonType, `{"name":"a","scopes":["trip:read"],`+organization+"}")
	f.Add(jsonType, `{"name":1e3,"label":null,"scopes":[{},[],null,7],`+organization+"}")
	f.Add("application/x-www-form-urlencoded", "name=a&scopes=b&organization=c")
	f.Fuzz(func(t *testing.T, kind, text string) {
		if a := fuzzPost(t, s, clientApps, kind, text, (*call).createClientApp); a.status != 201 && (a.status < 400 || a.status > 499) {
			t.Errorf("got status %d", a.status)
		}
		id := clientName{s.fleet.main().uuid, "noadesk-practice"}
		old := s.clients[id]
		fuzzPost(t, s, clientApps+old.uuid+"/", kind, text, func(c *call) (answer, error) {
			c.id = old.uuid
			return c.changeClientApp()
		})
		if now := s.clients[id]; now.uuid != old.uuid || now.key != old.key || now.scopes == nil {
			t.Error("a change touched more than label and scopes")
		}
		maps.DeleteFunc(s.clients, func(have clientName, _ *client) bool { return have != id })
	})
}

// fuzzPost is the answer to a body, of which the status is set.
func fuzzPost(t *testing.T, s *Sandbox, path, kind, text string, do func(*call) (answer, error)) answer {
	t.Helper()
	r := httptest.NewRequest(post, path, strings.NewReader(text))
	r.Header.Set("Content-Type", kind)
	c := &call{Sandbox: s, request: r, raw: []byte(text), base: s.base(r), now: s.now(), query: r.URL.Query()}
	c.caller = &caller{user: s.people[0].uuid, organization: s.people[0].organization, person: s.people[0]}
	a, err := do(c)
	var p *problem
	if errors.As(err, &p) {
		a = answer{status: p.status, body: p.body}
	} else if err != nil {
		t.Fatalf("not a problem: %v", err)
	}
	if body, _ := a.encode(); !json.Valid(body) {
		t.Error("not JSON")
	}
	return a
}

func fuzzCaller(s *Sandbox) *caller {
	known := s.clients[clientName{s.fleet.main().uuid, "noadesk-practice"}]
	return &caller{user: known.user, organization: known.organization, scopes: known.scopes}
}

// FuzzQuery asks every list with whatever query.
func FuzzQuery(f *testing.F) {
	s, err := New(Options{Bicycles: 30, Trips: 30})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"", "page=2&page_size=5", "ordering=-name,state", "bbox=71,51,72,52&ordering=distance", "created_after=1e300",
		"modified_since=-1", "fields=uuid", "uuid=a,b", "query=%C3%9F", "no_page=1", "created=2024-05-14T09:00:00+05:00", "page=99999999999999999999",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, list := range []func(*call) (answer, error){(*call).bicycles, (*call).trips, (*call).tickets, (*call).organizations, (*call).clientApps} {
			r := httptest.NewRequest(get, "/api/bicycles/", nil)
			r.URL.RawQuery = query
			c := &call{Sandbox: s, request: r, query: r.URL.Query(), base: s.base(r), now: s.now(), caller: fuzzCaller(s)}
			a, err := list(c)
			var p *problem
			if err != nil && (!errors.As(err, &p) || p.status != 400 && p.status != 404) {
				t.Fatalf("%q: %v", query, err)
			}
			if body, _ := a.encode(); err == nil && !json.Valid(body) {
				t.Errorf("%q: not JSON", query)
			}
		}
	})
}

func FuzzAccept(f *testing.F) {
	for _, seed := range []string{"", "*/*; version=1.0", "text/html;q=0.9,*/*", ";;,,", "application/json; version=\"1.0\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		form, err := negotiate(accept, htmlType, csvType)
		if err == nil && form != htmlType && !strings.Contains(accept, "1.0") {
			t.Errorf("%q was taken without a version", accept)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for name, o := range map[string]Options{"practice": {}, "100000": {Bicycles: 100_000, Trips: 200_000}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := New(o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBicycles(b *testing.B) {
	for name, count := range map[string]int{"practice": 160, "100000": 100_000} {
		s, err := New(Options{Bicycles: count})
		if err != nil {
			b.Fatal(err)
		}
		token, err := s.issue(s.clients[clientName{s.fleet.main().uuid, "noadesk-practice"}])
		if err != nil {
			b.Fatal(err)
		}
		for _, query := range []string{"page_size=100", "ordering=name&page_size=100", "state=lost"} {
			b.Run(name+"/"+query, func(b *testing.B) { benchmarkGet(b, s, token, "/api/bicycles/?"+query) })
		}
	}
}

func benchmarkGet(b *testing.B, s *Sandbox, token, path string) {
	handler := s.Handler()
	for b.Loop() {
		r := httptest.NewRequest(get, path, nil)
		r.Header.Set("Accept", version)
		r.Header.Set("Authorization", "JWT "+token)
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatalf("status %d", w.Code)
		}
	}
}
