package handlers

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"noadesk/internal/staff"
	"noadesk/static"
)

func TestStaticFilesAreKeptForGood(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	b := h.browser()
	for name, kind := range map[string]string{"app/desk.css": "text/css; charset=utf-8", "app/desk.js": "text/javascript; charset=utf-8", "app/icons.svg": "image/svg+xml"} {
		a := b.get(static.Path(name)).is(http.StatusOK)
		if a.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || a.Header.Get("Content-Type") != kind {
			t.Errorf("%s: %q, %q", name, a.Header.Get("Cache-Control"), a.Header.Get("Content-Type"))
		}
	}
	for _, path := range []string{"/static/", "/static/app/", static.Path(""), static.Path("app"), static.Path("app/"), static.Path("none.css"), "/static/000000000000/app/desk.css", "/static/app/desk.css", static.Path("../static.go"), static.Path("%2e%2e/static.go")} {
		if a := b.get(path); a.StatusCode < 400 && a.StatusCode != http.StatusMovedPermanently || strings.Contains(a.body, "desk.css") {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}

// raw sends bytes to a server and gives the answer's status line and headers.
func raw(t *testing.T, address, text string) *http.Response {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp
}

func TestDeskOverTheWire(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := httptest.NewUnstartedServer(nil)
	own := server.Listener.Addr().String()
	server.Config.Handler = h.with(func(o *Options) { o.URL = &url.URL{Scheme: "http", Host: own} })
	server.Start()
	t.Cleanup(server.Close)
	session := h.as(staff.Viewer).jar["noadesk"]
	for text, want := range map[string]int{
		"GET /login HTTP/1.1\r\nHost: " + own + "\r\n\r\n":                                                   http.StatusOK,
		"GET /login HTTP/1.1\r\nHost: evil.example\r\n\r\n":                                                  http.StatusMisdirectedRequest,
		"GET http://evil.example/login HTTP/1.1\r\nHost: " + own + "\r\n\r\n":                                http.StatusMisdirectedRequest,
		"GET /login HTTP/1.1\r\nHost: " + own + "\r\nHost: evil.example\r\n\r\n":                             http.StatusBadRequest,
		"GET /login HTTP/1.1\r\n\r\n":                                                                        http.StatusBadRequest,
		"GET /login HTTP/1.0\r\n\r\n":                                                                        http.StatusMisdirectedRequest,
		"GET /healthz HTTP/1.0\r\n\r\n":                                                                      http.StatusOK,
		"GET /login HTTP/1.1\r\nHost: " + own + "\r\nX-Forwarded-Host: evil.example\r\n\r\n":                 http.StatusOK,
		"HEAD /o/kulan/bicycles HTTP/1.1\r\nHost: " + own + "\r\nCookie: noadesk=" + session + "\r\n\r\n":    http.StatusOK,
		"GET /o/kulan/bicycles/.. HTTP/1.1\r\nHost: " + own + "\r\nCookie: noadesk=" + session + "\r\n\r\n":  http.StatusNotFound,
		"GET /o/kulan/bicycles/%00 HTTP/1.1\r\nHost: " + own + "\r\nCookie: noadesk=" + session + "\r\n\r\n": http.StatusNotFound,
	} {
		if resp := raw(t, own, text); resp.StatusCode != want || strings.Contains(resp.Header.Get("Location"), "evil") {
			t.Errorf("%.60q: %d, want %d", text, resp.StatusCode, want)
		}
	}
}

func TestPagesArePacked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Viewer)
	plain := b.get(h.path("bicycles"))
	packed := b.get(h.path("bicycles"), "Accept-Encoding", "gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(packed.Header.Get("Vary"), "Accept-Encoding") {
		t.Fatalf("Content-Encoding %q, Vary %q", packed.Header.Get("Content-Encoding"), packed.Header.Get("Vary"))
	}
	reader, err := gzip.NewReader(strings.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil || !strings.Contains(string(text), "<h1>Bicycles</h1>") || len(packed.body)*4 > len(plain.body) {
		t.Errorf("%d bytes of %d, %v", len(packed.body), len(plain.body), err)
	}
}

func TestDrainingDeskIsNotReady(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	b := h.browser()
	b.get("/readyz").is(http.StatusOK)
	h.Drain()
	b.get("/readyz").is(http.StatusServiceUnavailable)
	b.get("/healthz").is(http.StatusOK)
	b.get("/login").framed().is(http.StatusOK)
}
