package handlers

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"noadesk/internal/staff"
	"noadesk/internal/store"
)

func TestRecordIsFilteredAndExported(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(staff.Security)
	e := store.Event{Actor: "=cmd|' /C calc'!A0", Organisation: h.org.UUID, Action: "ticket.file", Object: "+1", Detail: map[string]string{"b": "2", "a": "<1>"}}
	if err := h.db.Change(t.Context(), e, func(*store.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for query, says := range map[string]string{
		"what=ticket.file":      "ticket.file",
		"on=%2B1":               "ticket.file",
		"q=calc":                "ticket.file",
		"who=nobody":            "No record matches.",
		"from=2000-01-01":       "key.import",
		"to=2000-01-02":         "No record matches.",
		"what=ticket.file&page": "This page does not know the parameter “page”",
	} {
		a := b.get(h.path("audit?"+query)).framed().is(http.StatusOK, says)
		if strings.HasPrefix(query, "what=") && strings.Contains(a.text("table"), "key.import") {
			t.Errorf("%s: %s", query, a.text("table"))
		}
	}
	for _, query := range []string{"from=x", "to=2026-13-01", "before=0", "who=a&who=b", "q=%00"} {
		b.get(h.path("audit?" + query)).framed().is(http.StatusBadRequest)
		b.get(h.path("audit.csv?" + query)).framed().is(http.StatusBadRequest)
	}
	lines := b.get(h.path("audit.ndjson?what=ticket.file")).is(http.StatusOK).body
	if !strings.HasPrefix(lines, `{"seq":`) || strings.Count(lines, "\n") != 1 || !strings.Contains(lines, `"detail":{"a":"<1>","b":"2"}`) {
		t.Errorf("lines %q", lines)
	}
	a := b.get(h.path("audit.csv?what=ticket.file")).is(http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][2] != "'=cmd|' /C calc'!A0" || rows[1][4] != "'+1" || rows[1][5] != "a: <1>; b: 2" {
		t.Errorf("table %q, %v", rows, err)
	}
	if got := a.Header.Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="kulan-audit-20`) || !strings.HasSuffix(got, `.csv"`) {
		t.Errorf("it comes as %q", got)
	}
}

func TestCellsAreNoFormulas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "4711": "4711", "=1+1": "'=1+1", "+49": "'+49", "-1": "'-1", "@a": "'@a", "\tx": "'\tx", "\r": "'\r", "\n=1": "'\n=1", "＝1": "'＝1", "a=1": "a=1", "ü": "ü",
	} {
		if got := cell(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
