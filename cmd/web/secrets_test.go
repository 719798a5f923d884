package main

import (
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"noadesk/internal/sandbox"
)

// What somebody types in the story below. Each holds something that is written otherwise in HTML, JSON and addresses.
const (
	adaPassword   = "Ada's <pass> & word, 1815"
	veraPassword  = "Vera \"passwörd\" + 100%"
	paulPassword  = "Paul/pass;word=cli&more"
	wrongPassword = "wrong <password> of Ada's"
	shortPassword = "t<o&o\"shor"
	atNoaWrong    = "a <wrong> password & at Noa"
	passphrase    = "open <sesame> & \"barley\""
	wrongPhrase   = "open 'rye' & <oats> 100%"
	filePhrase    = "not <the> phrase & of a file"
)

// TestNothingSecretIsLeftAnywhere goes through all that the desk does with
// secrets, and searches everything that it left: files, logs, pages, addresses.
func TestNothingSecretIsLeftAnywhere(t *testing.T) {
	t.Parallel()
	r := newSearch(t).setUp()
	apps := r.fake.ClientApps()
	r.byForm(apps)
	r.pairMadeHere(apps[0].Scopes)
	r.atNoa()
	r.desk()
	r.keepFiles("after the desk's work", r.env["NOADESK_DATA"])
	r.carelessNoa()
	r.byCommand(apps[2])
	r.rotateMasterKey()
	r.comingAndGoing()
	r.backUp()
	r.judge()
}

// setUp starts a desk and makes its administrator and organisation.
func (s *search) setUp() *reader {
	s.Helper()
	for _, word := range []string{adaPassword, veraPassword, paulPassword, wrongPassword, shortPassword, atNoaWrong} {
		s.markers.text("password", word)
	}
	for _, word := range []string{passphrase, wrongPhrase, filePhrase} {
		s.markers.text("passphrase", word)
	}
	s.masterKey(s.env["NOADESK_MASTER_KEY_FILE"])
	link := s.begin("serve").prints(`^(http://127\.0\.0\.1:\d+/setup/\S+)$`)
	base, token, _ := strings.Cut(link, "/setup/")
	s.markers.text("set-up token", token, setupPage, "standard output of serve")
	r := s.newReader(base)
	r.get("/setup/"+token, http.StatusOK)
	person := url.Values{"name": {"Ada"}, "email": {"ada@example.org"}, "password": {shortPassword}}
	r.post("/setup/"+token, person, http.StatusUnprocessableEntity, "password")
	person.Set("password", adaPassword)
	r.post("/setup/"+token, person, http.StatusOK, "")
	r.get("/setup/"+token, http.StatusNotFound)
	r.post("/admin/organisations", url.Values{"uuid": {s.fake.Organization().UUID}, "name": {"Practice"}}, http.StatusOK, "Practice")
	return r
}

// masterKey looks for a master key's bytes; its text is their base64.
func (s *search) masterKey(file string) {
	s.Helper()
	text := s.read(file)
	raw := decoded(s.T, strings.Split(strings.TrimSpace(text), ".")[1])
	s.markers.count("master key")
	s.markers.add("master key", raw[:16])
	s.markers.add("master key", raw[16:])
}

// byForm brings keys in on the page: pasted, encrypted, as a file, and wrong.
func (r *reader) byForm(apps []sandbox.ClientApp) {
	r.Helper()
	keys := "/o/practice/keys"
	plain, other := string(apps[0].PrivateKey), string(apps[1].PrivateKey)
	r.markers.key("pasted key", plain)
	r.markers.key("encrypted key", other)
	sealed := r.encrypted(other, "pkcs8", "-topk8")
	r.post(keys, url.Values{"client": {apps[0].Name}, "key": {plain[:len(plain)*2/3]}}, http.StatusUnprocessableEntity, "")
	r.post(keys, url.Values{"client": {apps[0].Name}, "key": {strings.Replace(plain, "PRIVATE", "PUBLIC", 2)}}, http.StatusUnprocessableEntity, "")
	r.post(keys, url.Values{"client": {apps[0].Name}, "key": {strings.Repeat(plain, 300)}}, http.StatusRequestEntityTooLarge, "64 KiB")
	first := r.post(keys, url.Values{"client": {apps[0].Name}, "key": {plain}}, http.StatusOK, "stored")
	r.post(first+"/prove", nil, http.StatusOK, "Proved")
	form := url.Values{"client": {apps[1].Name}, "key": {sealed}, "passphrase": {wrongPhrase}}
	r.post(keys, form, http.StatusUnprocessableEntity, "passphrase")
	form.Set("passphrase", passphrase)
	r.post(keys, form, http.StatusOK, "stored")

	for _, curve := range curvesOfNoa {
		text, _ := pair(r.T, curve)
		r.markers.key("uploaded key", text)
		r.upload(keys, url.Values{"client": {"uploaded"}}, text[:len(text)-40], http.StatusUnprocessableEntity, "")
		at := r.upload(keys, url.Values{"client": {"uploaded"}}, text, http.StatusOK, "stored")
		r.post(at+"/prove", nil, http.StatusUnprocessableEntity, "refused")
	}
}

