package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"noadesk/internal/sandbox"
	"noadesk/internal/staff"
)

var simple = url.Values{"message": {"Bell is missing, says the caller"}}

func TestFormSentTwiceFilesOneTicket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Agent)
	for range 20 {
		form := url.Values{"message": simple["message"], "once": {b.get(h.path("tickets/new")).value("once")}}
		h.noa.asked()
		var pair sync.WaitGroup
		led := make([]string, 2)
		for i := range led {
			twin := &browser{t: t, to: h, jar: b.jar}
			pair.Go(func() { led[i] = twin.post(h.path("tickets"), form).Header.Get("Location") })
		}
		pair.Wait()
		if led[0] == "" || led[0] != led[1] {
			t.Errorf("the two led to %v", led)
		}
		b.post(h.path("tickets"), form).to(http.StatusSeeOther, led[0])
		if n := of(h.noa.asked(), http.MethodPost, "/api/support_tickets/"); n != 1 {
			t.Errorf("%d filed", n)
		}
	}
}

func TestTwoFormsFileTwoTickets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, other := h.as(staff.Agent), h.as(staff.Manager)
	seal := b.get(h.path("tickets/new")).value("once")
	for _, c := range []struct {
		by   *browser
		seal string
	}{{b, seal}, {b, b.get(h.path("tickets/new")).value("once")}, {other, seal}, {b, ""}, {b, ""}, {b, strings.Repeat("x", 65)}, {b, strings.Repeat("x", 65)}} {
		h.noa.asked()
		c.by.post(h.path("tickets"), url.Values{"message": simple["message"], "once": {c.seal}}).is(http.StatusSeeOther)
		if n := of(h.noa.asked(), http.MethodPost, "/api/support_tickets/"); n != 1 {
			t.Errorf("%d filed", n)
		}
	}
}

// refusedKey heads the page of a 401 that a new token does not heal. It means that nothing was done, so that the post
// was repeated, and Noa is left alone for a while after it.
const refusedKey = "Noa refused the organisation’s key"

func TestUnknownOutcomeIsSaidAndNotRepeated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault func(*front) http.HandlerFunc
		says  string
	}{
		"hang-up before": {func(*front) http.HandlerFunc { return hangsUp }, "Not known whether Noa saved it"},
		"hang-up after":  {func(f *front) http.HandlerFunc { return f.doesAndHangsUp }, "Not known whether Noa saved it"},
		"502":            {func(*front) http.HandlerFunc { return badGateway }, "Not known whether Noa saved it"},
		"500": {func(*front) http.HandlerFunc {
			return answers(http.StatusInternalServerError, "application/json", "{}")
		}, "Not known whether Noa saved it"},
		"HTML with 200":         {func(*front) http.HandlerFunc { return html200 }, "Not known whether Noa saved it"},
		"created, not readable": {func(*front) http.HandlerFunc { return answers(http.StatusCreated, "application/json", "{") }, "Not known whether Noa saved it"},
		"403":                   {func(*front) http.HandlerFunc { return notAllowed }, "Noa does not allow this"},
		"429":                   {func(*front) http.HandlerFunc { return answers(http.StatusTooManyRequests, "application/json", "{}") }, "Noa asks for patience"},
		"redirect to elsewhere": {func(*front) http.HandlerFunc {
			return http.RedirectHandler("/", http.StatusTemporaryRedirect).ServeHTTP
		}, "Noa answered something unexpected"},
		"401 that does not heal": {func(*front) http.HandlerFunc { return answers(http.StatusUnauthorized, "application/json", "{}") }, refusedKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			b := h.as(staff.Agent)
			form := url.Values{"message": simple["message"], "category": {"bicycle_damaged"}, "bicycle": {"4711"}, "once": {b.get(h.path("tickets/new")).value("once")}}
			h.noa.asked()
			h.noa.fails("/api/support_tickets/", c.fault(h.noa))
			a := b.post(h.path("tickets"), form).framed()
			if a.StatusCode < 400 || !strings.Contains(a.text("#problems"), c.says) || !strings.Contains(a.text("#problems"), "Your text is kept here") {
				t.Errorf("%d %q", a.StatusCode, a.text("#problems"))
			}
			if n := of(h.noa.asked(), http.MethodPost, "/api/support_tickets/"); n != 1 && c.says != refusedKey {
				t.Errorf("%d posts", n)
			}
			kept(a, name, form)
			if a.value("once") == form.Get("once") || strings.Contains(a.body, htmlMarker) || !strings.Contains(h.log.String(), `"msg":"failed"`) {
				t.Error("the seal is the old one, Noa's HTML is shown, or the log says nothing")
			}
			h.noa.heals()
			h.forgets()
			form.Set("once", a.value("once"))
			if again := b.post(h.path("tickets"), form); again.StatusCode != http.StatusSeeOther && c.says != refusedKey {
				t.Errorf("again: %d %s", again.StatusCode, again.text("main"))
			}
		})
	}
}

