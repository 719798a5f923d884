package sandbox

import (
	"encoding/json"
	"errors"
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
		c := &call{Sandbox: s, request: r, raw: []byte(text), base: base(r), now: s.options.Now(), caller: fuzzCaller(s)}
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

func fuzzCaller(s *Sandbox) *caller {
	known := s.clients[clientName{s.fleet.main().uuid, "noadesk-practice"}]
	return &caller{*known, known.scopes}
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
		for _, list := range []func(*call) (answer, error){(*call).bicycles, (*call).trips, (*call).tickets, (*call).organizations} {
			r := httptest.NewRequest(get, "/api/bicycles/", nil)
			r.URL.RawQuery = query
			c := &call{Sandbox: s, request: r, query: r.URL.Query(), base: base(r), now: s.options.Now(), caller: fuzzCaller(s)}
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
		form, err := negotiate(accept)
		if err == nil && form == jsonType && !strings.Contains(accept, "1.0") {
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
