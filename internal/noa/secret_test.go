package noa

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestATokenIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const marker = "marker-of-a-token"
	tok := &token{value: newSecret(marker), expires: time.Now()}
	s := &source{held: tok}
	f := &Fleet{access: &access{source: s}}
	g := grant{value: newSecret(marker)}
	for _, v := range []any{tok, *tok, tok.value, &tok.value, g, &g, s, f, []secret{g.value}, map[string]secret{"a": g.value}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if out := fmt.Sprintf(verb, v); strings.Contains(out, marker) || strings.Contains(out, fmt.Sprintf("%x", marker)) {
				t.Errorf("%T with %s: %s", v, verb, out)
			}
		}
		out, _ := json.Marshal(v) // some cannot be written, which is as well
		var text, structured bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&structured, nil)).Info("m", "v", v)
		if all := string(out) + text.String() + structured.String(); strings.Contains(all, marker) {
			t.Errorf("%T: %s", v, all)
		}
	}
	if got := tok.value.reveal(); got != marker {
		t.Errorf("revealed as %q", got)
	}
	if got := fmt.Sprint(tok.value); got != redacted {
		t.Errorf("printed as %q", got)
	}
}

func TestNoErrorAndNoLogRepeatsASecret(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	secrets := make(chan string, 2)
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "JWT ")
		secrets <- token
		reply(w, http.StatusBadRequest, `{"detail": {"a": [{"message": "`+token+`", "code": "invalid"}]}}`)
	})
	n := p.noa(0)
	n.settings.Log = slog.New(slog.NewTextHandler(&log, nil))
	f := n.Fleet(Credential{ourOrganization, "desk", "f"})
	_, echoed := f.Bicycles(t.Context(), BicycleQuery{Search: "somebody"})
	p.sts = func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Assertion string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		secrets <- in.Assertion
		reply(w, http.StatusUnauthorized, `{"error": "unauthorized", "error_description": "`+in.Assertion+`"}`)
	}
	n.Forget(f.Credential())
	_, refused := f.Bicycles(t.Context(), BicycleQuery{Search: "somebody"})
	p.sts = reset
	_, broken := f.Prove(t.Context())
	waitFor(t, func() bool { return strings.Count(log.String(), "token exchange failed") == 2 })
	out := fmt.Sprintf("%v\n%+v\n%#v\n%v\n%s", echoed, refused, refused, broken, log.String())
	for _, s := range []string{<-secrets, <-secrets, "somebody"} {
		if strings.Contains(out, s) || strings.Contains(out, s[strings.LastIndexByte(s, '.')+1:]) {
			t.Errorf("an error or the log repeats %.5s…", s)
		}
	}
}

// A lockedBuffer may be written to while it is read.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
