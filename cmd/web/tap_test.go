package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// A tap stands between the desk and its Noa. What is secret of what goes through
// is looked for everywhere else, and nothing secret may go where others write logs: into addresses.
type tap struct {
	*search
	behind http.Handler
	mu     sync.Mutex
	fault  http.HandlerFunc
	failed map[string]int // how often a fault answered, by path
}

func (t *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	t.learn(body)
	if token, sent := strings.CutPrefix(r.Header.Get("Authorization"), "JWT "); sent {
		t.markers.jwt("token in use", token)
	}
	t.keepQuestion(r)
	inner := httptest.NewRecorder()
	t.now(r.URL.Path)(inner, r)
	t.learn(inner.Body.Bytes())
	maps.Copy(w.Header(), inner.Header())
	w.WriteHeader(inner.Code)
	_, _ = w.Write(inner.Body.Bytes())
}

// keepQuestion keeps the address and all headers but the one in which a token belongs.
func (t *tap) keepQuestion(r *http.Request) {
	header := r.Header.Clone()
	header.Del("Authorization")
	var text bytes.Buffer
	text.WriteString(r.RequestURI + "\n")
	_ = header.Write(&text)
	t.keep("question to Noa", text.Bytes())
}

// learn takes the secrets out of a question or an answer.
func (t *tap) learn(body []byte) {
	var said struct {
		Assertion string `json:"assertion"`
		JWT       string `json:"jwt"`
		Token     string `json:"token"`
		Refresh   string `json:"refresh_token"`
		Key       string `json:"private_key"`
	}
	if json.Unmarshal(body, &said) != nil {
		return
	}
	for secret, value := range map[string]string{"assertion": said.Assertion, "token": said.JWT, "operator's token": said.Token} {
		if strings.Count(value, ".") == 2 {
			t.markers.jwt(secret, value)
		}
	}
	if said.Refresh != "" {
		t.markers.text("refresh token", said.Refresh)
	}
	if said.Key != "" {
		t.markers.key("registered key", said.Key)
	}
}

// now is who answers at present.
func (t *tap) now(path string) http.HandlerFunc {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fault != nil {
		t.failed[path]++
		return t.fault
	}
	return t.behind.ServeHTTP
}

// fails has another answer in Noa's place; nil heals it.
func (t *tap) fails(fault http.HandlerFunc) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fault = fault
}
