package main

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// A reader is somebody with a browser that keeps all that the desk gives it.
type reader struct {
	*search
	base   string
	client *http.Client
}

func (s *search) newReader(base string) *reader {
	s.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	r := &reader{search: s, base: base}
	r.client = &http.Client{Jar: jar, Transport: r}
	return r
}

// RoundTrip asks the desk and keeps the address, the headers and the body of its answer.
func (r *reader) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	name := placeOf(req)
	r.keep(name+": address", []byte(req.URL.String()))
	r.keep(name+": body", body)
	header := resp.Header.Clone()
	header.Del("Set-Cookie")
	var text bytes.Buffer
	_ = header.Write(&text)
	r.keep(name+": headers", text.Bytes())
	for _, cookie := range resp.Cookies() {
		if cookie.Value != "" {
			r.markers.text("session id", cookie.Value)
		}
	}
	return resp, err
}

// setupPage names the answers of the one page whose path is a secret itself.
const setupPage = "set-up page"

// placeOf names an answer.
func placeOf(req *http.Request) string {
	if strings.HasPrefix(req.URL.Path, "/setup/") {
		return setupPage
	}
	return req.Method + " " + req.URL.Path
}

// get opens a page.
func (r *reader) get(path string, status int) string {
	r.Helper()
	return r.ask(http.MethodGet, path, "", nil, status, "")
}

// post sends a form, and holds the status of what it leads to and words that stand there.
func (r *reader) post(path string, form url.Values, status int, says string) string {
	r.Helper()
	return r.ask(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), status, says)
}

// upload sends a form with a key in a file.
func (r *reader) upload(path string, form url.Values, key string, status int, says string) string {
	r.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name := range form {
		_ = w.WriteField(name, form.Get(name))
	}
	part, err := w.CreateFormFile("file", "private.pem")
	if err != nil {
		r.Fatal(err)
	}
	_, _ = io.WriteString(part, key)
	if err := w.Close(); err != nil {
		r.Fatal(err)
	}
	return r.ask(http.MethodPost, path, w.FormDataContentType(), &body, status, says)
}

// ask gives the path of the page that it ends at.
func (r *reader) ask(method, path, kind string, body io.Reader, status int, says string) string {
	r.Helper()
	req, err := http.NewRequest(method, r.base+path, body)
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Origin", r.base)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	text, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != status || !strings.Contains(string(text), says) {
		r.Fatalf("%s ends at %s with %d, want %d and %q:\n%s", placeOf(req), placeOf(resp.Request), resp.StatusCode, status, says, shown(text))
	}
	return resp.Request.URL.Path
}

// shown is what can be read on a page.
func shown(page []byte) string {
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(page))
	if err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(doc.Find("main").Text()), " ")
}
