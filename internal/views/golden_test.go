package views

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"noadesk/static"
)

var update = flag.Bool("update", false, "rewrite testdata/*.html")

func TestMain(m *testing.M) {
	Now = func() time.Time { return noon }
	os.Exit(m.Run())
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPagesLookAsTheyDid(t *testing.T) {
	t.Parallel()
	for _, s := range append(samples(t), plainSamples(t)...) {
		golden(t, s.name, s.page.Title()+"\n\n", s.page.Body())
	}
}

func TestFramesLookAsTheyDid(t *testing.T) {
	t.Parallel()
	page := NoOrganisation{}
	golden(t, "frame", "", Document(whole, page))
	golden(t, "frame-without-organisation", "", Document(Frame{Person: whole.Person, Can: Can{System: true}, Version: "1.0.0"}, page))
	golden(t, "frame-plain", "", Plain(Frame{Flashes: whole.Flashes, Practice: whole.Practice}, page))
}

// golden compares a component with testdata/NAME.html. The hash in the
// addresses of static files is left out: it changes with every style.
func golden(t *testing.T, name, head string, c templ.Component) {
	t.Helper()
	got := head + pretty(t, strings.ReplaceAll(render(t, c), static.Path(""), "/static/"))
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s changed; see it and run with -update (-want +got):\n%s", name, diff)
	}
}

func TestEveryGoldenFileHasItsPage(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"frame": true, "frame-without-organisation": true, "frame-plain": true}
	for _, s := range append(samples(t), plainSamples(t)...) {
		if known[s.name] {
			t.Errorf("two pages are called %s", s.name)
		}
		known[s.name] = true
	}
	files, err := filepath.Glob("testdata/*.html")
	if err != nil || len(files) != len(known) {
		t.Errorf("%d files for %d pages, %v", len(files), len(known), err)
	}
	for _, f := range files {
		if !known[strings.TrimSuffix(filepath.Base(f), ".html")] {
			t.Errorf("%s belongs to no page", f)
		}
	}
}
