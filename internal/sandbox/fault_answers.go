package sandbox

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// suffer answers a call that a fault struck. Do answers it in earnest.
func (s *Sandbox) suffer(f Fault, w http.ResponseWriter, r *http.Request, do func(http.ResponseWriter)) {
	if !waited(r.Context(), f.Delay) {
		return
	}
	switch f.Kind {
	case Slow, Duplicates, Shrinking:
		do(w)
	case Cut:
		panic(http.ErrAbortHandler)
	case Refuse, Page:
		s.refuse(f, w, r)
	case Endless:
		endless(w)
	case Bomb:
		bomb(w)
	default:
		r.Header.Del("If-None-Match") // else there may be nothing to spoil
		kept := &recorder{header: w.Header(), status: http.StatusOK}
		do(kept)
		kept.spoil(f.Kind, w)
	}
}

// waited says whether the caller was still there at the end.
func waited(ctx context.Context, delay time.Duration) bool {
	if delay == 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// refuse answers in the call's place.
func (s *Sandbox) refuse(f Fault, w http.ResponseWriter, r *http.Request) {
	status := cmp.Or(f.Status, http.StatusInternalServerError)
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", s.retryAfter(f))
	}
	a := answer{status: status}
	if f.Kind == Refuse {
		a.body = injected(status, f.Code, isAPI(r.URL.Path))
	}
	s.write(w, r, endpoint{}, a, nil)
}

func (s *Sandbox) retryAfter(f Fault) string {
	if f.RetryAfterDate {
		return s.now().Add(f.RetryAfter).UTC().Format(http.TimeFormat)
	}
	return strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds())))
}

// said is what Noa says with a status.
var said = map[int]struct{ message, code string }{
	http.StatusUnauthorized:    {"Signature has expired.", "authentication_failed"},
	http.StatusForbidden:       {"You do not have permission to perform this action.", "permission_denied"},
	http.StatusNotFound:        {"Not found.", "not_found"},
	http.StatusTooManyRequests: {"Request was throttled.", "throttled"},
	http.StatusBadRequest:      {"Invalid input.", "invalid"},
	http.StatusConflict:        {"The record was changed in the meantime.", "conflict"},
}

// injected is the body of a refusal. A conflict is the flat shape.
func injected(status int, code string, api bool) any {
	text, known := said[status]
	if !known {
		text.message, text.code = "Internal Server Error.", "server_error"
	}
	code = cmp.Or(code, text.code)
	switch {
	case !api:
		return map[string]string{"error": code}
	case code == "conflict":
		return envelope{complaint(text.message, code)}
	}
	return general(status, text.message, code).body
}

// A recorder keeps an answer back. Its header is that of the real one.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header belongs to [http.ResponseWriter].
func (k *recorder) Header() http.Header { return k.header }

// WriteHeader belongs to [http.ResponseWriter].
func (k *recorder) WriteHeader(status int) { k.status = status }

// Write belongs to [http.ResponseWriter].
func (k *recorder) Write(p []byte) (int, error) { return k.body.Write(p) }

// spoil sends the answer with the fault in it.
func (k *recorder) spoil(kind FaultKind, w http.ResponseWriter) {
	body := k.body.Bytes()
	switch kind {
	case CutAfter:
		panic(http.ErrAbortHandler)
	case CutBody:
		k.send(w, body, len(body)/2)
		panic(http.ErrAbortHandler)
	case Truncated:
		body = body[:len(body)/2]
	case WrongType:
		k.header.Set("Content-Type", "text/plain; charset=utf-8")
	case NoToken:
		body = []byte("{}\n")
	default:
		body = k.spoilJSON(kind)
	}
	k.header.Del("ETag") // it belongs to what was meant
	k.send(w, body, len(body))
}

func (k *recorder) send(w http.ResponseWriter, body []byte, until int) {
	if k.status != http.StatusNoContent {
		k.header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(k.status)
	_, _ = w.Write(body[:until])
	_ = http.NewResponseController(w).Flush()
}

// spoilJSON leaves alone what is not JSON.
func (k *recorder) spoilJSON(kind FaultKind) []byte {
	decoder := json.NewDecoder(bytes.NewReader(k.body.Bytes()))
	decoder.UseNumber()
	var value any
	if !strings.HasPrefix(k.header.Get("Content-Type"), jsonType) || decoder.Decode(&value) != nil {
		return k.body.Bytes()
	}
	text, err := plainJSON(spoiled(kind, "", value))
	if err != nil {
		panic(fmt.Sprint("sandbox: encode what was decoded: ", err))
	}
	return append(text, '\n')
}

const spaces = 64 << 10

// endless writes until the caller has had enough.
func endless(w http.ResponseWriter) {
	w.Header().Set("Content-Type", jsonType)
	for block := bytes.Repeat([]byte(" "), spaces); ; {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// bomb grows a thousandfold where it is unpacked.
func bomb(w http.ResponseWriter) {
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Content-Encoding", "gzip")
	packer := gzip.NewWriter(w)
	block := bytes.Repeat([]byte(" "), spaces)
	for range 1 << 30 / spaces {
		if _, err := packer.Write(block); err != nil {
			return
		}
	}
	_ = packer.Close()
}
