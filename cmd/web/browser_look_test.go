package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var updatePictures = flag.Bool("update-pictures", false, "write the pictures of docs/pictures anew")

//go:embed testdata/axe/axe.min.js
var axe string

// A sight is a way to look at a page.
type sight struct {
	name          string
	width, height int64
	dark, phone   bool
}

// sights are the ways in which every page has to be good. The first is the one that the story is told in.
var sights = []sight{
	{name: "light", width: 1440, height: 900},
	{name: "dark", width: 1440, height: 900, dark: true},
	{name: "phone-light", width: 360, height: 740, phone: true},
	{name: "phone-dark", width: 360, height: 740, dark: true, phone: true},
}

// smallest is the narrowest screen on which nothing may stick out.
var smallest = sight{name: "smallest", width: 320, height: 640, phone: true}

// pictured are the pages that the README shows, and how.
var pictured = []sight{
	{name: "light", width: 1280, height: 800},
	{name: "dark", width: 1280, height: 800, dark: true},
}

// see looks at the page in another way, without loading it again.
func (b *tab) see(s sight) {
	b.Helper()
	scheme := "light"
	if s.dark {
		scheme = "dark"
	}
	options := []chromedp.EmulateViewportOption{}
	if s.phone {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	b.do("look in "+s.name, chromedp.EmulateViewport(s.width, s.height, options...),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
			}})
			return err
		}))
}

// look holds what is asked of every page, in every sight.
func (b *tab) look(name string) {
	b.Helper()
	for _, wrong := range b.wrongs() {
		b.Errorf("%s: %s", name, wrong)
	}
}

// wrongs is all that is wrong with the page.
func (b *tab) wrongs() []string {
	b.Helper()
	b.settle()
	wrong := append(b.noises(), b.oddities()...)
	b.do("bring axe", chromedp.Evaluate[chromedp.Void](axe))
	for _, s := range sights {
		b.see(s)
		b.settle()
		wrong = append(wrong, b.barriers(s)...)
		wrong = append(wrong, b.overhang(s)...)
	}
	b.see(smallest)
	wrong = append(wrong, b.overhang(smallest)...)
	b.see(sights[0])
	return append(wrong, b.noises()...)
}

// settle waits until two frames have been drawn.
func (b *tab) settle() {
	b.Helper()
	value[bool](b, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`, awaited)
}

func awaited(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }

// noises are what the page said on its console, and what it asked for and did not get. A page
// that tells of a failure has its own status, of which the browser's log speaks: that is expected.
func (b *tab) noises() []string {
	b.Helper()
	own := "(" + value[string](b, `location.href`) + ")"
	return slices.DeleteFunc(b.heard(), func(message string) bool {
		return strings.HasPrefix(message, "network error: Failed to load resource") && strings.HasSuffix(message, own)
	})
}

// oddities are what makes a page one that cannot be found the way about in.
func (b *tab) oddities() []string {
	b.Helper()
	return value[[]string](b, `(() => {
		const count = (what) => document.querySelectorAll(what).length;
		const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
		return [
			[!document.title.trim(), "it has no title"],
			[!document.documentElement.lang, "it has no language"],
			[count("h1") !== 1, "it has " + count("h1") + " h1"],
			[count("main") !== 1, "it has " + count("main") + " main"],
			...ids.filter((id, i) => ids.indexOf(id) !== i).map(id => [true, "two elements have the id " + id]),
			...["%!", "<nil>", "0001-01-01", "NaN", "undefined"].map(raw => [document.body.innerText.includes(raw), "it says " + raw]),
		].filter(([wrong]) => wrong).map(([, words]) => words);
	})()`)
}

// A violation is what axe found wrong.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// barriers are where the page falls short of WCAG 2.2 AA. Darkness changes colours and
// nothing else, so in the dark only they are looked at again.
func (b *tab) barriers(s sight) []string {
	b.Helper()
	rules := `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]`
	if s.dark {
		rules = `{type: "rule", values: ["color-contrast", "link-in-text-block"]}`
	}
	found := value[[]violation](b, `axe.run(document, {runOnly: `+rules+`, resultTypes: ["violations"]})
		.then(found => found.violations)`, awaited)
	var wrong []string
	for _, v := range found {
		for _, node := range v.Nodes {
			wrong = append(wrong, fmt.Sprintf("%s (%s) in %s\n%s\n%s", v.ID, v.Help, s.name, node.HTML, node.Summary))
		}
	}
	return wrong
}

// overhang is what sticks out, so that one has to scroll sideways to read the page.
func (b *tab) overhang(s sight) []string {
	b.Helper()
	wide := value[[]string](b, `document.documentElement.scrollWidth <= innerWidth ? [] :
		["the page is " + document.documentElement.scrollWidth + " wide"].concat([...document.querySelectorAll("body *")]
			.filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll")).slice(0, 5).map(e => e.outerHTML.slice(0, 200)))`)
	if len(wide) == 0 {
		return nil
	}
	return []string{"sticks out in " + s.name + ": " + strings.Join(wide, "\n")}
}

// picture takes the page for the README, light and dark.
func (b *tab) picture(name string, more ...sight) {
	b.Helper()
	folder := b.ArtifactDir()
	if *updatePictures {
		folder = inHouse("docs/pictures")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		b.Fatal(err)
	}
	for _, s := range append(append([]sight{}, pictured...), more...) {
		b.see(s)
		b.settle()
		b.shoot(filepath.Join(folder, name+"-"+s.name+".png"))
	}
	b.see(sights[0])
}

func (b *tab) shoot(file string) {
	b.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		b.Fatal(err)
	}
}
