package handlers

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"noadesk/internal/staff"
)

// hostile are texts that others may put into Noa.
var hostile = []string{
	"<script>alert(1)</script>", "</title><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "<svg/onload=alert(1)>",
	"javascript:alert(1)", "</textarea><script>alert(1)</script>", "<a href=\"//evil.example\">x</a>", "{{7*7}}", "&lt;script&gt;", "\u202eturned\u202c", "\u2066in\u2069",
	"a\x00b", "\ufeff", "line\r\nSet-Cookie: a=b", "\x1b[31mred", strings.Repeat("W", 10_000), strings.Repeat("\u0301", 1000), "🚲🚲", "hx-get=/logout", "<!--", "]]>", "<style>*{display:none}</style>",
}

// poisoned answers with what Noa has, each text of it replaced.
func (f *front) poisoned(text string) http.HandlerFunc {
	quoted, err := json.Marshal(text)
	if err != nil {
		f.t.Fatal(err)
	}
	const id = "11111111-1111-4111-8111-111111111111"
	body := strings.ReplaceAll(`{"uuid":"`+id+`","name":§,"description":§,"note":§,"serial_number":§,"short_id":§,"bicycle_model_name":§,"bleid":§,"device_type":§,
		"state":§,"message":§,"category":§,"type":§,"asset_state":§,"bicycle":§,"organization":§,"tags":[{"uuid":"`+id+`","tag_declaration_name":§}],
		"transition":§,"timestamp":"2026-11-01T10:00:00Z","phone_numbers":{"a":§},"features":[{"name":§}],
		"preference":{"timezone":§,"currency":§,"support_email":§,"unit_system":§,"support_phone_number":§,"tax_percent":§}}`, "§", string(quoted))
	page := `{"count":1,"next":null,"previous":null,"results":[` + body + `]}`
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.Count(r.URL.Path, "/") == 3 || strings.HasSuffix(r.URL.Path, "/transitions/") {
			answers(http.StatusOK, "application/json", page)(w, r)
			return
		}
		answers(http.StatusOK, "application/json", body)(w, r)
	}
}

// shape is what a page consists of, without its texts.
func (a *answer) shape() string {
	var b strings.Builder
	for _, n := range a.doc.Find("*").Nodes {
		b.WriteString(n.Data)
		for _, at := range n.Attr {
			switch {
			case strings.HasPrefix(at.Key, "on"):
				a.t.Errorf("an element has %s", at.Key)
			case at.Key == "href" && (strings.HasPrefix(at.Val, "javascript:") || strings.HasPrefix(at.Val, "//")):
				a.t.Errorf("a link leads to %.40q", at.Val)
			}
			b.WriteString(" " + at.Key)
		}
		b.WriteString(";")
	}
	return b.String()
}

func TestTextsOfOthersAreInert(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Admin)
	b.get(h.path("bicycles")).is(http.StatusOK)
	const id = "11111111-1111-4111-8111-111111111111"
	for _, path := range []string{"bicycles", "bicycles/" + id + "?wait=1", "trips", "trips/" + id, "tickets", "tickets/" + id + "?wait=1", "tickets/new?bicycle=" + id, "desk?wait=1", "organisation?wait=1", "search?q=11"} {
		h.noa.heals()
		h.noa.fails("/api/", h.noa.poisoned("harmless"))
		want := b.get(h.path(path)).shape()
		for _, text := range hostile {
			h.noa.heals()
			h.noa.fails("/api/", h.noa.poisoned(text))
			a := b.get(h.path(path))
			if a.StatusCode >= 400 || a.shape() != want {
				t.Errorf("%s with %.30q: %d, other elements than with a harmless text", path, text, a.StatusCode)
			}
			if strings.ContainsAny(a.body, "\x00\x1b") || strings.Contains(a.body, "\u202e") || len(a.Header.Values("Set-Cookie")) != 0 {
				t.Errorf("%s with %.30q: it is still in there", path, text)
			}
		}
	}
}
