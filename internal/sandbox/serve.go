package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	apiPath     = "/api/"
	stsPath     = "/jwt"
	controlPath = "/_sandbox/"
)

// isAPI includes the API's own path without its slash.
func isAPI(path string) bool {
	return strings.HasPrefix(path, apiPath) || path == strings.TrimSuffix(apiPath, "/")
}

// A call is one request to the API with what is known about it.
type call struct {
	*Sandbox
	request *http.Request
	query   url.Values
	base    string // http://host/api/
	id      string // the identifier in the path
	caller  *caller
	now     time.Time
	raw     []byte // the body of a write
	odd     FaultKind
	form    string // of the answer
}

// An answer is what a call gives back. Status 0 is 200; body nil is empty.
type answer struct {
	status   int
	body     any
	location string
	form     string // "" is JSON
}

func found(body any) answer { return answer{body: body} }

// api answers everything below /api/, in Noa's order of checks.
func (s *Sandbox) api(w http.ResponseWriter, r *http.Request, odd FaultKind) {
	path := strings.TrimPrefix(r.URL.Path, apiPath)
	place, id, known := s.find(strings.TrimSuffix(path, ".json") + suffixSlash(path))
	if !known {
		s.unknownPath(w, r)
		return
	}
	c := &call{Sandbox: s, request: r, query: r.URL.Query(), base: s.base(r), id: id, now: s.now(), odd: odd}
	a, err := c.answer(place)
	s.write(w, r, place, a, err)
}

// suffixSlash makes bicycles.json the same as bicycles/.
func suffixSlash(path string) string {
	if strings.HasSuffix(path, ".json") {
		return "/"
	}
	return ""
}

// unknownPath sends on a path that lacks its slash; else it is an HTML page.
func (s *Sandbox) unknownPath(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path + "/"
	if _, _, known := s.find(strings.TrimPrefix(path, apiPath)); !known || !isAPI(path) {
		s.write(w, r, endpoint{}, answer{}, &problem{status: http.StatusNotFound})
		return
	}
	to := url.URL{Path: path, RawQuery: r.URL.RawQuery}
	s.setHeaders(w, endpoint{})
	w.Header().Set("Location", to.String())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusMovedPermanently)
}

// base is what links begin with.
func (s *Sandbox) base(r *http.Request) string {
	if s.settings().DocLinks {
		return docBase
	}
	return own(r) + apiPath
}

// docBase is what links begin with in the documentation.
const docBase = "https://api.noa.one/"

// own is the sandbox's own address.
func own(r *http.Request) string {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host
}

// answer makes the checks that come before the function of the row.
func (c *call) answer(e endpoint) (answer, error) {
	forms, err := c.forms(e)
	if err != nil {
		return answer{}, err
	}
	c.form, err = negotiate(strings.Join(c.request.Header.Values("Accept"), ","), forms...)
	if err != nil {
		return answer{}, err
	}
	if c.form == htmlType && c.reads() {
		return answer{form: htmlType}, nil
	}
	if err := c.readBody(); err != nil {
		return answer{}, err
	}
	unlock := c.lock()
	defer unlock()
	if c.caller, err = c.authenticate(c.request); err != nil {
		return answer{}, err
	}
	return c.authorized(e)
}

// lock keeps the whole call apart from writes.
func (c *call) lock() (unlock func()) {
	if c.reads() {
		c.mu.RLock()
		return c.mu.RUnlock
	}
	c.mu.Lock()
	return c.mu.Unlock
}

// reads says whether the method only reads.
func (c *call) reads() bool {
	switch c.request.Method {
	case get, http.MethodHead, options:
		return true
	}
	return false
}

// method is the one that the table knows: HEAD is a GET without its body.
func (c *call) method() string {
	if c.request.Method == http.MethodHead {
		return get
	}
	return c.request.Method
}

func (c *call) authorized(e endpoint) (answer, error) {
	row, listed := e.methods[c.method()]
	if c.caller == nil && !e.serves.anonymous(c.reads()) {
		return answer{}, notAuthenticated()
	}
	if err := c.checkFields(e); err != nil {
		return answer{}, err
	}
	switch {
	case c.method() == options:
		return c.metadata(e)
	case c.caller == nil && !listed:
		return answer{}, notFound(generalNotFound)
	case c.caller != nil && (!listed || row.scope != "" && !c.caller.may(row.scope)):
		return answer{}, denied()
	}
	if err := c.belowRate(); err != nil {
		return answer{}, err
	}
	if row.do == nil {
		return answer{}, notAllowed(c.request.Method)
	}
	return row.do(c)
}

// anonymous says whether callers without a token are among the audience.
func (a audience) anonymous(reading bool) bool { return a == everyone || a == public && reading }

// metadata answers OPTIONS, which any known scope opens.
func (c *call) metadata(e endpoint) (answer, error) {
	if c.caller != nil && !c.caller.mayAnything() && e.path != "" {
		return answer{}, denied()
	}
	return found(struct{}{}), nil
}

// write sends an answer or a problem with the headers that all have.
func (s *Sandbox) write(w http.ResponseWriter, r *http.Request, e endpoint, a answer, err error) {
	var p *problem
	if errors.As(err, &p) {
		a = answer{status: p.status, body: p.body}
		if p.retryAfter != "" {
			w.Header().Set("Retry-After", p.retryAfter)
		}
	}
	a.status = max(a.status, http.StatusOK)
	id := s.setHeaders(w, e)
	s.log().Debug("answered", "method", r.Method, "path", r.URL.Path, "status", a.status, "request", id)
	switch {
	case a.status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `JWT realm="api"`)
	case a.location != "":
		w.Header().Set("Location", a.location)
	}
	a.send(w, r)
}

func (s *Sandbox) setHeaders(w http.ResponseWriter, e endpoint) (id string) {
	id = randomUUID()
	h := w.Header()
	h.Set("X-Noa-RequestId", id)
	h.Set("Date", s.date())
	h.Set("X-Noa-Version", "1.0")
	h.Set("X-Noa-From", "sandbox")
	h.Set("Vary", "Accept, Authorization, Origin")
	if e.path != "" || e.methods != nil {
		h.Set("Allow", e.allow())
	}
	return id
}

// date is the sandbox's own clock, by which clients measure theirs.
func (s *Sandbox) date() string { return s.now().UTC().Format(http.TimeFormat) }

// send writes status and body. A GET that found something carries an ETag.
func (a answer) send(w http.ResponseWriter, r *http.Request) {
	if a.status == http.StatusNoContent {
		w.WriteHeader(a.status)
		return
	}
	body, kind := a.encode()
	w.Header().Set("Content-Type", kind)
	if a.status == http.StatusOK && (r.Method == get || r.Method == http.MethodHead) {
		tag := etag(body)
		w.Header().Set("ETag", tag)
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.Header().Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(body)
}

func (a answer) encode() (body []byte, kind string) {
	if a.form == csvType {
		return a.body.([]byte), "text/csv; charset=utf-8"
	}
	if a.form == htmlType || a.body == nil {
		text := http.StatusText(a.status)
		return []byte("<!doctype html><title>" + text + "</title><h1>" + text + "</h1>\n"), "text/html; charset=utf-8"
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(a.body); err != nil {
		panic(err) // our own types always encode
	}
	return out.Bytes(), jsonType
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

func matches(header, tag string) bool {
	for have := range strings.SplitSeq(header, ",") {
		have = strings.TrimPrefix(strings.TrimSpace(have), "W/")
		if have == tag || have == "*" {
			return true
		}
	}
	return false
}
