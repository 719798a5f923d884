package views

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"

	"noadesk/internal/noa"
)

// hostile are texts that try to be more than text. Each holds a visible
// letter, so that a page takes the same turns as with a harmless one.
var hostile = []string{
	"<script>alert(1)</script>", "</title><script>alert(1)</script>", "</textarea><script>alert(1)</script>", "</pre><b>x", "</option></select><img src=x onerror=alert(1)>",
	"<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<svg><use href=//evil.example/#x>", "<iframe src=javascript:alert(1)>", "<base href=//evil.example/>",
	"<meta http-equiv=refresh content=0;url=//evil.example>", "<form action=//evil.example><input name=password>", "<style>*{display:none}</style>", "<!-- x", "--><b>x", "<![CDATA[x]]>", "<?php x ?>",
	`" onmouseover="alert(1)`, `' onmouseover='alert(1)`, "x onmouseover=alert(1)", "` onmouseover=`alert(1)", `"><b>x</b>`, `'><b>x</b>`, `\"><b>x`, `" style="display:none`, `" hx-get="//evil.example" hx-trigger="load`,
	"javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "//evil.example/x", `\\evil.example\x`, "https://evil.example/x",
	"../../admin", "x/../../logout", "%2e%2e%2fadmin", "?next=//evil.example", "#main", "x&y;=&lt;b&gt;", "&lt;script&gt;x", "&#60;b&#62;", "&quot; onclick=x",
	"x\x00y", "\x00<b>x", "x\r\n\r\n<b>", "x\ny\nz", "x\ty\vz\f", "x\x1b[31mred", "x\u202ereversed", "\u2067x\u2066y", "x\u200f\u200e\u061c", "x\u2028y\u2029z", "\ufeffx", "x\u200by",
	"{{ x }}", "${x}", "{ x }", "\xff\xfe<b>x", "+ADw-script+AD4-x", "🚲<b>", strings.Repeat("x<", 500),
}

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	if len(hostile) < 40 {
		t.Fatalf("%d texts", len(hostile))
	}
	for _, s := range append(samples(t), plainSamples(t)...) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			want := skeleton(spoilt(t, s.page, filler{"harmless", true}))
			for _, text := range hostile {
				document := spoilt(t, s.page, filler{text, true})
				if got := skeleton(document); got != want {
					t.Fatalf("%q changes the page from\n%s\nto\n%s", text, want, got)
				}
				links(t, text, document)
			}
		})
	}
}

func TestNoasTextTurnsNoOthersRound(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		if !strings.ContainsFunc(text, disturbs) {
			continue
		}
		for _, s := range samples(t) {
			turned(t, s.name, text, spoilt(t, s.page, filler{text, false}))
		}
	}
}

// spoilt is a page, and the frame round it, with another text in it.
func spoilt(t *testing.T, p Page, f filler) *goquery.Document {
	t.Helper()
	page := f.value(reflect.ValueOf(p)).Interface().(Page)
	frame := f.value(reflect.ValueOf(whole)).Interface().(Frame)
	document, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, Document(frame, page))))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// A filler copies values with a text in place of all that is not empty.
type filler struct {
	text       string
	everywhere bool // else in what Noa gave only
}

// value copies v. Keys of maps stay, but for those that are Noa's words, and
// so do addresses but for what is asked in them.
func (f filler) value(v reflect.Value) reflect.Value {
	switch is := v.Interface().(type) {
	case time.Time, *time.Location:
		return v
	case Address:
		return reflect.ValueOf(is.With("q", f.text).With(f.text, f.text))
	}
	switch v.Kind() {
	case reflect.String:
		if f.everywhere && v.String() != "" {
			return reflect.ValueOf(f.text).Convert(v.Type())
		}
	case reflect.Pointer:
		return f.pointer(v)
	case reflect.Struct:
		return f.fields(v)
	case reflect.Slice:
		return f.slice(v)
	case reflect.Map:
		return f.table(v)
	}
	return v
}

func (f filler) pointer(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	to := reflect.New(v.Type().Elem())
	to.Elem().Set(f.value(v.Elem()))
	return to
}

// fields leaves uuids as they are where only Noa's words are filled: its client takes no row without a true one.
func (f filler) fields(v reflect.Value) reflect.Value {
	inside := f
	inside.everywhere = f.everywhere || v.Type().PkgPath() == reflect.TypeFor[noa.Bicycle]().PkgPath()
	to := reflect.New(v.Type()).Elem()
	to.Set(v)
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.IsExported() && (f.everywhere || field.Name != "UUID") {
			to.Field(i).Set(inside.value(v.Field(i)))
		}
	}
	return to
}

func (f filler) slice(v reflect.Value) reflect.Value {
	to := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	for i := range v.Len() {
		to.Index(i).Set(f.value(v.Index(i)))
	}
	return to
}

func (f filler) table(v reflect.Value) reflect.Value {
	to := reflect.MakeMap(v.Type())
	for _, k := range v.MapKeys() {
		key := k
		if v.Type().Elem() == reflect.TypeFor[noa.Phone]() {
			key = f.value(k)
		}
		to.SetMapIndex(key, f.value(v.MapIndex(k)))
	}
	return to
}

// skeleton is a document without its texts: elements and the names of their attributes.
func skeleton(d *goquery.Document) string {
	var b strings.Builder
	elements(d.Nodes[0], func(n *html.Node) {
		b.WriteString(n.Data)
		for _, a := range n.Attr {
			b.WriteString(" " + a.Key)
		}
		b.WriteByte('\n')
	})
	return b.String()
}

// links fails where a link leads away from the desk.
func links(t *testing.T, text string, d *goquery.Document) {
	t.Helper()
	base := &url.URL{Scheme: "https", Host: "desk.example", Path: "/here"}
	d.Find("[href], [src], [action], [hx-get]").Each(func(_ int, s *goquery.Selection) {
		for _, name := range []string{"href", "src", "action", "hx-get"} {
			address, ok := s.Attr(name)
			if !ok || address == "about:invalid#TemplFailedSanitizationURL" || strings.HasPrefix(address, "geo:") {
				continue
			}
			to, err := base.Parse(address)
			if err != nil || to.Scheme != "https" || to.Host != "desk.example" {
				t.Errorf("%q makes the link %q", text, address)
			}
		}
	})
}

// turned fails where a text could turn the words beside it round.
func turned(t *testing.T, name, text string, d *goquery.Document) {
	t.Helper()
	loose := d.Find("body").Clone()
	loose.Find("bdi, textarea").Remove()
	if i := strings.IndexFunc(loose.Text(), disturbs); i >= 0 {
		t.Errorf("%s: %q leaves %.4q outside of a bdi", name, text, loose.Text()[i:])
	}
}

// disturbs says whether a letter can do something to those beside it.
func disturbs(r rune) bool { return turns(r) || unicode.IsControl(r) && !unicode.IsSpace(r) }
