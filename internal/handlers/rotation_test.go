package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"noadesk/internal/keystore"
	"noadesk/internal/staff"
)

func TestActiveKeyIsReplacedInOneStep(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	b.get(h.path("bicycles")).is(http.StatusOK)
	b.post(h.path("keys/noa/rotate"), nil).framed().is(http.StatusUnprocessableEntity, "The sign-in at Noa is over.")
	h.operator(b)
	a := b.post(h.path("keys/noa/rotate"), nil)
	b.follow(a).framed().is(http.StatusOK, "The desk now signs as noadesk-practice-20", "Active", "support-ticket:write")
	b.get(h.path("keys/"+h.key.Fingerprint)).framed().is(http.StatusOK, "Fallback")
	b.get(h.path("bicycles")).framed().is(http.StatusOK)
	b.post(h.path("keys/"+h.key.Fingerprint+"/switch"), nil).is(http.StatusSeeOther)
	b.get(h.path("keys/"+h.key.Fingerprint)).framed().is(http.StatusOK, "Active")
}

func TestPagesGoOnWhileTheKeyIsReplaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, reader := h.as(staff.Admin), h.as(staff.Viewer)
	h.operator(b)
	failed := make(chan int)
	stop := make(chan struct{})
	go func() {
		bad := 0
		for {
			select {
			case <-stop:
				failed <- bad
				return
			default:
				if reader.get(h.path("bicycles")).StatusCode != http.StatusOK {
					bad++
				}
			}
		}
	}()
	b.post(h.path("keys/noa/rotate"), nil).is(http.StatusSeeOther)
	b.get(h.path("bicycles")).is(http.StatusOK)
	close(stop)
	if bad := <-failed; bad != 0 {
		t.Errorf("%d pages failed", bad)
	}
}

func TestSuccessorsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 22, 40, 5, 0, time.UTC)
	for name, want := range map[string]string{
		"desk":                        "desk-20261123-224005",
		"desk-20250101-000000":        "desk-20261123-224005",
		strings.Repeat("ä", 128):      strings.Repeat("ä", 112) + "-20261123-224005",
		"desk-2025-0101":              "desk-2025-0101-20261123-224005",
		"desk-20250101-000000-berlin": "desk-20250101-000000-berlin-20261123-224005",
	} {
		if got := successor(name, at); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestKeyIsDescribedAndDestroyed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	at := b.post(h.path("keys"), url.Values{"client": {"noadesk-readonly"}, "key": {string(h.noa.pem("noadesk-readonly"))}}).Header.Get("Location")
	b.follow(b.post(at+"/describe", url.Values{"label": {"Night shift"}, "purpose": {"Reports"}})).framed().is(http.StatusOK, "Reports")
	b.get(h.path("keys")).framed().is(http.StatusOK, "Night shift")
	b.post(at+"/describe", url.Values{"label": {""}}).framed().is(http.StatusConflict, "The label of the key is missing.")
	b.post(at+"/destroy", url.Values{"typed": {"noadesk-readonly"}}).framed().is(http.StatusConflict, "Only a retired key can be destroyed")
	b.post(at+"/retire", nil).is(http.StatusSeeOther)
	b.post(at+"/destroy", url.Values{"typed": {"noadesk"}}).framed().is(http.StatusUnprocessableEntity, "Nothing was changed.")
	b.follow(b.post(at+"/destroy", url.Values{"typed": {"noadesk-readonly"}})).framed().is(http.StatusOK, "The key is destroyed.")
	b.get(at).framed().is(http.StatusNotFound)
	b.get(h.path("audit?what=key.destroy")).is(http.StatusOK, "noadesk-readonly")
}

func TestOldKeyIsAnnounced(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	if page := b.get(h.path("desk")).is(http.StatusOK); strings.Contains(page.body, "to be replaced") {
		t.Error("a fresh key is announced")
	}
	b.post(h.path("keys/policy"), url.Values{"days": {"x"}, "hours": {"1"}}).framed().is(http.StatusUnprocessableEntity, "Give whole numbers")
	b.post(h.path("keys/policy"), url.Values{"days": {"0"}, "hours": {"1"}}).framed().is(http.StatusUnprocessableEntity, "between one day and ten years")
	b.follow(b.post(h.path("keys/policy"), url.Values{"days": {"90"}, "hours": {"2"}})).framed().is(http.StatusOK, "Saved.")
	policy, err := h.keys.Policy(t.Context(), h.org.UUID)
	if err != nil || policy != (keystore.Policy{MaxAge: 90 * 24 * time.Hour, Drain: 2 * time.Hour}) {
		t.Errorf("got %+v, %v", policy, err)
	}
}

func TestMatrixSaysWhichScopesAreUsed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	b.post(h.path("keys/"+h.key.Fingerprint+"/prove"), nil).is(http.StatusSeeOther)
	b.get(h.path("trips")).is(http.StatusOK)
	rows := b.get(h.path("keys")).framed().is(http.StatusOK).doc.Find("table").Last().Text()
	for _, want := range []string{"trip:read", "used", "not used yet"} {
		if !strings.Contains(rows, want) {
			t.Errorf("the matrix does not say %q: %s", want, rows)
		}
	}
}

func TestFallbackServesWhenNoaRefusesTheActiveKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	h.operator(b)
	b.post(h.path("keys/noa/rotate"), nil).is(http.StatusSeeOther)
	b.get(h.path("bicycles")).framed().is(http.StatusOK)
	active, err := h.keys.Active(t.Context(), h.org.UUID)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"uuid": {appOf(b.get(h.path("keys/noa")), active.Client)}, "name": {active.Client}, "typed": {active.Client}}
	b.post(h.path("keys/noa/delete"), form).is(http.StatusSeeOther)
	for _, path := range []string{"bicycles", "trips", "desk"} {
		b.get(h.path(path)).framed().is(http.StatusOK, "Noa refuses the organisation’s active key.")
	}
}

func TestWithoutAFallbackARefusedKeyIsAProblem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	h.operator(b)
	form := url.Values{"uuid": {appOf(b.get(h.path("keys/noa")), "noadesk-practice")}, "name": {"noadesk-practice"}, "typed": {"noadesk-practice"}}
	b.post(h.path("keys/noa/delete"), form).is(http.StatusSeeOther)
	b.get(h.path("bicycles")).framed().is(http.StatusBadGateway, "Noa refused the organisation’s key")
}
