package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"noadesk/internal/staff"
)

// lines are the log's lines of one kind.
func (l *logBook) lines(t *testing.T, message string) (list []map[string]any) {
	t.Helper()
	for line := range strings.Lines(l.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("not one line of JSON: %v", err)
		}
		if entry["msg"] == message {
			list = append(list, entry)
		}
	}
	return list
}

func TestLogNamesRoutesAndNothingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("vera-marker@example.org", staff.Admin, "")
	b := h.browser()
	b.post("/login", credentials("vera-marker@example.org", "wrong-password-marker"))
	b.post("/login", credentials("vera-marker@example.org", password))
	session := b.jar["noadesk"]
	id := h.noa.bicycle("4711")
	b.get(h.path("bicycles?q=query-marker%0d%0a%1b%5b31m&evil%0aname=value-marker"), "User-Agent", "agent-marker\x1b", "Referer", "http://referer-marker/")
	b.get(h.path("bicycles?q=search-marker"))
	b.get(h.path("bicycles/path-marker%0aline"))
	b.get("/path-marker-too")
	b.get(h.path("bicycles/" + id))
	b.post(h.path("tickets"), url.Values{"message": {"text-marker"}, "category": {"bicycle_damaged"}, "bicycle": {"4711"}})
	h.noa.fails("/api/support_tickets/", answers(http.StatusBadRequest, "application/json", `{"detail":{"message":[{"message":"upstream-marker","code":"code\nmarker"}]}}`))
	b.post(h.path("tickets"), url.Values{"message": {"text-marker"}})
	h.noa.fails("/api/", html200)
	b.get(h.path("bicycles?q=search-marker"))
	b.post(h.path("keys"), url.Values{"client": {"c"}, "key": {sealedPEM}, "passphrase": {sealedPassphrase}})
	b.post(h.path("people"), url.Values{"name": {"N"}, "email": {"new@example.org"}, "password": {"password-marker-of-somebody"}, "role": {"viewer"}})
	log := h.log.String()
	for _, marker := range []string{
		"query-marker", "value-marker", "agent-marker", "referer-marker", "search-marker", "path-marker", "text-marker", "upstream-marker", htmlMarker,
		"wrong-password-marker", "password-marker", password, session, sealedPassphrase, "eyJ", "JWT ", "BEGIN ", id, "\\u001b", "code\\nmarker",
	} {
		if strings.Contains(log, marker) {
			t.Errorf("the log has %.20q", marker)
		}
	}
	routes := map[string]bool{}
	for _, line := range h.log.lines(t, "request") {
		routes[line["method"].(string)+" "+line["route"].(string)] = true
		if len(line) != 10 || line["request"] == "" || line["from"] == "" {
			t.Errorf("line %v", line)
		}
	}
	for _, want := range []string{"POST /login", "GET /o/{org}/bicycles", "GET /o/{org}/bicycles/{id}", "POST /o/{org}/tickets", "POST /o/{org}/keys", "GET "} {
		if !routes[want] {
			t.Errorf("no line of %q among %v", want, routes)
		}
	}
	if len(h.log.lines(t, "failed")) < 3 {
		t.Errorf("failures %v", h.log.lines(t, "failed"))
	}
}

func TestReaderWhoLeavesIsNoError(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.unknown((&http.Request{URL: &url.URL{}}).WithContext(t.Context()))
	v.note(http.StatusInternalServerError, context.Canceled)
	v.note(http.StatusInternalServerError, errPanic)
	lines := h.log.lines(t, "failed")
	if len(lines) != 2 || lines[0]["level"] != "INFO" || lines[1]["level"] != "ERROR" {
		t.Errorf("got %v", lines)
	}
}
