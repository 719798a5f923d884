package views

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestWhatAnElementRefersToIsThere(t *testing.T) {
	t.Parallel()
	for _, d := range drawAll(t) {
		ids := idsOf(t, d)
		elements(d.tree, func(n *html.Node) {
			for _, name := range []string{"for", "aria-describedby", "aria-labelledby", "aria-controls", "data-copy"} {
				for id := range strings.FieldsSeq(attribute(n, name)) {
					if ids[id] == nil {
						t.Errorf("%s: %s names %q, which is not on the page", d.name, name, id)
					}
				}
			}
			if to, ok := strings.CutPrefix(attribute(n, "href"), "#"); ok && n.Data == "a" && ids[to] == nil {
				t.Errorf("%s: a link leads to #%s, which is not on the page", d.name, to)
			}
		})
	}
}

func TestEveryFieldHasALabelAndEveryLabelAField(t *testing.T) {
	t.Parallel()
	for _, d := range drawAll(t) {
		labelled := map[string]bool{}
		elements(d.tree, func(n *html.Node) {
			if n.Data != "label" {
				return
			}
			if words(n) == "" {
				t.Errorf("%s: a label says nothing", d.name)
			}
			if to := attribute(n, "for"); to != "" {
				labelled[to] = true
			} else if fieldsIn(n) != 1 {
				t.Errorf("%s: the label %q has %d fields", d.name, words(n), fieldsIn(n))
			}
		})
		ids := idsOf(t, d)
		for id := range labelled {
			if ids[id] != nil && !isField(ids[id]) {
				t.Errorf("%s: a label points to <%s>", d.name, ids[id].Data)
			}
		}
		elements(d.tree, func(n *html.Node) {
			if isField(n) && !labelled[attribute(n, "id")] && !within(n, "label") {
				t.Errorf("%s: %s has no label", d.name, source(n))
			}
		})
	}
}

func isField(n *html.Node) bool {
	return n.Data == "select" || n.Data == "textarea" || n.Data == "input" && attribute(n, "type") != "hidden"
}

func fieldsIn(n *html.Node) (count int) {
	elements(n, func(e *html.Node) {
		if isField(e) {
			count++
		}
	})
	return count
}

func within(n *html.Node, name string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == name {
			return true
		}
	}
	return false
}

// words are what is read aloud of an element.
func words(n *html.Node) string {
	switch {
	case n.Type == html.TextNode:
		return strings.TrimSpace(n.Data)
	case attribute(n, "aria-hidden") == "true" || has(n, "hidden"):
		return ""
	case attribute(n, "aria-label") != "":
		return attribute(n, "aria-label")
	}
	var said []string
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		said = append(said, words(c))
	}
	return strings.TrimSpace(strings.Join(said, " "))
}

func TestLinksAndButtonsHaveNames(t *testing.T) {
	t.Parallel()
	for _, d := range drawAll(t) {
		elements(d.tree, func(n *html.Node) {
			name := words(n)
			if has(n, "hidden") {
				name = "shown by script"
			}
			if slices.Contains([]string{"a", "button", "summary"}, n.Data) && name == "" {
				t.Errorf("%s: %s has no name", d.name, source(n))
			}
			if n.Data == "a" && !has(n, "href") {
				t.Errorf("%s: %s leads nowhere", d.name, source(n))
			}
			if n.Data == "button" && attribute(n, "type") == "" {
				t.Errorf("%s: the button %q has no type", d.name, name)
			}
			if n.Data == "img" && !has(n, "alt") {
				t.Errorf("%s: %s has no alt", d.name, source(n))
			}
		})
	}
}

func TestTablesHaveCaptionsAndScopes(t *testing.T) {
	t.Parallel()
	for _, d := range drawAll(t) {
		elements(d.tree, func(n *html.Node) {
			switch {
			case n.Data == "table" && (n.FirstChild == nil || n.FirstChild.Data != "caption" || words(n.FirstChild) == ""):
				t.Errorf("%s: a table has no caption", d.name)
			case n.Data == "th" && (attribute(n, "scope") == "" || words(n) == ""):
				t.Errorf("%s: %s has no scope or no word", d.name, source(n))
			case n.Data == "td" && !has(n, "data-label"):
				t.Errorf("%s: %s has no label on narrow screens", d.name, source(n))
			case n.Data == "tr" && n.Parent.Data == "tbody" && cells(n) != cells(headOf(n)):
				t.Errorf("%s: a row has %d cells under %d heads", d.name, cells(n), cells(headOf(n)))
			}
		})
	}
}

// headOf is the row of a table's head.
func headOf(row *html.Node) (head *html.Node) {
	elements(row.Parent.Parent, func(n *html.Node) {
		if n.Data == "tr" && n.Parent.Data == "thead" {
			head = n
		}
	})
	return head
}

func cells(row *html.Node) (count int) {
	elements(row, func(n *html.Node) {
		if n.Data == "td" || n.Data == "th" {
			count++
		}
	})
	return count
}

func TestHeadingsStepDownOneByOne(t *testing.T) {
	t.Parallel()
	for _, d := range drawAll(t) {
		first, last := 0, 0
		elements(d.tree, func(n *html.Node) {
			if len(n.Data) != 2 || n.Data[0] != 'h' || n.Data[1] < '1' || n.Data[1] > '6' {
				return
			}
			level := int(n.Data[1] - '0')
			if level > last+1 {
				t.Errorf("%s: <%s> %q follows level %d", d.name, n.Data, words(n), last)
			}
			if level == 1 {
				first++
			}
			last = level
		})
		if first != 1 {
			t.Errorf("%s has %d headings of the first level", d.name, first)
		}
	}
}

func TestAPageHasOneMainButtonAtMost(t *testing.T) {
	t.Parallel()
	for _, d := range drawAll(t) {
		var main []string
		elements(d.tree, func(n *html.Node) {
			if slices.Contains(strings.Fields(attribute(n, "class")), "main") && n.Data != "nav" {
				main = append(main, words(n))
			}
		})
		if len(main) > 1 {
			t.Errorf("%s: %q are all main buttons", d.name, main)
		}
	}
}
