package views

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A drawn page is a page as a browser gets it, once as text and once as a tree.
type drawn struct {
	name, text string
	tree       *html.Node
}

// drawAll draws every page in its frame.
func drawAll(t *testing.T) []drawn {
	t.Helper()
	var all []drawn
	for _, s := range samples(t) {
		all = append(all, parsed(t, s.name, render(t, Document(whole, s.page))))
	}
	for _, s := range plainSamples(t) {
		all = append(all, parsed(t, s.name, render(t, Plain(whole, s.page))))
	}
	return append(all, parsed(t, "without organisation", render(t, Document(Frame{}, NoOrganisation{}))))
}

func parsed(t *testing.T, name, text string) drawn {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return drawn{name, text, tree}
}

// elements calls f for each element of a tree in the order of the text.
func elements(n *html.Node, f func(*html.Node)) {
	if n.Type == html.ElementNode {
		f(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		elements(c, f)
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// empty are the elements without an end.
const empty = " meta link img input br hr "

func TestElementsAreNestedAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, d := range drawAll(t) {
		if fault := misnested(d.text); fault != "" {
			t.Errorf("%s: %s", d.name, fault)
		}
		var written, read []string
		tokens := html.NewTokenizer(strings.NewReader(d.text))
		for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
			if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
				written = append(written, tokens.Token().Data)
			}
		}
		elements(d.tree, func(n *html.Node) { read = append(read, n.Data) })
		if got, want := strings.Join(read, " "), strings.Join(written, " "); got != want {
			t.Errorf("%s: a browser reads the elements\n%s\nbut written are\n%s", d.name, got, want)
		}
	}
}

// misnested says which end does not fit what was begun.
func misnested(text string) string {
	var open []string
	tokens := html.NewTokenizer(strings.NewReader(text))
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		name := tokens.Token().Data
		switch {
		case kind == html.StartTagToken && !strings.Contains(empty, " "+name+" "):
			open = append(open, name)
		case kind == html.EndTagToken && (len(open) == 0 || open[len(open)-1] != name):
			return "</" + name + "> within " + strings.Join(open, " ")
		case kind == html.EndTagToken:
			open = open[:len(open)-1]
		}
	}
	return strings.Join(open, " ")
}

func TestATreeWrittenAndReadAgainIsTheSame(t *testing.T) {
	t.Parallel()
	for _, d := range drawAll(t) {
		once := source(d.tree)
		if again := source(parsed(t, d.name, once).tree); again != once {
			t.Errorf("%s changes when it is read again", d.name)
		}
	}
}

func TestNothingIsWrittenIntoPagesThatBelongsIntoFiles(t *testing.T) {
	t.Parallel()
	for _, d := range drawAll(t) {
		elements(d.tree, func(n *html.Node) {
			if n.Data == "style" || n.Data == "script" && (n.FirstChild != nil || attribute(n, "src") == "") {
				t.Errorf("%s has an inline %s", d.name, n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s %s>", d.name, n.Data, a.Key)
				}
			}
		})
	}
}

func TestHtmxPicksPartsOfWholePagesOnly(t *testing.T) {
	t.Parallel()
	const allowed = " hx-get hx-trigger hx-select hx-target hx-swap "
	for _, d := range drawAll(t) {
		ids := idsOf(t, d)
		elements(d.tree, func(n *html.Node) {
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "hx-") && !strings.Contains(allowed, " "+a.Key+" ") {
					t.Errorf("%s: <%s %s>", d.name, n.Data, a.Key)
				}
			}
			for _, name := range []string{"hx-select", "hx-target"} {
				if part := attribute(n, name); part != "" && ids[strings.TrimPrefix(part, "#")] == nil {
					t.Errorf("%s: %s names %q, which is not on the page", d.name, name, part)
				}
			}
			if asked := attribute(n, "hx-get"); has(n, "hx-get") && (n.Data != "a" || asked == "" || !strings.HasPrefix(attribute(n, "href"), asked)) {
				t.Errorf("%s: %s works with script only", d.name, source(n))
			}
		})
	}
}

// idsOf are the elements with an id.
func idsOf(t *testing.T, d drawn) map[string]*html.Node {
	t.Helper()
	ids := map[string]*html.Node{}
	elements(d.tree, func(n *html.Node) {
		id := attribute(n, "id")
		if has(n, "id") && (id == "" || ids[id] != nil) {
			t.Errorf("%s: two elements, or none, have the id %q", d.name, id)
		}
		ids[id] = n
	})
	return ids
}

func TestFormsGoToTheDesk(t *testing.T) {
	t.Parallel()
	for _, d := range drawAll(t) {
		elements(d.tree, func(n *html.Node) {
			if n.Data != "form" {
				return
			}
			method, action := attribute(n, "method"), attribute(n, "action")
			if method != "get" && method != "post" || !strings.HasPrefix(action, "/") || strings.HasPrefix(action, "//") {
				t.Errorf("%s: a form sends %q to %q", d.name, method, action)
			}
			if method == "get" && strings.Contains(source(n), `type="password"`) {
				t.Errorf("%s: a password in an address", d.name)
			}
		})
	}
}
