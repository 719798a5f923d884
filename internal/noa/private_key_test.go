package noa

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
)

// given is the key as it is handed over, "" where it was before.
func given(k PrivateKey) string {
	var text string
	_ = k.Give(func(pem []byte) error { text = string(pem); return nil })
	return text
}

func TestAPrivateKeyIsHandedOverOnceAndWiped(t *testing.T) {
	t.Parallel()
	k := newPrivateKey([]byte("marker"))
	another := k
	var kept []byte
	refused := errors.New("refused")
	if err := k.Give(func(pem []byte) error { kept = pem; return refused }); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if !bytes.Equal(kept, make([]byte, len("marker"))) {
		t.Errorf("left as %q", kept)
	}
	for _, k := range []PrivateKey{k, another, {}} {
		called := false
		if err := k.Give(func([]byte) error { called = true; return nil }); !errors.Is(err, errGiven) || called {
			t.Errorf("given again: %v, %v", called, err)
		}
	}
}

func TestAPanicWipesTheKeyToo(t *testing.T) {
	t.Parallel()
	var kept []byte
	func() {
		defer func() { _ = recover() }()
		_ = newPrivateKey([]byte("marker")).Give(func(pem []byte) error { kept = pem; panic("x") })
	}()
	if len(kept) == 0 || strings.Trim(string(kept), "\x00") != "" {
		t.Errorf("left as %q", kept)
	}
}

func TestOfManyTakersOneGetsTheKey(t *testing.T) {
	t.Parallel()
	k := newPrivateKey([]byte("marker"))
	var got atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if given(k) == "marker" {
				got.Add(1)
			}
		})
	}
	all.Wait()
	if got.Load() != 1 {
		t.Errorf("given %d times", got.Load())
	}
}

func TestAPrivateKeyIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const marker = "marker-of-a-key"
	k := newPrivateKey([]byte(marker))
	inside := struct {
		Key    PrivateKey
		hidden PrivateKey
	}{k, k}
	for _, v := range []any{k, &k, inside, &inside, []PrivateKey{k}, map[string]PrivateKey{"a": k}} {
		var all bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%U"} {
			fmt.Fprintf(&all, verb, v)
		}
		out, _ := json.Marshal(v) // some cannot be written, which is as well
		all.Write(out)
		_ = gob.NewEncoder(&all).Encode(v)
		slog.New(slog.NewTextHandler(&all, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&all, nil)).Info("m", "v", v)
		for _, form := range []string{marker, fmt.Sprintf("%x", marker), fmt.Sprintf("%X", marker), fmt.Sprint([]byte(marker)), fmt.Sprintf("%U", []byte(marker))} {
			if strings.Contains(all.String(), form) {
				t.Errorf("%T: %s", v, all.String())
			}
		}
	}
	if got := fmt.Sprint(k); got != redacted {
		t.Errorf("printed as %q", got)
	}
	if got := given(inside.hidden); got != marker {
		t.Errorf("handed over as %q", got)
	}
}

func TestAKeyIsReadInEveryFormOfJSON(t *testing.T) {
	t.Parallel()
	for quoted, want := range map[string]string{
		`"-----BEGIN\nQ+/=\r\n"`:              "-----BEGIN\nQ+/=\r\n",
		`"Q\u002B\u002b\u002f\/\u000A\"\\\t"`: "Q++//\n\"\\\t",
		`"\b\f"`:                              "\b\f",
		`""`:                                  "", `null`: "", `17`: "", `["a"]`: "", `{}`: "",
		`"ä"`: "", `"a\u00e4"`: "", `"\u0100"`: "", `"\ud83d\ude00"`: "",
	} {
		var got keyText
		if err := json.Unmarshal([]byte(quoted), &got); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v, want %q", quoted, got, err, want)
		}
	}
	for _, broken := range []string{`\`, `\u`, `\u00`, `\u00zz`, `\x`} {
		if text, ok := unquote([]byte(broken)); ok {
			t.Errorf("%s: got %q", broken, text)
		}
	}
}

func TestASecretIsReadWithoutMovingIt(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]error{0: nil, 9: nil, 10: nil, 11: errTooLarge, 1000: errTooLarge} {
		from := iotest.DataErrReader(iotest.OneByteReader(strings.NewReader(strings.Repeat("x", length))))
		body, err := readOnce(nil, from, 10)
		if !errors.Is(err, want) || len(body) != min(length, 11) || cap(body) != 11 || strings.Trim(string(body), "x") != "" {
			t.Errorf("%d: %d read, %v", length, len(body), err)
		}
	}
	if body, err := readOnce(nil, io.MultiReader(strings.NewReader("x"), brokenReader{}), 10); !errors.Is(err, io.ErrUnexpectedEOF) || len(body) != 1 {
		t.Errorf("%d read, %v", len(body), err)
	}
}

// A witness keeps hold of the memory that answers are read into.
type witness struct {
	real http.RoundTripper
	seen [][]byte
}

func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.real.RoundTrip(r)
	if err == nil {
		resp.Body = witnessed{resp.Body, w}
	}
	return resp, err
}

type witnessed struct {
	io.ReadCloser
	by *witness
}

func (b witnessed) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.by.seen = append(b.by.seen, p[:n])
	return n, err
}

func TestAnAnswerWithASecretIsWipedWhetherItIsTakenOrNot(t *testing.T) {
	t.Parallel()
	for name, api := range map[string]http.HandlerFunc{
		"taken": says(201, example(t, "client-app-create-response")), "refused": keyAs(500, "application/json"),
		"HTML": keyAs(201, "text/html"), "broken": says(201, `{"private_key": "marker`), "cut off": short, "too large": endless,
	} {
		o := office(t, api).operator()
		w := &witness{real: o.noa.api.Transport}
		o.noa.api.Transport = w
		_, key, _ := o.Register(t.Context(), NewClientApp{Organization: ourOrganization, Name: "desk"})
		if _, err := o.noa.SignIn(t.Context(), someEmail, somePassword); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		o.noa.api.Transport = w.real
		read := 0
		for _, piece := range w.seen {
			read += len(piece)
			if strings.Trim(string(piece), "\x00") != "" {
				t.Errorf("%s: %d bytes were left in memory", name, len(piece))
			}
		}
		if read < 300 || (name == "taken") != (given(key) != "") {
			t.Errorf("%s: %d bytes were seen", name, read)
		}
	}
}
