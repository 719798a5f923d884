package handlers

import (
	"net/http"
	"strings"
	"time"
)

// download says that what follows is a file: named by us, never shown in a page.
func download(w http.ResponseWriter, v *visit, name, ending, kind string) {
	file := v.org.Slug + "-" + name + "-" + time.Now().In(v.zone()).Format(time.DateOnly) + "." + ending
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+file+`"`)
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
}

// broken ends a download that failed on its way: the reader must not take the part for the whole.
func broken(err error) error {
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// cell is a text for a spreadsheet, which must not take it for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsAny(text[:1], "=+-@\t\r\n\x00") {
		return "'" + text
	}
	for _, wide := range []string{"＝", "＋", "－", "＠"} {
		if strings.HasPrefix(text, wide) {
			return "'" + text
		}
	}
	return text
}
