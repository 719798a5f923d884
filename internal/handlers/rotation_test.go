package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"noadesk/internal/keystore"
	"noadesk/internal/staff"
	"noadesk/internal/store"
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

func TestSuccessorsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 22, 40, 5, 0, time.UTC)
	for name, want := range map[string]string{
		"desk":                        "desk-20261123-224005",
		"desk-20250101-000000":        "desk-20261123-224005",
		strings.Repeat("ä", 128):      strings.Repeat("ä", 112) + "-20261123-224005",
		"desk-20261123-224005":        "desk-20261123-224006",
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
	for _, want := range []string{"trip:read", "used", "granted, not used yet"} {
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

func TestRotationGoesStepByStep(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	old, rotation := h.path("keys/"+h.key.Fingerprint), h.path("keys/rotate")
	b.post(old+"/prove", nil).is(http.StatusSeeOther)
	step := func(a *answer, want string, words ...string) *answer {
		t.Helper()
		a.framed().is(http.StatusOK, words...)
		if got := a.text(".steps [aria-current=step]"); got != want {
			t.Errorf("the step is %q, want %q", got, want)
		}
		return a
	}
	step(b.get(rotation), "Add", "1 · Add the new key", "Sign in at Noa")
	b.get(h.path("keys/new?rotation=1")).framed().is(http.StatusOK)
	form := url.Values{"client": {"noadesk-readonly"}, "key": {string(h.noa.pem("noadesk-readonly"))}, "rotation": {"1"}}
	a := b.post(h.path("keys"), form)
	next := strings.TrimPrefix(a.Header.Get("Location"), rotation+"?key=")
	from := url.Values{"rotation": {next}}
	step(b.follow(a), "Prove", "noadesk-readonly")
	b.post(h.path("keys/"+next+"/switch"), from).framed().is(http.StatusConflict, "not proved yet", "2 · Prove the new key")
	step(b.follow(b.post(h.path("keys/"+next+"/prove"), from)), "Switch", "Missing: bicycle:write, support-ticket:write.", "A fleet operator, supervisor or admin can add it in Noa’s FMS", "here, with their account at Noa")
	step(b.follow(b.post(h.path("keys/"+next+"/switch"), from)), "Retire", "It can be retired in 23 h 59 min", "The old client application is still registered at Noa", "live until they end")
	b.post(old+"/retire", from).framed().is(http.StatusConflict, "This key was still used at", "4 · Retire the old key")
	step(b.follow(b.post(old+"/switch", from)), "Switch", "You went back")
	step(b.follow(b.post(h.path("keys/"+next+"/switch"), from)), "Retire")
	b.post(h.path("keys/policy"), url.Values{"days": {"365"}, "hours": {"0"}}).is(http.StatusSeeOther)
	step(b.get(rotation), "Retire", "has rested long enough")
	b.follow(b.post(old+"/retire", nil)).framed().is(http.StatusOK, "The key is retired.", "tokens that it bought live until they end")
	step(b.get(rotation), "Add")
}

func TestOneClickLeadsToTheLastStep(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	h.operator(b)
	b.get(h.path("keys/noa")).framed().is(http.StatusOK, "Replace the active key")
	b.get(h.path("keys/rotate")).framed().is(http.StatusOK, "Add, prove and switch now")
	a := b.follow(b.post(h.path("keys/noa/rotate"), url.Values{"rotation": {"1"}})).framed().is(http.StatusOK, "4 · Retire the old key")
	if got := a.text(".steps [aria-current=step]"); got != "Retire" {
		t.Errorf("the step is %q", got)
	}
}

func TestEveryStepOfARotationIsOnRecordWithBothFingerprints(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	at := b.post(h.path("keys"), url.Values{"client": {"noadesk-readonly"}, "key": {string(h.noa.pem("noadesk-readonly"))}}).Header.Get("Location")
	next := at[strings.LastIndex(at, "/")+1:]
	b.post(at+"/prove", nil).is(http.StatusSeeOther)
	b.post(at+"/switch", nil).is(http.StatusSeeOther)
	b.post(h.path("keys/"+h.key.Fingerprint+"/retire"), url.Values{"force": {"yes"}}).is(http.StatusSeeOther)
	for action, want := range map[string][3]string{
		"key.prove":  {next, "active", h.key.Fingerprint},
		"key.switch": {next, "replaces", h.key.Fingerprint},
		"key.retire": {h.key.Fingerprint, "active", next},
	} {
		records, err := h.db.Records(t.Context(), store.RecordQuery{Action: action})
		if err != nil || len(records) != 1 {
			t.Fatalf("%s: %d records, %v", action, len(records), err)
		}
		if r := records[0]; r.Object != want[0] || r.Detail[want[1]] != want[2] || r.Actor != "security@example.org" {
			t.Errorf("%s: %+v", action, r)
		}
	}
}

func TestAThirdKeyWaitsUntilTheFallbackIsRetired(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	h.operator(b)
	b.get(h.path("bicycles")).is(http.StatusOK) // so that the first key was used
	b.post(h.path("keys/noa/rotate"), nil).is(http.StatusSeeOther)
	before := len(b.get(h.path("keys/noa")).texts("details summary strong"))
	b.post(h.path("keys/noa/rotate"), nil).framed().is(http.StatusUnprocessableEntity, "Two keys are in use already", "Nothing was changed.", "4 · Retire the old key")
	if after := len(b.get(h.path("keys/noa")).texts("details summary strong")); after != before {
		t.Errorf("%d client applications, %d before", after, before)
	}
	third := b.post(h.path("keys"), url.Values{"client": {"noadesk-readonly"}, "key": {string(h.noa.pem("noadesk-readonly"))}}).Header.Get("Location")
	b.post(third+"/prove", nil).is(http.StatusSeeOther)
	b.post(third+"/switch", nil).framed().is(http.StatusConflict, "Two keys are in use already: the key of noadesk-practice is still the fallback.")
	b.get(h.path("keys/"+h.key.Fingerprint)).framed().is(http.StatusOK, "Fallback")

	b.post(h.path("keys/policy"), url.Values{"days": {"365"}, "hours": {"0"}}).is(http.StatusSeeOther)
	b.follow(b.post(h.path("keys/noa/rotate"), nil)).framed().is(http.StatusOK, "Active")
	b.get(h.path("keys/"+h.key.Fingerprint)).framed().is(http.StatusOK, "Retired")
}

func TestADamagedFallbackCanBeRetired(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	at := h.path("keys/" + h.key.Fingerprint)
	h.switchTo("noadesk-readonly")
	h.exec(`UPDATE signing_keys SET sealed = zeroblob(length(sealed)) WHERE client = 'noadesk-practice'`)
	if _, err := h.keys.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.get(at).framed().is(http.StatusOK, "Damaged", "Retire this key")
	b.follow(b.post(at+"/retire", nil)).framed().is(http.StatusOK, "The key is retired.")
}

func TestUsesAreShownHourByHour(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	b.get(h.path("bicycles")).is(http.StatusOK)
	h.exec(`INSERT INTO key_uses (fingerprint, hour, uses) VALUES ($1, $2, 41)`, h.key.Fingerprint, time.Now().Truncate(time.Hour).Add(-5*time.Hour).UnixMilli())
	for _, path := range []string{"keys/" + h.key.Fingerprint, "keys/rotate"} {
		a := b.get(h.path(path)).framed().is(http.StatusOK, "42 signatures within the last day", ": 41.")
		if bars, rows := a.doc.Find(".uses rect").Length(), a.texts(".hours tbody tr"); bars != 24 || len(rows) != 24 || !strings.HasSuffix(rows[5], "41") {
			t.Errorf("%s: %d bars, rows %q", path, bars, rows)
		}
	}
}
