package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"noadesk/internal/sandbox"
)

// phone is how a page is pictured for the README as a rider's helper sees it in the street.
var phone = sight{name: "phone-light", width: 360, height: 740, phone: true}

// A story is somebody's way through the desk.
type story struct {
	*tab
	fake *sandbox.Sandbox
	noa  *httptest.Server
	org  string // path of the organisation's pages
}

// TestTheWholeWayInABrowser goes from the set-up link to a filed ticket, and
// round all other pages, and looks at each in light and dark, wide and narrow.
func TestTheWholeWayInABrowser(t *testing.T) {
	s, fake, noa := emptyBesideNoa(t)
	link := s.serve()
	base, token, _ := strings.Cut(link, "/setup/")
	b := &story{tab: browse(t, base), fake: fake, noa: noa, org: "/o/practice"}
	b.settingUp("/setup/" + token)
	b.firstKey(s)
	b.secondKey(s)
	b.findingABicycle()
	b.filingATicket()
	b.trips()
	b.managing()
	b.failures()
	b.comingBack()
	b.asViewer()
	b.withoutNoa()
}

// settingUp makes the administrator and takes the organisation in.
func (b *story) settingUp(path string) {
	b.Helper()
	b.open("/login", http.StatusOK)
	b.look("sign-in on a fresh desk")
	b.open(path, http.StatusOK)
	b.look("set-up")
	b.fill("Create the administrator", "name", "Ada Admin")
	b.fill("Create the administrator", "email", "ada@example.org")
	b.fill("Create the administrator", "password", goodPassword)
	b.press("Create the administrator")
	b.look("first organisation")
	b.fill("Add the organisation", "uuid", b.fake.Organization().UUID)
	b.fill("Add the organisation", "name", "Practice")
	b.press("Add the organisation")
	b.look("first key")
}

// firstKey uploads the file that Noa handed out, and proves it.
func (b *story) firstKey(s *shell) {
	b.Helper()
	app := b.fake.ClientApps()[0]
	file := s.write("upload.pem", string(app.PrivateKey))
	b.fill("Store the key", "client", app.Name)
	b.do("choose the file", chromedp.SetUploadFiles(control("Store the key", "file"), []string{file}))
	b.press("Store the key")
	b.look("key that is not proved")
	b.press("Prove the key")
	b.reads("bicycle:read", "support-ticket:write", "Active")
	b.look("proved key")
	b.follow("To the bicycles")
}

// secondKey makes a pair here, takes its public half to Noa and switches to it.
func (b *story) secondKey(s *shell) {
	b.Helper()
	b.manage("Keys")
	b.follow("Add a key")
	b.look("new key")
	b.fill("Make a pair", "client", "made-here")
	b.press("Make a pair")
	b.look("pair made here")
	public := value[string](b.tab, `document.getElementById("public").textContent`)
	b.goes("prove too early", http.StatusUnprocessableEntity, chromedp.Click(called("button", "Prove the key")))
	b.look("refused proof")
	if err := b.fake.Register("made-here", b.fake.ClientApps()[0].Scopes, []byte(public)); err != nil {
		b.Fatal(err)
	}
	b.press("Prove the key")
	b.press("Switch to this key")
	b.reads("Active")
	b.look("switched key")
	b.manage("Keys")
	b.look("keys")
	b.picture("keys")
}

// manage follows a link of the menu for those who look after the desk.
func (b *story) manage(name string) {
	b.Helper()
	b.unfold("Manage")
	b.follow(name)
}

// findingABicycle goes through the list in all the ways there are.
func (b *story) findingABicycle() {
	b.Helper()
	b.follow("Bicycles")
	b.look("bicycles")
	b.picture("bicycles")
	b.follow("Next")
	b.reads("Page 2")
	b.look("second page of bicycles")
	b.open(b.org+"/bicycles", http.StatusOK)
	b.do("choose a state", chromedp.SetValue(control("Filter", "state"), "lost"))
	b.press("Filter")
	b.look("lost bicycles")
	b.do("press /", slash)
	b.goes("search", http.StatusOK, chromedp.KeyEvent("4711"+kb.Enter))
	b.reads("4711")
	b.look("bicycle")
	b.picture("bicycle", phone)
}

// slash presses the key as a hand does: a page that takes it keeps it from being typed.
func slash(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		press := input.DispatchKeyEventParams{Type: kind, Key: "/", Code: "Slash", WindowsVirtualKeyCode: 191}
		if kind == input.DispatchKeyEventTypeKeyDown {
			press.Text = "/"
		}
		if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, press); err != nil {
			return chromedp.Void{}, err
		}
	}
	return chromedp.Void{}, nil
}

