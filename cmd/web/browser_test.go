package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A tab is a page of a real browser, as one person sees the desk.
type tab struct {
	*testing.T
	ctx      context.Context
	base     string // address of the desk
	mu       sync.Mutex
	messages []string // what the page said on its console since it was last asked
}

// serve runs the desk in this process until the test ends, and gives the
// set-up link that it prints, or the address alone where somebody is on the staff.
func (s *shell) serve() string {
	s.Helper()
	out, printed := io.Pipe()
	said := s.stream(out, nil)
	go said.read()
	logs, logged := io.Pipe()
	log := s.stream(logs, nil)
	go log.read()
	w := &world{args: []string{"serve"}, out: printed, err: logged, env: func(name string) string { return s.env[name] }}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan int)
	go func() { ended <- run(ctx, w) }()
	s.Cleanup(func() {
		stop()
		if code := <-ended; code != exitDone {
			s.Errorf("the desk ended with %d:\n%s", code, log)
		}
		_, _ = printed.Close(), logged.Close()
	})
	address := log.next(`"msg":"listening".*"address":"(http://[^"]+)"`)
	if strings.TrimSpace(s.do("staff", "list", "--json").out) != "[]" {
		return address
	}
	return said.next(`^(http://\S+/setup/\S+)$`)
}

// browse starts a browser with nothing in it and opens a tab for a desk.
func browse(t *testing.T, base string) *tab {
	t.Helper()
	program := chromium(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("use-angle", "swiftshader"), chromedp.Flag("enable-unsafe-swiftshader", true), chromedp.Flag("ignore-gpu-blocklist", true))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(func() { closeTab(); stop() })
	b := &tab{T: t, ctx: ctx, base: base}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	b.see(sights[0])
	return b
}

// chromium finds the browser; the tests are not whole without one.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	t.Fatal("There is no chromium on this machine; make test installs it.")
	return ""
}

// hear keeps everything that a page should not have to say.
func (b *tab) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		text, _ := json.Marshal(e.Args)
		b.note("console." + string(e.Type) + " " + string(text))
	case *runtime.EventExceptionThrown:
		text, _ := json.Marshal(e.ExceptionDetails)
		b.note("exception " + string(text))
	case *log.EventEntryAdded:
		if strings.HasPrefix(e.Entry.Text, "Clear-Site-Data header on") {
			return // signing out asks the browser to forget; that it did is no complaint
		}
		b.note(fmt.Sprintf("%s %s: %s (%s)", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case *network.EventLoadingFailed:
		if !e.Canceled {
			b.note("request failed: " + e.ErrorText + " " + string(e.BlockedReason))
		}
	}
}

func (b *tab) note(message string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages = append(b.messages, message)
}

// heard takes what was kept since it was last asked.
func (b *tab) heard() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.messages
	b.messages = nil
	return taken
}

// do carries out steps, which must not take long.
func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience/2)
	defer stop()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatalf("%s: %v\non the page: %s", what, err, b.text())
	}
}

// goes carries out steps that lead to another page, and holds that page's status.
func (b *tab) goes(what string, status int64, steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience/2)
	defer stop()
	resp, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		b.Fatalf("%s: %v\non the page: %s", what, err, b.text())
	}
	if resp.Status != status {
		b.Fatalf("%s: answered with %d, want %d\non the page: %s", what, resp.Status, status, b.text())
	}
}

// value evaluates an expression in the page.
func value[T any](b *tab, expression string, options ...chromedp.EvaluateOption) T {
	b.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, options...))
	if err != nil {
		b.Fatalf("%.100s: %v", expression, err)
	}
	return v
}

// text is what can be read on the page.
func (b *tab) text() string {
	ctx, stop := context.WithTimeout(b.ctx, 5*time.Second)
	defer stop()
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	return text
}

// reads holds that words can be read on the page.
func (b *tab) reads(words ...string) {
	b.Helper()
	text := strings.ToLower(b.text())
	for _, word := range words {
		if !strings.Contains(text, strings.ToLower(word)) {
			b.Errorf("the page does not say %q:\n%s", word, text)
		}
	}
}

// open types an address.
func (b *tab) open(path string, status int64) {
	b.Helper()
	b.goes("open "+path, status, chromedp.Navigate(b.base+path))
}

// follow clicks the link of that name.
func (b *tab) follow(name string) {
	b.Helper()
	b.goes("follow "+name, http.StatusOK, chromedp.Click(called("a", name)))
}

// press clicks the button of that name, which sends its form.
func (b *tab) press(name string) {
	b.Helper()
	b.goes("press "+name, http.StatusOK, chromedp.Click(called("button", name)))
}

// unfold opens a menu.
func (b *tab) unfold(name string) {
	b.Helper()
	b.do("unfold "+name, chromedp.Click(called("summary", name)))
}

// fill fills in a field of the form that has a button of that name.
func (b *tab) fill(button, field, text string) {
	b.Helper()
	b.do("fill in "+field, chromedp.SendKeys(control(button, field), text))
}

// called finds what can be seen and has that accessible name.
func called(kind, name string) chromedp.JSPath {
	return chromedp.JSPath(fmt.Sprintf(`[...document.querySelectorAll(%s)].find(e => e.checkVisibility() &&
		(e.getAttribute("aria-label") || e.textContent).replace(/\s+/g, " ").trim() === %s)`, quoted(kind), quoted(name)))
}

// control finds a form's control by the name that the form sends it under.
func control(button, field string) chromedp.JSPath {
	return chromedp.JSPath(fmt.Sprintf(`%s.form.elements.namedItem(%s)`, called("button", button), quoted(field)))
}

// quoted is a text as JavaScript has it.
func quoted(text string) string {
	literal, _ := json.Marshal(text)
	return string(literal)
}
