package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"noadesk/internal/desk"
	"noadesk/internal/keystore"
	"noadesk/internal/noa"
	"noadesk/internal/staff"
	"noadesk/internal/views"
)

// A stated error is one of noa's kinds with what a test needs of it.
func stated(kind error, e noa.Error) error { return fmt.Errorf("noa: %w", errors.Join(kind, &e)) }

func tokenError(kind error, e noa.TokenError) error { return errors.Join(kind, &e) }

// An explanation is what becomes of an error.
type explanation struct {
	err      error
	status   int
	headline string
	advice   string
	again    bool
	retry    int // seconds, give or take one; 0 for no Retry-After
}

func explanations() []explanation {
	return []explanation{
		{lacksRight{staff.Keys}, 403, "Your role does not allow this", "the right to look after keys", false, 0},
		{lacksScope{noa.TripRead}, 403, "The organisation’s key lacks a scope", "no trip:read", false, 0},
		{badAddress{"A sentence."}, 400, "This address cannot be right", "A sentence.", false, 0},
		{staff.ErrWait{Until: time.Now().Add(90 * time.Second)}, 429, "Too many tries", "has to wait 9", true, 90},
		{staff.ErrWait{}, 429, "Too many tries", "has to wait", true, 0},
		{staff.ErrBusy, 429, "Too many people sign in at once", "in a few seconds", true, 3},
		{&http.MaxBytesError{Limit: 64 << 10}, 413, "That is too large", "64 KiB", false, 0},
		{errNotFound, 404, "There is no such page", "mistyped", false, 0},
		{desk.ErrNotFound, 404, "There is no such page", "mistyped", false, 0},
		{keystore.ErrNotFound, 404, "There is no such page", "mistyped", false, 0},
		{errMethod, 405, "This address does not take that", "own buttons", false, 0},
		{errOrigin, 403, "This did not come from the desk", "Nothing was done.", false, 0},
		{errHost, 421, "This desk has another address", "Use the address", false, 0},
		{errSetupOver, 404, "This set-up link is not valid", "works once", false, 0},
		{staff.ErrLastAdmin, 409, "The last administrator stays", "another administrator first", false, 0},
		{errNoKey, 409, "This organisation has no working key yet", "Manage, Keys", false, 0},
		{keystore.ErrRetired, 409, "This organisation has no working key yet", "Manage, Keys", false, 0},
		{tokenError(keystore.ErrDamaged, noa.TokenError{}), 409, "The record of this organisation’s key is damaged", "Manage, Keys", false, 0},
		{noa.ErrNotFound, 404, "Noa does not know this", "does not tell these apart", false, 0},
		{noa.ErrForbidden, 403, "Noa does not allow this to the organisation’s key", "Prove the key", false, 0},
		{noa.ErrRefused, 502, "Noa refused the organisation’s key", "another public key", true, 0},
		{tokenError(noa.ErrRefused, noa.TokenError{Skew: -3 * time.Minute}), 502, "Noa refused the organisation’s key", "3m0s apart", true, 0},
		{tokenError(noa.ErrRefused, noa.TokenError{Retry: time.Now().Add(30 * time.Second)}), 502, "Noa refused the organisation’s key", "another public key", true, 30},
		{noa.ErrUnknownOutcome, 502, "Not known whether Noa saved it", "Look whether it is there", false, 0},
		{noa.ErrBusy, 503, "Noa asks for patience", "too many calls", true, 0},
		{stated(noa.ErrBusy, noa.Error{RetryAfter: 7 * time.Second}), 503, "Noa asks for patience", "too many calls", true, 8},
		{noa.ErrUnreachable, 502, "Noa does not answer", "not this desk", true, 0},
		{tokenError(noa.ErrUnreachable, noa.TokenError{Retry: time.Now().Add(20 * time.Second)}), 502, "Noa’s token service does not answer", "It tries again in ", true, 20},
		{tokenError(noa.ErrUnreachable, noa.TokenError{}), 502, "Noa’s token service does not answer", "not this desk.", true, 0},
		{noa.ErrAnswer, 502, "Noa answered something unexpected", "nothing rather than half", true, 0},
		{noa.ErrInvalid, 400, "Noa does not take this", "not what Noa expects", false, 0},
		{noa.ErrConflict, 409, "It was changed in the meantime", "Open it again", false, 0},
		{errPanic, 500, "Something went wrong here", "in the log", false, 0},
		{errors.New("anything else"), 500, "Something went wrong here", "in the log", false, 0},
		{context.DeadlineExceeded, 500, "Something went wrong here", "in the log", false, 0},
	}
}

func TestErrorsBecomePages(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	for _, c := range explanations() {
		for _, err := range []error{c.err, fmt.Errorf("wrapped secret-of-the-error: %w", c.err)} {
			b := &browser{t: t, to: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.failAlone(w, r, err) })}
			a := b.get("/o/kulan/bicycles?page=3").framed().is(c.status, c.headline, c.advice)
			if strings.Contains(a.body, "secret-of-the-error") || strings.Contains(a.body, "noa:") {
				t.Errorf("%v is shown", err)
			}
			again := a.hrefs("main a.button.main")
			if c.again != (len(again) == 1 && again[0] == "/o/kulan/bicycles?page=3") {
				t.Errorf("%v: try again at %v", err, again)
			}
			wait, _ := strconv.Atoi(a.Header.Get("Retry-After"))
			if wait < c.retry-1 || wait > c.retry+1 || c.retry == 0 && a.Header.Get("Retry-After") != "" {
				t.Errorf("%v: Retry-After %q, want %d", err, a.Header.Get("Retry-After"), c.retry)
			}
			if post := b.post("/o/kulan/tickets", nil); len(post.hrefs("main a.button.main")) != 0 {
				t.Errorf("%v: a form is offered to be sent again", err)
			}
		}
	}
}

func TestErrorsInPanelsAreWholeSentences(t *testing.T) {
	t.Parallel()
	for _, c := range explanations() {
		p := explain(c.err)
		if !strings.HasSuffix(p.Advice, ".") || strings.HasSuffix(p.Headline, ".") || p.Status < 400 {
			t.Errorf("%v: %q, %q", c.err, p.Headline, p.Advice)
		}
	}
}

func TestErrorsWithoutAPage(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	v := h.unknown(httptest.NewRequest(http.MethodGet, "/o/kulan/bicycles?page=2", nil))
	for _, c := range []struct {
		err    error
		status int
		to     string
	}{
		{errSignedOut, http.StatusSeeOther, "/login?next=%2Fo%2Fkulan%2Fbicycles%3Fpage%3D2"},
		{elsewhere{"/o/kulan/desk"}, http.StatusFound, "/o/kulan/desk"},
		{invalid{Page: views.Login{}}, http.StatusUnprocessableEntity, ""},
		{invalid{Page: views.Login{}, status: http.StatusConflict}, http.StatusConflict, ""},
	} {
		w := httptest.NewRecorder()
		h.fail(w, v, c.err)
		if w.Code != c.status || w.Header().Get("Location") != c.to {
			t.Errorf("%v: %d to %q", c.err, w.Code, w.Header().Get("Location"))
		}
	}
}