// filingATicket files one about the bicycle on the page, with the keyboard.
func (b *story) filingATicket() {
	b.Helper()
	b.follow("File a ticket")
	b.look("new ticket")
	b.choose("bicycle_missing")
	b.goes("file one without a place", http.StatusUnprocessableEntity, chromedp.Click(called("button", "File the ticket")))
	b.look("refused ticket")
	b.choose("bicycle_damaged")
	b.fill("File the ticket", "message", "The lock does not open.\nThe rider brought it back on foot.")
	b.goes("file with Ctrl and Enter", http.StatusOK, chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.reads("The lock does not open.", "4711")
	b.look("ticket")
	b.picture("ticket")
	b.follow("Tickets")
	b.reads("The lock does not open.")
	b.look("tickets")
	b.follow("Desk")
	b.look("desk")
	b.picture("desk")
}

// choose says what a ticket is about.
func (b *tab) choose(category string) {
	b.Helper()
	b.do("choose "+category, chromedp.Click(chromedp.JSPath(`document.querySelector("[name=category][value=`+category+`]")`)))
}

// trips opens the list and a trip that was ridden along the streets.
func (b *story) trips() {
	b.Helper()
	b.follow("Trips")
	b.look("trips")
	b.open(b.tripThat("km"), http.StatusOK)
	if !value[bool](b.tab, `!!document.querySelector("main svg:not(.icon) polyline, main svg:not(.icon) path")`) {
		b.Error("the trip shows no route")
	}
	b.look("trip")
	b.picture("trip")
	b.open(b.org+"/trips", http.StatusOK)
	b.open(b.tripThat("running"), http.StatusOK)
	b.look("running trip")
}

// tripThat is the address of the first trip in the list whose row says a word.
func (b *story) tripThat(says string) string {
	b.Helper()
	return value[string](b.tab, `[...document.querySelectorAll("main tbody tr")].filter(row => row.innerText.includes(`+quoted(says)+`))
		.flatMap(row => [...row.querySelectorAll("a")]).map(a => a.pathname).find(path => path.includes("/trips/"))`)
}

// managing looks at the pages for those who look after the desk.
func (b *story) managing() {
	b.Helper()
	b.open(b.org+"/organisation", http.StatusOK)
	b.look("organisation")
	b.manage("People")
	b.look("people")
	b.fill("Add the person", "name", "Vera Viewer")
	b.fill("Add the person", "email", "vera@example.org")
	b.fill("Add the person", "password", goodPassword)
	b.do("choose the role", chromedp.SetValue(control("Add the person", "role"), "viewer"))
	b.press("Add the person")
	b.reads("vera@example.org")
	b.look("more people")
	for _, name := range []string{"Audit", "Settings", "Organisations", "System"} {
		b.manage(name)
		b.look(name)
	}
}

// failures opens what is not there and what cannot be meant.
func (b *story) failures() {
	b.Helper()
	for _, c := range []struct {
		path   string
		status int64
	}{
		{b.org + "/nowhere", http.StatusNotFound},
		{b.org + "/bicycles/3f0c9b3e-6c1d-4a55-9d0a-3b6f5f0c1a11", http.StatusNotFound},
		{b.org + "/bicycles?state=broken", http.StatusBadRequest},
		{b.org + "/bicycles?page=9999", http.StatusNotFound},
		{"/o/elsewhere/desk", http.StatusNotFound},
	} {
		b.open(c.path, c.status)
		b.look(c.path)
	}
	b.open(b.org+"/bicycles?colour=red", http.StatusOK)
	b.reads("colour")
	b.look("ignored parameter")
}

// comingBack signs out, and in again on the way to a page.
func (b *story) comingBack() {
	b.Helper()
	b.unfold("You: Ada Admin")
	b.press("Sign out")
	b.look("signed out")
	b.open(b.org+"/trips", http.StatusOK)
	b.goes("a wrong password", http.StatusUnprocessableEntity, b.signingIn("ada@example.org", "wrong horse 27 battery"))
	b.look("refused sign-in")
	b.goes("sign in", http.StatusOK, b.signingIn("ada@example.org", goodPassword))
	if got := value[string](b.tab, `location.pathname`); got != b.org+"/trips" {
		b.Errorf("signing in on the way to the trips leads to %s", got)
	}
}

// signingIn fills in the form and sends it.
func (b *tab) signingIn(email, password string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(
		chromedp.SetValue(control("Sign in", "email"), email),
		chromedp.SetValue(control("Sign in", "password"), password),
		chromedp.Click(called("button", "Sign in")))
}

// asViewer opens a page that the role does not allow.
func (b *story) asViewer() {
	b.Helper()
	b.unfold("You: Ada Admin")
	b.press("Sign out")
	b.open("/login", http.StatusOK)
	b.goes("sign in as a viewer", http.StatusOK, b.signingIn("vera@example.org", goodPassword))
	b.look("desk of a viewer")
	b.open(b.org+"/keys", http.StatusForbidden)
	b.reads("keys")
	b.look("page that the role does not allow")
}

// withoutNoa opens a page while Noa is down.
func (b *story) withoutNoa() {
	b.Helper()
	b.noa.CloseClientConnections()
	b.noa.Close()
	b.open(b.org+"/bicycles", http.StatusOK)
	b.look("bicycles as Noa said last")
	b.open(b.org+"/bicycles?q=never-asked-before", http.StatusBadGateway)
	b.look("Noa is down")
	b.open(b.org+"/desk", http.StatusOK)
	b.look("desk while Noa is down")
}
