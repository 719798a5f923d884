package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestLookingSeesWhatIsWrong holds the gauge against a page with a fault of every kind.
func TestLookingSeesWhatIsWrong(t *testing.T) {
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<html lang="en"><title>Bad</title><body><h1 id="a">%!d</h1><h1 id="a">Two</h1>
			<script>1</script><img src="/missing.png"><p style="color: #ccc; background: #fff">too pale</p>
			<div><input name="q"></div><pre>`+strings.Repeat("wide", 100)+`</pre>`)
	}))
	t.Cleanup(bad.Close)
	b := browse(t, bad.URL)
	b.open("/", http.StatusOK)
	wrong := strings.Join(b.wrongs(), "\n")
	for _, want := range []string{
		"security error", "404", "2 h1", "0 main", "two elements have the id a", "it says %!",
		"image-alt", "label", "minimum color contrast ratio thresholds) in light", "thresholds) in phone-dark", "sticks out in phone-light", "sticks out in smallest",
	} {
		if !strings.Contains(wrong, want) {
			t.Errorf("does not see %q in:\n%s", want, wrong)
		}
	}
}

// TestEverythingWorksWithoutScripts walks from signing in to a filed ticket in a
// browser that runs no scripts of the page's.
func TestEverythingWorksWithoutScripts(t *testing.T) {
	s, fake := besideNoa(t)
	s.run(goodPassword, "staff", "add", "--email", "ada@example.org", "--name", "Ada Admin", "--role", "admin").exits(exitDone)
	b := browse(t, s.serve())
	b.do("switch scripts off", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.open("/o/practice/keys/new", http.StatusOK)
	b.goes("sign in", http.StatusOK, b.signingIn("ada@example.org", goodPassword))

	app := fake.ClientApps()[0]
	b.fill("Store the key", "client", app.Name)
	b.do("paste the key", chromedp.SetValue(control("Store the key", "key"), string(app.PrivateKey)))
	b.press("Store the key")
	b.press("Prove the key")
	b.reads("bicycle:read")

	b.do("type a number", chromedp.Focus(chromedp.CSS("#search")))
	b.goes("search", http.StatusOK, chromedp.KeyEvent("4711\r"))
	b.follow("File a ticket")
	b.choose("bicycle_damaged")
	b.fill("File the ticket", "message", "The bell is gone.")
	b.press("File the ticket")
	b.reads("The bell is gone.", "4711")
	for _, noise := range b.noises() {
		t.Error(noise)
	}
	b.unfold("You: Ada Admin")
	b.press("Sign out")
	b.reads("Sign in")
}