// encrypted is a key as openssl encrypts it.
func (s *search) encrypted(text string, how ...string) string {
	s.Helper()
	out := filepath.Join(s.dir, "encrypted.pem")
	args := append(how, "-in", s.write("plain.pem", text), "-out", out, "-passout", "file:"+s.write("passphrase", passphrase))
	if said, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
		s.Fatalf("openssl: %v: %s", err, said)
	}
	sealed := s.read(out)
	s.markers.sealed("encrypted PEM", sealed)
	return sealed
}

// pairMadeHere makes a pair, takes its public half to Noa and switches to it.
func (r *reader) pairMadeHere(scopes []string) {
	r.Helper()
	at := r.post("/o/practice/keys/generate", url.Values{"client": {"made-here"}, "curve": {"P-521"}}, http.StatusOK, "BEGIN PUBLIC KEY")
	r.post(at+"/prove", nil, http.StatusUnprocessableEntity, "refused")
	public := parse[[]keyRow](r.tool(exitDone, "key", "list", "--json"))
	made := public[slices.IndexFunc(public, func(k keyRow) bool { return k.Client == "made-here" })]
	if err := r.fake.Register("made-here", scopes, []byte(made.PublicKey)); err != nil {
		r.Fatal(err)
	}
	r.post(at+"/prove", nil, http.StatusOK, "Proved")
	r.post(at+"/switch", nil, http.StatusOK, "now signs")
}

// atNoa signs in at Noa, has a client application registered, and the active key replaced by another one.
func (r *reader) atNoa() {
	r.Helper()
	page := "/o/practice/keys/noa"
	email, password := r.fake.Operator()
	r.markers.text("password at Noa", password)
	r.post(page+"/enter", url.Values{"email": {email}, "password": {atNoaWrong}}, http.StatusUnprocessableEntity, "does not know")
	r.post(page+"/enter", url.Values{"email": {email}, "password": {password}}, http.StatusOK, "Register one")
	form := url.Values{"name": {"registered"}, "label": {"For the test"}, "scopes": {"bicycle:read", "trip:read"}}
	at := r.post(page, form, http.StatusOK, "its key is in the keystore")
	r.post(page, form, http.StatusUnprocessableEntity, "has this name already")
	r.post(at+"/prove", nil, http.StatusOK, "Proved")
	r.retireFallback()
	r.post(page+"/rotate", nil, http.StatusOK, "now signs as")
	r.post(page+"/leave", nil, http.StatusOK, "Signed out at Noa")
}

// retireFallback makes room for another replacement: two keys at most are in use.
func (r *reader) retireFallback() {
	r.Helper()
	for _, key := range parse[[]keyRow](r.tool(exitDone, "key", "list", "--json")) {
		if key.State == "retiring" {
			r.post("/o/practice/keys/"+key.Fingerprint+"/retire", url.Values{"force": {"yes"}}, http.StatusOK, "is retired")
		}
	}
}

// desk does a day's work: pages, a ticket, people.
func (r *reader) desk() {
	r.Helper()
	form := url.Values{"category": {"general"}, "message": {"The lamp of the shed is broken."}, "once": {"once"}}
	form.Set("category", "")
	r.post("/o/practice/tickets", form, http.StatusOK, "filed at Noa")
	person := url.Values{"name": {"Vera"}, "email": {"vera@example.org"}, "role": {"viewer"}, "password": {shortPassword}}
	r.post("/o/practice/people", person, http.StatusUnprocessableEntity, "password")
	person.Set("password", veraPassword)
	r.post("/o/practice/people", person, http.StatusOK, "vera@example.org")
	r.pages(http.StatusOK)
	r.get("/o/practice/nowhere", http.StatusNotFound)
	r.get("/o/practice/bicycles?state=broken", http.StatusBadRequest)
}

// pages opens all lists.
func (r *reader) pages(fleet int) {
	r.Helper()
	for _, page := range []string{"bicycles", "trips", "tickets", "organisation"} {
		r.get("/o/practice/"+page, fleet)
	}
	for _, page := range []string{
		"/", "/o/practice/desk", "/o/practice/keys", "/o/practice/keys/new", "/o/practice/keys/noa", "/o/practice/audit", "/o/practice/audit.csv",
		"/o/practice/audit.ndjson", "/o/practice/people", "/o/practice/settings", "/admin/organisations", "/admin/system", "/readyz", "/healthz",
	} {
		r.get(page, http.StatusOK)
	}
	for _, key := range parse[[]keyRow](r.tool(exitDone, "key", "list", "--json")) {
		r.get("/o/practice/keys/"+key.Fingerprint, http.StatusOK)
	}
}
