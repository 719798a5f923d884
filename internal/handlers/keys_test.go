package handlers

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"noadesk/internal/staff"
)

// sealedPEM is a key on P-256 that openssl encrypted; nobody uses it.
const sealedPEM = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgFWo7yk5JeygICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEBIcuFUAL1hL2Ft4/JFZnycEgZBx
Zht/qRcKCn8rzO2gADJABSHY7aoXYj/CszWsbw2wiu529w2AJgkHkl9LhaDp3Hw8
j5LLDpjDrf/jLwJX1b6SIHwOomKSMioaz2YdWdwR7Utr5nHrN1xicit3Fd14DbKu
MugV0hmVy9J7EMqwTe7ZaN7HR5GU/wzw0DH4Wvc3ZFVQqcyX6dLA9jG9Q8jTmug=
-----END ENCRYPTED PRIVATE KEY-----
`

const sealedPassphrase = "correct horse battery"

// newPEM is a fresh key of some kind, in PKCS #8.
func newPEM(t *testing.T, key any, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func onCurve(t *testing.T, c elliptic.Curve) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(c, rand.Reader)
	return newPEM(t, key, err)
}

// upload is a form with a file, as a browser sends it.
func upload(t testing.TB, fields map[string]string, file string) (body *bytes.Buffer, kind string) {
	t.Helper()
	body = &bytes.Buffer{}
	form := multipart.NewWriter(body)
	for name, value := range fields {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("file", "../../private.pem")
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return body, form.FormDataContentType()
}

func (b *browser) upload(address string, fields map[string]string, file string) *answer {
	b.t.Helper()
	body, kind := upload(b.t, fields, file)
	return b.ask(http.MethodPost, address, body, "Content-Type", kind, "Origin", "http://"+host)
}

// secrets checks that nothing of a key that was sent is in an answer, in the log or in the record.
func (h *house) secrets(a *answer, sent ...string) {
	h.t.Helper()
	for _, s := range sent {
		for line := range strings.Lines(s) {
			line = strings.TrimSpace(line)
			if len(line) < 16 || strings.HasPrefix(line, "-----") {
				continue
			}
			if strings.Contains(a.body, line) || strings.Contains(h.log.String(), line) {
				h.t.Error("a line of what was sent came back or was logged")
			}
		}
	}
}

func TestKeyIsStoredProvedAndUsed(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	h.org = h.takeIn(h.noa.sandbox.Organization().UUID, "Kulan Velo", "kulan")
	b := h.as(staff.Security)
	b.get(h.path("keys")).framed().is(http.StatusOK, "No key yet.")
	b.get(h.path("keys/new")).framed().is(http.StatusOK, "Add a key to Kulan Velo")
	text := string(h.noa.pem("noadesk-practice"))
	a := b.upload(h.path("keys"), map[string]string{"client": "noadesk-practice", "key": " \n"}, text)
	page := b.follow(a).framed().is(http.StatusOK, "The key is stored. Prove it now.", "Active", "Not proved yet", "imported")
	h.secrets(page, text)
	if calls := h.noa.asked(); len(calls) != 0 {
		t.Errorf("Noa was asked: %v", calls)
	}
	proved := b.post(a.Header.Get("Location")+"/prove", nil)
	proved.to(http.StatusSeeOther, a.Header.Get("Location"))
	page = b.follow(proved).framed().is(http.StatusOK, "Proved: Noa gave a token for the key, and it reads Kulan Velo Astana.", "bicycle:read", "support-ticket:write", "less than a second", "To the bicycles")
	h.secrets(page, text)
	b.get(h.path("bicycles")).framed().is(http.StatusOK)
	if n := of(h.noa.asked(), http.MethodPost, "/jwt"); n != 1 {
		t.Errorf("%d exchanges", n)
	}
	if o, err := h.rows.Organisation(t.Context(), "kulan"); err != nil || o.Zone == "" {
		t.Errorf("the zone is %q, %v", o.Zone, err)
	}
	b.get(h.path("keys")).framed().is(http.StatusOK, "noadesk-practice", "P-384")
	b.get(h.path("audit")).framed().is(http.StatusOK, "key.import", "key.prove", "security@example.org")
}

func TestSameKeyAgainSaysSo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	text := string(h.noa.pem("noadesk-practice"))
	for _, send := range []func() *answer{
		func() *answer { return b.post(h.path("keys"), url.Values{"client": {"another name"}, "key": {text}}) },
		func() *answer {
			return b.upload(h.path("keys"), map[string]string{"client": "another name", "key": text}, text)
		},
	} {
		a := send().to(http.StatusSeeOther, h.path("keys/"+h.key.Fingerprint))
		b.follow(a).is(http.StatusOK, "The keystore has this key already, for the client application noadesk-practice.")
	}
	if list, err := h.keys.ListAll(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%d keys, %v", len(list), err)
	}
}

func TestEncryptedKeyNeedsItsPassphrase(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	form := url.Values{"client": {"sealed"}, "key": {sealedPEM}}
	h.secrets(b.post(h.path("keys"), form).framed().is(http.StatusUnprocessableEntity, "The key is encrypted and needs its passphrase", "openssl pkey"), sealedPEM)
	form.Set("passphrase", "a wrong passphrase")
	h.secrets(b.post(h.path("keys"), form).framed().is(http.StatusUnprocessableEntity, "The passphrase does not open this key"), sealedPEM, "a wrong passphrase")
	form.Set("passphrase", sealedPassphrase)
	page := b.follow(b.post(h.path("keys"), form)).framed().is(http.StatusOK, "Key of sealed", "Ready", "P-256, signs with ES256")
	h.secrets(page, sealedPEM, sealedPassphrase)
}

func TestPairIsMadeAndProvedOnceNoaKnowsIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	for curve, algorithm := range map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "": "ES384"} {
		client := "made here (" + curve + ")"
		a := b.post(h.path("keys/generate"), url.Values{"client": {client}, "curve": {curve}})
		at := a.Header.Get("Location")
		page := b.follow(a).framed().is(http.StatusOK, "The pair is made.", "Unproved", algorithm, "generated")
		public := page.doc.Find("#public").Text()
		if strings.Contains(page.body, "PRIVATE KEY-----") || !strings.HasPrefix(public, "-----BEGIN PUBLIC KEY-----") {
			t.Fatalf("public half: %.60q", public)
		}
		b.post(at+"/prove", nil).framed().is(http.StatusUnprocessableEntity, "Noa refused the organisation’s key", "Noa may know another public key")
		b.post(at+"/switch", nil).framed().is(http.StatusConflict, "This key is not proved yet")
		if err := h.noa.sandbox.Register(client, []string{"bicycle:read"}, []byte(public)); err != nil {
			t.Fatal(err)
		}
		b.follow(b.post(at+"/prove", nil)).framed().is(http.StatusOK, "Proved: Noa gave a token for the key.", "Ready", "Not granted", "trip:read")
	}
	a := b.post(h.path("keys/generate"), url.Values{"client": {"x"}, "curve": {"P-224"}}).framed().is(http.StatusUnprocessableEntity)
	if a.text("#new-client-error") == "" || a.text("#client-error") != "" {
		t.Error("the problem stands at the wrong form")
	}
	b.post(h.path("keys/generate"), nil).framed().is(http.StatusUnprocessableEntity, "name of the client application at Noa is missing")
}

func TestFirstPairBecomesActiveByItsProof(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	h.org = h.takeIn(h.noa.sandbox.Organization().UUID, "Kulan Velo", "kulan")
	b := h.as(staff.Admin)
	a := b.post(h.path("keys/generate"), url.Values{"client": {"first"}})
	page := b.follow(a)
	b.get(h.path("bicycles")).framed().is(http.StatusConflict, "no working key yet")
	if err := h.noa.sandbox.Register("first", []string{"bicycle:read"}, []byte(page.doc.Find("#public").Text())); err != nil {
		t.Fatal(err)
	}
	b.follow(b.post(a.Header.Get("Location")+"/prove", nil)).framed().is(http.StatusOK, "Active")
	b.get(h.path("bicycles")).framed().is(http.StatusOK)
}

func TestKeysAreSwitchedAndRetired(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	first := h.path("keys/" + h.key.Fingerprint)
	b.get(h.path("bicycles")).is(http.StatusOK) // so that there is a token of the first key
	second := b.post(h.path("keys"), url.Values{"client": {"noadesk-readonly"}, "key": {string(h.noa.pem("noadesk-readonly"))}}).Header.Get("Location")
	b.get(second).framed().is(http.StatusOK, "Ready")
	b.post(first+"/retire", nil).framed().is(http.StatusConflict, "active key; switch to another one", "Nothing was changed.")
	b.post(second+"/switch", nil).framed().is(http.StatusConflict, "not proved yet")
	b.follow(b.post(second+"/prove", nil)).framed().is(http.StatusOK, "Switch to this key")
	b.follow(b.post(second+"/switch", nil)).framed().is(http.StatusOK, "The desk now signs as noadesk-readonly.", "Active")
	b.get(first).framed().is(http.StatusOK, "Fallback")
	h.as(staff.Agent).get(h.path("tickets/new")).framed().is(http.StatusForbidden, "support-ticket:write")
	b.post(first+"/retire", nil).framed().is(http.StatusConflict, "This key was still used at", "Although it was used a short while ago")
	b.follow(b.post(first+"/retire", url.Values{"force": {"yes"}})).framed().is(http.StatusOK, "The key is retired.", "Retired")
	h.noa.asked()
	for _, step := range []string{"prove", "switch"} {
		b.post(first+"/"+step, nil).framed().is(http.StatusConflict, "This key is retired")
	}
	b.post(first+"/retire", nil).is(http.StatusSeeOther)
	if n := len(h.noa.asked()); n != 0 {
		t.Errorf("Noa was asked %d times for a retired key", n)
	}
}

func TestDamagedKeySaysSo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`UPDATE signing_keys SET sealed = zeroblob(length(sealed)) WHERE fingerprint = $1`, h.key.Fingerprint)
	b := h.as(staff.Admin)
	b.get(h.path("bicycles")).framed().is(http.StatusConflict, "is damaged")
	b.get(h.path("desk")).framed().is(http.StatusOK, "is damaged")
	at := h.path("keys/" + h.key.Fingerprint)
	b.get(at).framed().is(http.StatusOK, "Damaged")
	b.post(at+"/prove", nil).framed().is(http.StatusConflict, "does not open")
	b.post(at+"/switch", nil).framed().is(http.StatusConflict, "does not open")
}

func TestMistypedNameIsCorrectedUntilTheFirstProof(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	at := b.post(h.path("keys"), url.Values{"client": {"noadesk-readnoly"}, "key": {string(h.noa.pem("noadesk-readonly"))}}).Header.Get("Location")
	b.post(at+"/prove", nil).framed().is(http.StatusUnprocessableEntity, "Noa refused the organisation’s key")
	for _, name := range []string{"", strings.Repeat("ä", 129), "a\x00", "\u202ea"} {
		a := b.post(at+"/rename", url.Values{"client": {name}}).framed().is(http.StatusUnprocessableEntity)
		if a.text("#client-error") == "" {
			t.Errorf("%q: %q", name, a.text("main"))
		}
	}
	b.follow(b.post(at+"/rename", url.Values{"client": {" noadesk-readonly "}})).framed().is(http.StatusOK, "now signs for the client application noadesk-readonly.", "Key of noadesk-readonly")
	b.follow(b.post(at+"/prove", nil)).framed().is(http.StatusOK, "Proved")
	b.post(at+"/rename", url.Values{"client": {"another"}}).framed().is(http.StatusConflict, "only a key that was never proved can be renamed", "Key of noadesk-readonly")
}

func TestKeysOfOthersAreNotThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.takeIn("0f0f0f0f-0000-4000-8000-000000000001", "Other", "other")
	b := h.as(staff.Security)
	before := h.rowCounts()
	b.get("/o/other/keys/" + h.key.Fingerprint).framed().is(http.StatusNotFound)
	for _, step := range []string{"rename", "prove", "switch", "retire"} {
		b.post("/o/other/keys/"+h.key.Fingerprint+"/"+step, nil).framed().is(http.StatusNotFound)
	}
	b.post("/o/other/keys", url.Values{"client": {"c"}, "key": {string(h.noa.pem("noadesk-practice"))}}).framed().is(http.StatusUnprocessableEntity, "belongs to another organisation")
	if after := h.rowCounts(); after["audit"] != before["audit"] || len(h.noa.asked()) != 0 {
		t.Error("something was done")
	}
}

// ahead is a token service whose clock is so far ahead.
func (f *front) ahead(d time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		inner := httptest.NewRecorder()
		f.behind.ServeHTTP(inner, r)
		maps.Copy(w.Header(), inner.Header())
		w.Header().Set("Date", time.Now().Add(d).UTC().Format(http.TimeFormat))
		w.WriteHeader(inner.Code)
		_, _ = w.Write(inner.Body.Bytes())
	}
}

func TestProofSaysHowFarTheClocksAreApart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	h.noa.fails("/jwt", h.noa.ahead(5*time.Minute+500*time.Millisecond))
	b.follow(b.post(h.path("keys/"+h.key.Fingerprint+"/prove"), nil)).framed().is(http.StatusOK, "Clock", "the desk is behind Noa")
}
