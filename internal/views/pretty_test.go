package views

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// width is up to where an element stands on one line of a golden file.
const width = 140

// pretty writes HTML with an element a line, so that a diff of it can be read.
func pretty(t *testing.T, text string) string {
	t.Helper()
	nodes := []*html.Node{}
	if strings.HasPrefix(text, "<!doctype") || strings.HasPrefix(text, "<!DOCTYPE") {
		document, err := html.Parse(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, document.LastChild)
	} else {
		nodes = fragment(t, text)
	}
	var b strings.Builder
	for _, n := range nodes {
		layOut(&b, n, 0)
	}
	return b.String()
}

// fragment parses what stands within a page's main element.
func fragment(t *testing.T, text string) []*html.Node {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(text), &html.Node{Type: html.ElementNode, Data: "main", DataAtom: atom.Main})
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

func layOut(b *strings.Builder, n *html.Node, depth int) {
	line := strings.TrimSpace(source(n))
	if line == "" {
		return
	}
	indent := strings.Repeat("  ", depth)
	if n.FirstChild == nil || len(line) <= width && !strings.Contains(line, "\n") || verbatim(n) {
		b.WriteString(indent + line + "\n")
		return
	}
	open, _, _ := strings.Cut(line, ">")
	b.WriteString(indent + open + ">\n")
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		layOut(b, c, depth+1)
	}
	b.WriteString(indent + "</" + n.Data + ">\n")
}

// source is a node as HTML again; runs of white space between words are one space.
func source(n *html.Node) string {
	var b bytes.Buffer
	if err := html.Render(&b, n); err != nil {
		return err.Error()
	}
	if n.Type == html.TextNode && !verbatim(n.Parent) {
		return strings.Join(strings.Fields(b.String()), " ")
	}
	return b.String()
}

// verbatim says whether white space counts within n.
func verbatim(n *html.Node) bool {
	return n != nil && (n.Data == "pre" || n.Data == "textarea" || n.Data == "title")
}
