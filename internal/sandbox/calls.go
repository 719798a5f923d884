package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
)

// A tally counts calls by method, path and status. Its zero value is ready.
type tally struct {
	mu    sync.Mutex
	count map[string]int
}

func (t *tally) add(call string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count == nil {
		t.count = map[string]int{}
	}
	t.count[call]++
}

func (t *tally) counted() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.count)
}

func (t *tally) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count = nil
}

// counted counts a call where it ends, also one that a fault cut short,
// whose status is 0. Identifiers count as one, unknown paths too.
func (s *Sandbox) counted(w http.ResponseWriter, r *http.Request, do func(http.ResponseWriter)) {
	seen := &watched{ResponseWriter: w}
	defer func() { s.calls.add(fmt.Sprintf("%s %s %d", r.Method, s.template(r.URL.Path), seen.status)) }()
	do(seen)
}

// template is the path with {uuid} in it.
func (s *Sandbox) template(path string) string {
	if path == stsPath {
		return path
	}
	below, inAPI := strings.CutPrefix(path, apiPath)
	if place, _, known := s.find(below); inAPI && known {
		return apiPath + place.path
	}
	return "elsewhere"
}

// A watched writer remembers the status.
type watched struct {
	http.ResponseWriter
	status int
}

// WriteHeader belongs to [http.ResponseWriter].
func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write belongs to [http.ResponseWriter].
func (w *watched) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets the connection be flushed.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Calls are how many calls came since the start or the last reset, whose
// method, path and status begin so: "POST /jwt", "GET /api/trips/{uuid}/ 200".
// Status 0 is a call that was cut short.
func (s *Sandbox) Calls(begin string) (count int) {
	for call, n := range s.calls.counted() {
		if strings.HasPrefix(call, begin) {
			count += n
		}
	}
	return count
}