func TestATicketWhoseAnswerWasLostIsLookedFor(t *testing.T) {
	t.Parallel()
	posts := func(r *http.Request) bool {
		return r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/api/")
	}
	h := newHouse(t)
	b := h.as(staff.Agent)
	form := func(text string) url.Values {
		return url.Values{"message": {text}, "category": {"bicycle_damaged"}, "bicycle": {"4711"}, "once": {b.get(h.path("tickets/new")).value("once")}}
	}
	h.noa.failsOn(posts, h.noa.doesAndHangsUp)
	a := b.post(h.path("tickets"), form("the bell is gone ")).is(http.StatusSeeOther)
	b.get(a.Header.Get("Location")).framed().is(http.StatusOK, "the ticket is there", "the bell is gone")
	h.noa.heals()
	h.noa.failsOn(posts, hangsUp)
	a = b.post(h.path("tickets"), form("the seat is wet")).framed().is(http.StatusBadGateway)
	if said := a.text("#problems"); !strings.Contains(said, "Not known whether Noa saved it") || !strings.Contains(said, "Noa has no such ticket yet") {
		t.Errorf("%q", said)
	}
}

func TestALostTicketIsFoundWhereNoasClockIsBehind(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if err := h.noa.sandbox.Switch(func(o *sandbox.Options) { o.Skew = -10 * time.Minute }); err != nil {
		t.Fatal(err)
	}
	h.forgets()
	b := h.as(staff.Agent)
	form := url.Values{"message": {"the bell is gone"}, "category": {"bicycle_damaged"}, "bicycle": {"4711"}, "once": {b.get(h.path("tickets/new")).value("once")}}
	h.noa.failsOn(func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Path != "/jwt" }, h.noa.doesAndHangsUp)
	a := b.post(h.path("tickets"), form).is(http.StatusSeeOther)
	b.get(a.Header.Get("Location")).framed().is(http.StatusOK, "the ticket is there")
}

func TestRefusalsOfNoaAreTiedToTheirFields(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Agent)
	form := url.Values{"message": {"A text"}, "category": {"bicycle_missing"}, "bicycle": {"4711"}, "latitude": {"51"}, "longitude": {"71"}}
	for body, fields := range map[string][]string{
		`{"detail":{"bicycle":[{"message":"m","code":"does_not_exist"}]}}`:                                                     {"bicycle"},
		`{"detail":{"category":[{"message":"m","code":"invalid_choice"}],"location":[{"message":"m","code":"invalid"}]}}`:      {"category", "latitude"},
		`{"detail":{"non_field_errors":[{"message":[{"message":"m","code":"null"}],"bicycle":[{"message":"m","code":"x"}]}]}}`: {"message", "bicycle"},
		`{"detail":{"__all__":[{"message":"m","code":"invalid"}]}}`:                                                            nil,
		`{"detail":{"message":[{"message":"m","code":null}]}}`:                                                                 {"message"},
	} {
		h.noa.heals()
		h.noa.fails("/api/support_tickets/", answers(http.StatusBadRequest, "application/json", body))
		a := b.post(h.path("tickets"), form).framed().is(http.StatusBadRequest, "Noa does not take this")
		kept(a, body, form)
		for _, f := range fields {
			refused(a, body, f, "Noa does not take this")
		}
		if n := a.doc.Find("form[data-ticket] p.error").Length(); n != len(fields) {
			t.Errorf("%s marks %d fields", body, n)
		}
	}
}

func TestWaitingFormGetsWhatTheFirstLedTo(t *testing.T) {
	t.Parallel()
	f := newFilings()
	lost := errors.New("lost")
	for _, c := range []struct {
		next string
		err  error
	}{{"/there", nil}, {"", lost}} {
		begun, finish := make(chan struct{}), make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			_, _ = f.once("key", true, func() (string, error) {
				close(begun)
				<-finish
				return c.next, c.err
			})
		})
		<-begun
		all.Go(func() {
			next, err := f.once("key", true, func() (string, error) { return c.next, c.err })
			if next != c.next || !errors.Is(err, c.err) {
				t.Errorf("%q, %v", next, err)
			}
		})
		close(finish)
		all.Wait()
		f = newFilings()
	}
}

func TestFilingThatPanicsIsNoSuccess(t *testing.T) {
	t.Parallel()
	f := newFilings()
	begun, finish := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		defer func() { _ = recover() }()
		_, _ = f.once("key", true, func() (string, error) {
			close(begun)
			<-finish
			panic("a fault of ours")
		})
	})
	<-begun
	f.mu.Lock()
	before := f.done["key"]
	f.mu.Unlock()
	close(finish)
	all.Wait()
	<-before.ended
	if before.next != "" || !errors.Is(before.err, errPanic) || len(f.done) != 0 {
		t.Errorf("%q, %v, %d kept", before.next, before.err, len(f.done))
	}
}
