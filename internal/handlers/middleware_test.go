package handlers

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"noadesk/internal/staff"
	"noadesk/static"
)

func TestEveryAnswerHasTheHeaders(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in, out := h.as(staff.Viewer), h.browser()
	for name, a := range map[string]*answer{
		"page":          in.get(h.path("bicycles")),
		"not found":     in.get("/nowhere"),
		"forbidden":     in.get(h.path("keys")),
		"bad address":   in.get(h.path("bicycles?page=x")),
		"wrong method":  in.get("/logout"),
		"redirect":      in.get("/"),
		"signed out":    out.get(h.path("bicycles")),
		"by script":     out.get(h.path("bicycles"), "HX-Request", "true"),
		"login":         out.get("/login"),
		"wrong login":   out.post("/login", nil),
		"static":        out.get(static.Path("app/desk.css")),
		"no such file":  out.get(static.Path("app/none.css")),
		"health":        out.get("/healthz"),
		"ready":         out.get("/readyz"),
		"foreign form":  out.post("/login", nil, "Origin", "https://evil.example"),
		"foreign host":  out.get("/login", "Host", "evil.example"),
		"upstream down": h.down(in),
	} {
		for header, want := range map[string]string{
			"Content-Security-Policy":      policy,
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "same-origin",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
			"Strict-Transport-Security":    "",
			"Access-Control-Allow-Origin":  "",
		} {
			if got := a.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
		if len(a.Header.Get("X-Request-Id")) != 16 {
			t.Errorf("%s: request id %q", name, a.Header.Get("X-Request-Id"))
		}
		if cache := a.Header.Get("Cache-Control"); cache != "no-store" && name != "static" && name != "no such file" {
			t.Errorf("%s: Cache-Control %q", name, cache)
		}
		if kind := a.Header.Get("Content-Type"); a.body != "" && !strings.HasSuffix(kind, "charset=utf-8") {
			t.Errorf("%s: Content-Type %q", name, kind)
		}
	}
	for _, word := range []string{"unsafe", "*", "http:", "https:"} {
		if strings.Contains(policy, word) {
			t.Errorf("the policy has %s", word)
		}
	}
}

// down is a page while Noa is.
func (h *house) down(b *browser) *answer {
	h.noa.fails("/api/", badGateway)
	defer h.noa.heals()
	return b.get(h.path("bicycles"))
}

func TestRequestNumberIsOurOwn(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	a := h.browser().get("/nowhere", "X-Request-Id", "from-outside")
	if id := a.Header.Get("X-Request-Id"); id == "from-outside" || a.text("main code") != id || !strings.Contains(h.log.String(), id) {
		t.Errorf("request id %q, on the page %q", id, a.text("main code"))
	}
}

func TestOtherHostsAreRefused(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	for _, c := range []struct {
		own  string
		host string
		ok   bool
	}{
		{"http://127.0.0.1:8080", "127.0.0.1:8080", true},
		{"http://127.0.0.1:8080", "localhost:8080", true},
		{"http://127.0.0.1:8080", "LOCALHOST:8080", true},
		{"http://127.0.0.1:8080", "[::1]:8080", true},
		{"http://localhost:8080", "127.0.0.1:8080", true},
		{"http://[::1]:8080", "localhost:8080", true},
		{"http://localhost", "127.0.0.1", true},
		{"http://localhost", "[::1]", true},
		{"http://127.0.0.1:8080", "127.0.0.1:8081", false},
		{"http://127.0.0.1:8080", "127.0.0.1", false},
		{"http://127.0.0.1:8080", "127.0.0.2:8080", false},
		{"http://127.0.0.1:8080", "localhost.evil.example:8080", false},
		{"http://127.0.0.1:8080", "evil.example", false},
		{"http://127.0.0.1:8080", "", false},
		{"https://desk.example", "desk.example", true},
		{"https://desk.example", "Desk.Example:443", true},
		{"https://desk.example:8443", "desk.example:8443", true},
		{"https://desk.example", "desk.example:80", false},
		{"https://desk.example", "desk.example:8443", false},
		{"https://desk.example", "desk.example.", false},
		{"https://desk.example", "desk.example@evil.example", false},
		{"https://desk.example", "evil.example", false},
		{"https://desk.example", "localhost", false},
		{"https://desk.example", "xdesk.example", false},
	} {
		own, err := url.Parse(c.own)
		if err != nil {
			t.Fatal(err)
		}
		s := h.with(func(o *Options) { o.URL = own })
		for path, want := range map[string]int{"/login": map[bool]int{true: http.StatusOK, false: http.StatusMisdirectedRequest}[c.ok], "/healthz": http.StatusOK, "/readyz": http.StatusOK} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Host = c.host
			a := (&browser{t: t, to: s}).send(r)
			if a.StatusCode != want || strings.Contains(a.body, "evil") {
				t.Errorf("%s of %s as %q: %d, want %d", path, c.own, c.host, a.StatusCode, want)
			}
			if want == http.StatusMisdirectedRequest {
				a.framed().is(want, "This desk has another address")
			}
		}
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	before := h.rowCounts()
	for _, c := range []struct {
		site, origin string
		ok           bool
	}{
		{"same-origin", "http://" + host, true},
		{"same-origin", "", true},
		{"", "http://" + host, true},
		{"none", "", true},
		{"cross-site", "https://evil.example", false},
		{"cross-site", "http://" + host, false},
		{"same-site", "http://" + host, false},
		{"same-site", "", false},
		{"", "https://evil.example", false},
		{"", "http://127.0.0.1:9999", false},
		{"", "null", false},
		{"", "", false},
	} {
		a := b.post(h.path("settings"), url.Values{"name": {""}}, "Sec-Fetch-Site", c.site, "Origin", c.origin)
		if c.ok {
			a.is(http.StatusUnprocessableEntity)
		} else {
			a.framed().is(http.StatusForbidden, "This did not come from the desk")
		}
	}
	b.post("/logout", nil, "Origin", "").framed().is(http.StatusForbidden)
	h.browser().post("/logout", nil, "Origin", "https://evil.example").framed().is(http.StatusForbidden)
	if after := h.rowCounts(); after["sessions"] != before["sessions"] || after["audit"] != before["audit"] {
		t.Errorf("rows before %v, after %v", before, after)
	}
	b.get(h.path("settings"), "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate").is(http.StatusOK)
}

func TestProxiesAreBelievedOnlyWhereTrusted(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	s := h.with(func(o *Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	})
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:1234", "", "192.0.2.1"},
		{"192.0.2.1:1234", "203.0.113.9", "192.0.2.1"},
		{"10.0.0.1:1234", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:1234", "198.51.100.7, 203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:1234", "198.51.100.7, 203.0.113.9, 10.2.3.4", "203.0.113.9"},
		{"10.0.0.1:1234", "10.9.9.9, 10.2.3.4", "10.9.9.9"},
		{"10.0.0.1:1234", "", "10.0.0.1"},
		{"10.0.0.1:1234", "nonsense", "10.0.0.1"},
		{"10.0.0.1:1234", "203.0.113.9, nonsense", "10.0.0.1"},
		{"[fd00::1]:1234", "2001:db8::7", "2001:db8::7"},
		{"[::ffff:10.0.0.1]:1234", "203.0.113.9", "203.0.113.9"},
		{"odd", "203.0.113.9", "odd"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/login", nil)
		r.RemoteAddr = c.remote
		r.Header.Set("X-Forwarded-For", c.forwarded)
		r.Header.Set("X-Real-Ip", "203.0.113.66")
		r.Header.Set("Forwarded", "for=203.0.113.67")
		if got := s.client(r); got != c.want {
			t.Errorf("from %s for %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}

func TestP5PanicIsAPageWithItsNumber(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	for name, f := range map[string]http.HandlerFunc{
		"before": func(http.ResponseWriter, *http.Request) { panic("secret-of-the-panic") },
		"within": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half a page")
			panic("secret-of-the-panic")
		},
	} {
		b := &browser{t: t, to: h.chain(f)}
		a := b.get("/anywhere", "Accept-Encoding", "identity")
		if strings.Contains(a.body, "secret-of-the-panic") {
			t.Error("the panic is shown")
		}
		if name == "before" {
			a.framed().is(http.StatusInternalServerError, "Something went wrong here", a.Header.Get("X-Request-Id"))
		}
		if log := h.log.String(); !strings.Contains(log, "secret-of-the-panic") || !strings.Contains(log, a.Header.Get("X-Request-Id")) {
			t.Errorf("%s: the log does not have it", name)
		}
	}
	defer func() {
		if recover() != http.ErrAbortHandler { // it is thrown as it is
			t.Error("an aborted answer is not passed on")
		}
	}()
	(&browser{t: t, to: h.chain(http.HandlerFunc(hangsUp))}).get("/anywhere")
}
