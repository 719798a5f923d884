package handlers

import (
	"net/url"
	"strings"
	"testing"
)

// unsafe are addresses to which no sign-in may lead.
var unsafe = []string{
	"", "desk", "//evil.example", "/\\evil.example", "\\\\evil.example", "///evil.example", "////evil.example", "/\t/evil.example", "/%09/evil.example",
	"/%2F/evil.example", "/%2Fevil.example", "/%5Cevil.example", "/%5c/evil.example", "/..//evil.example", "/.//evil.example", "/%2e%2e//evil.example",
	"https:evil.example", "https://evil.example/", "http:/evil.example", "javascript:alert(1)", "data:text/html,x", "/o/kulan/desk\r\nSet-Cookie: a=b",
	"/o/kulan/desk%0d%0aSet-Cookie:a", "/o/kulan/../../desk", "/o/kulan/./desk", "/o/kulan/%2e%2e/desk", "/o/kulan/desk ", " /o/kulan/desk", "/o/kulän/desk",
	"/o/kulan/desk\x00", "/o/kulan/desk%00", "/login", "/login?next=/", "/logout", "/setup/abc", "/nowhere", "/o/kulan/nowhere", "/o/kulan/keys/a/prove",
	"/%", "/o/%zz/desk", "?next=/", "#", "@evil.example", "/o/kulan/desk\\..\\", "/" + strings.Repeat("a", 512),
	"/o/kulan/bicycles?q=" + strings.Repeat("a", 512), "/o/kulan/bicycles?q=a b", "/o/kulan/bicycles?q=\\", "/o/kulan/bicycles/..", "/o/kulan/bicycles/%2e%2e", "/b/.",
}

var safe = []string{
	"/", "/o/kulan/desk", "/o/kulan/bicycles?state=lost&page=2", "/o/kulan/bicycles/Z%C3%BCri%201", "/b/4711", "/o/kulan/tickets/new?bicycle=4711",
	"/o/kulan/search?q=%2F%2Fevil.example", "/admin/system", "/o/kulan/people", "/o/kulan/bicycles?q=https://example.org", "/o/kulan/trips#x",
}

func TestSignInLeadsOnlyToPagesOfTheDesk(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	for _, next := range unsafe {
		if got := h.safeNext(next); got != "/" {
			t.Errorf("%.60q leads to %.60q", next, got)
		}
	}
	for _, next := range safe {
		if got := h.safeNext(next); got != next {
			t.Errorf("%q leads to %q", next, got)
		}
	}
}

func FuzzSafeNext(f *testing.F) {
	for _, next := range append(unsafe, safe...) {
		f.Add(next)
	}
	s := &Server{options: Options{URL: &url.URL{Scheme: "https", Host: "desk.example"}}}
	s.mux = s.routes()
	own := &url.URL{Scheme: "https", Host: "desk.example", Path: "/login"}
	f.Fuzz(func(t *testing.T, next string) {
		got := s.safeNext(next)
		if got != next && got != "/" {
			t.Fatalf("%q became %q", next, got)
		}
		// A browser drops tabs and line ends, and takes a backslash for a slash.
		read := strings.NewReplacer("\t", "", "\n", "", "\r", "", "\\", "/").Replace(strings.TrimSpace(got))
		to, err := own.Parse(read)
		if err != nil || to.Host != own.Host || to.Scheme != own.Scheme || strings.HasPrefix(to.Path, "//") || to.Path == "/login" || to.Path == "/logout" {
			t.Errorf("%q leads to %v, %v", next, to, err)
		}
		for _, c := range []byte(got) {
			if c <= ' ' || c > '~' {
				t.Errorf("%q holds %x", got, c)
			}
		}
	})
}
