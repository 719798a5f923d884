package handlers

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// A browser asks the desk as one does: with its cookies, and saying where a form comes from.
type browser struct {
	t   testing.TB
	to  http.Handler
	jar map[string]string
}

// An answer is what the desk said.
type answer struct {
	*http.Response
	t    testing.TB
	body string
	doc  *goquery.Document
}

func (b *browser) keep(cookies []*http.Cookie) {
	for _, c := range cookies {
		if c.MaxAge < 0 {
			delete(b.jar, c.Name)
			continue
		}
		b.jar[c.Name] = c.Value
	}
}

// get asks for an address. Headers come in pairs.
func (b *browser) get(address string, headers ...string) *answer {
	b.t.Helper()
	return b.ask(http.MethodGet, address, nil, headers...)
}

// post sends a form from a page of the desk's own.
func (b *browser) post(address string, form url.Values, headers ...string) *answer {
	b.t.Helper()
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Origin", "http://" + host}, headers...)
	return b.ask(http.MethodPost, address, strings.NewReader(form.Encode()), headers...)
}

// ask sends a request. A header that is given as "" is left out.
func (b *browser) ask(method, address string, body io.Reader, headers ...string) *answer {
	b.t.Helper()
	r := httptest.NewRequest(method, "/", body)
	u, err := url.ParseRequestURI(address)
	if err != nil {
		b.t.Fatal(err)
	}
	r.URL, r.RequestURI, r.Host = u, address, host
	for name, value := range b.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for i := 0; i < len(headers); i += 2 {
		switch {
		case headers[i] == "Host":
			r.Host = headers[i+1]
		case headers[i+1] == "":
			r.Header.Del(headers[i])
		default:
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	return b.send(r)
}

func (b *browser) send(r *http.Request) *answer {
	b.t.Helper()
	w := httptest.NewRecorder()
	b.to.ServeHTTP(w, r)
	b.keep(w.Result().Cookies())
	a := &answer{Response: w.Result(), t: b.t, body: w.Body.String()}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		b.t.Fatal(err)
	}
	a.doc = doc
	return a
}

// follow goes where a redirect leads.
func (b *browser) follow(a *answer) *answer {
	b.t.Helper()
	if a.StatusCode < 300 || a.StatusCode > 399 {
		b.t.Fatalf("no redirect but %d: %s", a.StatusCode, a.headline())
	}
	return b.get(a.Header.Get("Location"))
}

// headline is what the page is headed with.
func (a *answer) headline() string { return a.text("main h1") }

// text is what a reader sees of the first element that fits.
func (a *answer) text(selector string) string {
	return strings.Join(strings.Fields(a.doc.Find(selector).First().Text()), " ")
}

// texts are what a reader sees of the elements that fit.
func (a *answer) texts(selector string) []string {
	return a.doc.Find(selector).Map(func(_ int, s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") })
}

// value is what stands in a field of the page's form.
func (a *answer) value(name string) string {
	field := a.doc.Find("main [name='" + name + "']").First()
	if goquery.NodeName(field) == "textarea" {
		return field.Text()
	}
	return field.AttrOr("value", "")
}

// is checks the status and that the page says something.
func (a *answer) is(status int, words ...string) *answer {
	a.t.Helper()
	if a.StatusCode != status {
		a.t.Errorf("%d %q, want %d", a.StatusCode, a.text("main"), status)
	}
	for _, w := range words {
		if !strings.Contains(a.text("body"), w) {
			a.t.Errorf("the page does not say %q: %q", w, a.text("main"))
		}
	}
	return a
}

// framed checks that the answer is a page of the desk's own.
func (a *answer) framed() *answer {
	a.t.Helper()
	if kind := a.Header.Get("Content-Type"); kind != "text/html; charset=utf-8" || a.doc.Find("main h1").Length() != 1 {
		a.t.Errorf("not a page in the frame: %d %s %q", a.StatusCode, kind, a.text("body"))
	}
	return a
}

// to checks where a redirect leads.
func (a *answer) to(status int, location string) *answer {
	a.t.Helper()
	if a.StatusCode != status || a.Header.Get("Location") != location {
		a.t.Errorf("%d to %q, want %d to %q: %s", a.StatusCode, a.Header.Get("Location"), status, location, a.text("main"))
	}
	return a
}
