package handlers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"noadesk/internal/staff"
)

// assertions counts whose arrive at Noa.
type assertions struct {
	mu   sync.Mutex
	seen map[string]int
}

// assertions listens to what is handed in for tokens, and lets it pass.
func (f *front) assertions() *assertions {
	a := &assertions{seen: map[string]int{}}
	f.failsOn(func(r *http.Request) bool {
		if r.URL.Path == "/jwt" {
			a.note(f.t, r)
		}
		return false
	}, nil)
	return a
}

func (a *assertions) note(t testing.TB, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var sent struct{ Assertion string }
	if err == nil {
		err = json.Unmarshal(body, &sent)
	}
	var claims jwt.RegisteredClaims
	if err == nil {
		_, _, err = jwt.NewParser().ParseUnverified(sent.Assertion, &claims)
	}
	if err != nil {
		t.Errorf("what came for a token is no assertion: %T", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[claims.Issuer]++
}

// since are the client applications whose assertions came since the last time.
func (a *assertions) since() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	clients := slices.Sorted(maps.Keys(a.seen))
	clear(a.seen)
	return clients
}

// readers are people who read one page after the other until they are told to stop.
type readers struct {
	mu    sync.Mutex
	turn  *sync.Cond
	pages []int // of each
	bad   map[string]int
	over  bool
	gone  sync.WaitGroup
}

// reads lets so many people read.
func (h *house) reads(people int) *readers {
	r := &readers{pages: make([]int, people), bad: map[string]int{}}
	r.turn = sync.NewCond(&r.mu)
	for i := range people {
		b := h.signedIn(h.hire(fmt.Sprintf("reader-%d@example.org", i), staff.Viewer, ""))
		r.gone.Go(func() {
			for n := i; r.goesOn(); n++ {
				path := []string{"bicycles", "trips", "desk", "tickets", "organisation"}[n%5]
				r.read(i, path, b.get(h.path(path)))
			}
		})
	}
	h.t.Cleanup(r.stop)
	return r
}

func (r *readers) goesOn() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.over
}

func (r *readers) read(i int, path string, a *answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pages[i]++
	if a.StatusCode != http.StatusOK {
		r.bad[path+": "+a.headline()]++
	}
	r.turn.Broadcast()
}

// aWhile waits until everybody has read pages that were begun after the call.
func (r *readers) aWhile() {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := slices.Clone(r.pages)
	for i := range r.pages {
		for r.pages[i] < before[i]+2 { // the first may have been begun before
			r.turn.Wait()
		}
	}
}

func (r *readers) stop() {
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	r.gone.Wait()
}

// losesToken makes the active key buy a new token.
func (h *house) losesToken() {
	h.t.Helper()
	active, err := h.keys.Active(h.t.Context(), h.org.UUID)
	if err != nil {
		h.t.Error(err)
		return
	}
	h.api.Forget(credential(active))
}

func TestNoPageFailsWhileKeysAreReplaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	h.operator(b)
	b.post(h.path("keys/policy"), url.Values{"days": {"365"}, "hours": {"0"}}).is(http.StatusSeeOther)
	came := h.noa.assertions()
	reading := h.reads(8)
	step := func(address string, form url.Values) string {
		t.Helper()
		a := b.post(address, form).is(http.StatusSeeOther)
		reading.aWhile()
		h.losesToken() // so that the key that is active now has to sign, whatever tokens there were
		reading.aWhile()
		return a.Header.Get("Location")
	}
	within := func(want ...string) {
		t.Helper()
		if got := came.since(); !slices.Equal(got, want) {
			t.Errorf("assertions of %v came, want %v", got, want)
		}
	}

	first := h.path("keys/" + h.key.Fingerprint)
	second := step(h.path("keys"), url.Values{"client": {"noadesk-readonly"}, "key": {string(h.noa.pem("noadesk-readonly"))}})
	within("noadesk-practice")
	step(second+"/prove", nil)
	step(second+"/switch", nil)
	step(first+"/switch", nil) // back
	step(second+"/switch", nil)
	step(first+"/retire", nil)
	within("noadesk-practice", "noadesk-readonly")
	h.losesToken()
	reading.aWhile()
	third := step(h.path("keys/noa/rotate"), nil)
	client := strings.TrimPrefix(b.get(third).headline(), "Key of ")
	within("noadesk-readonly", client)
	step(second+"/retire", nil)

	reading.stop()
	if len(reading.bad) > 0 {
		t.Errorf("pages failed: %v", reading.bad)
	}
	t.Logf("pages read by each of them: %v", reading.pages)
}
