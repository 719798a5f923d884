package handlers

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"noadesk/internal/keystore"
	"noadesk/internal/noa"
	"noadesk/internal/staff"
)

// badKeys are what is not taken, each with a word of its reason.
func badKeys(t *testing.T) map[string]struct{ text, says string } {
	t.Helper()
	good := onCurve(t, elliptic.P384())
	rsaKey, rsaErr := rsa.GenerateKey(rand.Reader, 1024)
	_, edKey, edErr := ed25519.GenerateKey(rand.Reader)
	pair, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&pair.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now()}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &pair.PublicKey, pair)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]struct{ text, says string }{
		"RSA":         {newPEM(t, rsaKey, rsaErr), "RSA"},
		"Ed25519":     {newPEM(t, edKey, edErr), "Ed25519"},
		"P-224":       {onCurve(t, elliptic.P224()), "P-224"},
		"certificate": {string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})), "certificate"},
		"public key":  {string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})), "public key"},
		"two keys":    {good + onCurve(t, elliptic.P256()), "two private keys"},
		"junk behind": {good + "and some more", "something else behind the key"},
		"junk before": {"my key:\n" + good, "other text before the key"},
		"cut":         {good[:len(good)/2], "damaged"},
		"empty":       {"", "empty"},
		"white space": {" \r\n\t", "empty"},
		"noise":       {strings.Repeat("no key at all ", 100), "not a private key in PEM"},
		"markup":      {"<script>alert(1)</script>", "not a private key in PEM"},
		"UTF-16":      {"\xff\xfe-\x00-\x00", "UTF-16"},
		"NUL":         {"\x00\x00\x00\x00", "not a private key"},
	}
}

func TestBadKeysAreRefusedInOneSentence(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	before := h.rowCounts()
	for name, c := range badKeys(t) {
		for how, a := range map[string]*answer{
			"pasted": b.post(h.path("keys"), url.Values{"client": {"my client"}, "key": {c.text}}),
			"file":   b.upload(h.path("keys"), map[string]string{"client": "my client"}, c.text),
		} {
			a.framed()
			sentence := a.text("#key-error")
			if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(sentence, c.says) || strings.Contains(sentence, ". ") {
				t.Errorf("%s, %s: %d %q", name, how, a.StatusCode, sentence)
			}
			if a.value("client") != "my client" || a.value("key") != "" {
				t.Errorf("%s, %s: client %q, key %q", name, how, a.value("client"), a.value("key"))
			}
			h.secrets(a, c.text)
		}
	}
	for _, client := range []string{"", " ", strings.Repeat("ä", 129), "a\x00b"} {
		a := b.post(h.path("keys"), url.Values{"client": {client}, "key": {onCurve(t, elliptic.P256())}}).framed().is(http.StatusUnprocessableEntity)
		if !strings.Contains(a.text("#client-error"), "name of the client application") {
			t.Errorf("client %q: %q", client, a.text("#client-error"))
		}
	}
	if after := h.rowCounts(); after["signing_keys"] != before["signing_keys"] || after["audit"] != before["audit"] {
		t.Errorf("rows before %v, after %v", before, after)
	}
}

// This test is alone while it runs: where temporary files go holds for the whole process.
func TestUploadsLeaveNoFile(t *testing.T) {
	h := newHouse(t)
	b := h.as(staff.Security)
	empty := t.TempDir()
	t.Setenv("TMPDIR", empty)
	noise := strings.Repeat("noise without end ", 10<<20/18)
	for size, file := range map[string]string{"a key": onCurve(t, elliptic.P256()), "40 KiB": noise[:40<<10], "63 KiB": noise[:63<<10], "65 KiB": noise[:65<<10], "10 MB": noise} {
		large := len(file) > 63<<10
		pasted := b.post(h.path("keys"), url.Values{"client": {"c"}, "key": {file}})
		uploaded := b.upload(h.path("keys"), map[string]string{"client": "c"}, file)
		for _, a := range []*answer{pasted, uploaded} {
			switch {
			case large:
				a.framed().is(http.StatusRequestEntityTooLarge, "A form may hold 64 KiB", "Nothing was stored.")
			case a.StatusCode != http.StatusSeeOther && a.StatusCode != http.StatusUnprocessableEntity && a.StatusCode != http.StatusRequestEntityTooLarge:
				t.Errorf("%s: %d %s", size, a.StatusCode, a.text("main"))
			}
		}
		if files, err := os.ReadDir(empty); err != nil || len(files) != 0 {
			t.Errorf("%s left %d files, %v", size, len(files), err)
		}
	}
}

func TestBrokenFormsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	for _, c := range []struct{ kind, body string }{
		{"multipart/form-data", "x"},
		{"multipart/form-data; boundary=a", "--a\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nhalf"},
		{"multipart/form-data; boundary=a", ""},
		{"application/x-www-form-urlencoded", "client=%zz&key=1"},
	} {
		b.ask(http.MethodPost, h.path("keys"), strings.NewReader(c.body), "Content-Type", c.kind, "Origin", "http://"+host).framed().is(http.StatusBadRequest, "The form could not be read.")
	}
	for _, path := range []string{"keys/generate", "settings", "people", "people/disable", "tickets"} {
		a := b.ask(http.MethodPost, h.path(path), strings.NewReader("name=%zz"), "Content-Type", "application/x-www-form-urlencoded", "Origin", "http://"+host)
		a.framed().is(http.StatusBadRequest, "The form could not be read.")
	}
}

func TestProofThatFailsIsExplained(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	at := h.path("keys/" + h.key.Fingerprint)
	for name, c := range map[string]struct {
		path  string
		fault http.HandlerFunc
		says  string
	}{
		"token service down":     {"/jwt", badGateway, "Noa’s token service does not answer"},
		"token service hangs up": {"/jwt", hangsUp, "Noa’s token service does not answer"},
		"token service in HTML":  {"/jwt", html200, "Noa answered something unexpected"},
		"assertion refused":      {"/jwt", answers(http.StatusUnauthorized, "application/json", `{"error":"unauthorized"}`), "Noa refused the organisation’s key"},
		"redirect":               {"/jwt", http.RedirectHandler("/api/", http.StatusTemporaryRedirect).ServeHTTP, "Noa answered something unexpected"},
		"API down":               {"/api/", badGateway, "Noa does not answer"},
	} {
		h.api.Forget(noa.Credential{Organization: h.org.UUID, Client: h.key.Client, Fingerprint: h.key.Fingerprint})
		h.noa.heals()
		h.noa.fails(c.path, c.fault)
		a := b.post(at+"/prove", nil).framed()
		want := http.StatusBadGateway
		if name == "assertion refused" {
			want = http.StatusUnprocessableEntity
		}
		if a.StatusCode != want || !strings.Contains(a.text(".note.bad"), c.says) || strings.Contains(a.body, htmlMarker) || a.doc.Find("form[action$=prove]").Length() != 1 {
			t.Errorf("%s: %d %q", name, a.StatusCode, a.text(".note.bad"))
		}
	}
	if key, err := h.keys.Active(t.Context(), h.org.UUID); err != nil || !key.ProvedAt.IsZero() || key.State != keystore.Active {
		t.Errorf("key %s proved at %s, %v", key.State, key.ProvedAt, err)
	}
}
