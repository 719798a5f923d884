package noa

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

// A fault is what a call comes to.
type fault struct {
	api   http.HandlerFunc
	want  error
	calls int64 // that reach Noa
}

// well is some bicycle.
var well = says(http.StatusOK, `{"uuid": "`+someBicycle+`"}`)

// holdReads holds what reading a bicycle comes to, and that none of it is half a bicycle.
func holdReads(t *testing.T, rows map[string]fault) {
	t.Helper()
	for name, row := range rows {
		p := newPeer(t, row.api)
		b, err := p.fleet().Bicycle(t.Context(), someBicycle)
		if !errors.Is(err, row.want) || (err == nil) != (row.want == nil) || p.calls.Load() != row.calls {
			t.Errorf("%s: %v after %d calls, want %v after %d", name, err, p.calls.Load(), row.want, row.calls)
		}
		if err != nil && b.UUID != "" {
			t.Errorf("%s: half a bicycle: %+v", name, b)
		}
		if err != nil && strings.Contains(err.Error(), "hello") {
			t.Errorf("%s: the error repeats the answer: %v", name, err)
		}
	}
}

// holdChanges holds what filing a ticket comes to.
func holdChanges(t *testing.T, rows map[string]fault) {
	t.Helper()
	for name, row := range rows {
		p := newPeer(t, row.api)
		_, err := p.fleet().FileTicket(t.Context(), NewTicket{Message: "m"})
		if !errors.Is(err, row.want) || (err == nil) != (row.want == nil) || p.calls.Load() != row.calls {
			t.Errorf("%s: %v after %d calls, want %v after %d", name, err, p.calls.Load(), row.want, row.calls)
		}
		if errors.Is(err, ErrUnknownOutcome) && errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: %v says both", name, err)
		}
	}
}

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestU01ConnectionRefused(t *testing.T) {
	t.Parallel()
	p := newPeer(t, well)
	n := p.noa(0)
	f := n.Fleet(ourKey("f"))
	if _, err := f.Scopes(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.settings.API = parseURL(t, "https://"+closedPort(t)+"/api/")
	began := time.Now()
	if _, err := f.FileTicket(t.Context(), NewTicket{Message: "m"}); !errors.Is(err, ErrUnreachable) || errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("what was not sent did not happen: got %v", err)
	}
	_, err := f.Bicycle(t.Context(), someBicycle)
	if !errors.Is(err, ErrUnreachable) || !errors.Is(err, syscall.ECONNREFUSED) || Reason(err) != "connection refused" || time.Since(began) > 3*time.Second {
		t.Errorf("got %v (%s) after %v", err, Reason(err), time.Since(began))
	}
	for range 2 {
		_, _ = f.Bicycle(t.Context(), someBicycle)
	}
	if _, err := f.Bicycle(t.Context(), someBicycle); !errors.Is(err, errBroken) || !errors.Is(err, ErrUnreachable) {
		t.Errorf("after five refusals: got %v", err)
	}
}

// rst breaks the connection the hard way.
func rst(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if c, ok := conn.(interface{ NetConn() net.Conn }); ok {
		_ = c.NetConn().(*net.TCPConn).SetLinger(0)
		conn = c.NetConn()
	}
	_ = conn.Close()
}

func TestU02ResetBeforeTheHeaders(t *testing.T) {
	t.Parallel()
	holdReads(t, map[string]fault{
		"reset": {rst, ErrUnreachable, 2}, "reset, then well": {inTurn(rst, well), nil, 2},
		"hung up": {reset, ErrUnreachable, 2}, "hung up, then well": {inTurn(reset, well), nil, 2},
	})
	filed := says(201, example(t, "support-ticket-create-response"))
	holdChanges(t, map[string]fault{"reset": {inTurn(rst, filed), ErrUnknownOutcome, 1}, "hung up": {inTurn(reset, filed), ErrUnknownOutcome, 1}})
}

// cutOff ends a body that is long, and whole as far as one can see, before its time.
func cutOff(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(2<<20))
	_, _ = w.Write([]byte(`{"uuid": "` + someBicycle + `"}` + strings.Repeat(" ", 1<<20)))
	reset(w, r)
}

func TestU03ResetInTheBody(t *testing.T) {
	t.Parallel()
	holdReads(t, map[string]fault{"cut off": {short, ErrUnreachable, 2}, "a long one": {cutOff, ErrUnreachable, 2}, "cut off, then well": {inTurn(short, well), nil, 2}})
	holdChanges(t, map[string]fault{"cut off": {short, ErrUnknownOutcome, 1}})
}

// drips sends a byte now and then until nobody listens: of the headers, or of the body.
func drips(body bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		text := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		if body {
			_, _ = conn.Write([]byte(text + "Content-Length: 100000\r\n\r\n{"))
			text = strings.Repeat(" ", 100_000)
		}
		for i := range len(text) {
			if _, err := conn.Write([]byte(text[i : i+1])); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func TestU04SlowHeadersAndSlowBodies(t *testing.T) {
	t.Parallel()
	for name, api := range map[string]http.HandlerFunc{"headers": drips(false), "body": drips(true)} {
		p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/bicycles/"+someBicycle+"/" {
				well(w, r)
				return
			}
			api(w, r)
		})
		n := p.noa(0)
		n.limit = 1500 * time.Millisecond
		n.api.Transport.(*http.Transport).ResponseHeaderTimeout = 400 * time.Millisecond
		f := n.Fleet(ourKey("f"))
		mustRead(t, f)
		slow := make(chan error)
		began := time.Now()
		go func() {
			_, err := f.Trips(t.Context(), TripQuery{})
			slow <- err
		}()
		others := 0
		for range 10 {
			mustRead(t, f)
			others++
		}
		if err := <-slow; !errors.Is(err, ErrUnreachable) || Reason(err) != "timeout" || time.Since(began) > 6*time.Second {
			t.Errorf("%s: %v (%s) after %v", name, err, Reason(err), time.Since(began))
		}
		if _, err := f.FileTicket(t.Context(), NewTicket{Message: "m"}); !errors.Is(err, ErrUnknownOutcome) {
			t.Errorf("%s of the answer to a change: %v", name, err)
		}
	}
}

func TestU06FailuresAreFollowedByRecovery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newScript(says(500, `{}`))
		p := newMutePeer(t, api.ServeHTTP)
		f := p.wiredFleet(Settings{})
		for range 50 {
			before := p.calls.Load()
			if _, err := f.Bicycle(t.Context(), someBicycle); !errors.Is(err, ErrUnreachable) {
				t.Errorf("got %v", err)
			}
			if tries := p.calls.Load() - before; tries > 2 {
				t.Errorf("%d tries", tries)
			}
			time.Sleep(time.Second)
		}
		if n := p.calls.Load(); n > 5+60/5 {
			t.Errorf("%d calls in a minute that Noa was broken", n)
		}
		api.turn(well)
		back := time.Now()
		for ; time.Since(back) < 10*time.Second; time.Sleep(100 * time.Millisecond) {
			if _, err := f.Bicycle(t.Context(), someBicycle); err == nil {
				return
			}
		}
		t.Error("not back within ten seconds")
	})
	filed := says(201, example(t, "support-ticket-create-response"))
	holdChanges(t, map[string]fault{"500": {inTurn(says(500, `{}`), filed), ErrUnknownOutcome, 1}})
}

func TestU07PagesOfAProxyInPlaceOfAnAnswer(t *testing.T) {
	t.Parallel()
	html := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("<html>hello"))
		}
	}
	holdReads(t, map[string]fault{
		"502": {html(502), ErrUnreachable, 2}, "503": {html(503), ErrUnreachable, 2}, "504": {html(504), ErrUnreachable, 2},
		"502, then well": {inTurn(html(502), well), nil, 2}, "404": {html(404), ErrAnswer, 1}, "400": {html(400), ErrInvalid, 1},
		"413": {html(413), ErrAnswer, 1}, "407": {html(407), ErrAnswer, 1},
	})
	holdChanges(t, map[string]fault{"502": {html(502), ErrUnknownOutcome, 1}, "503": {html(503), ErrUnknownOutcome, 1}, "404": {html(404), ErrAnswer, 1}})
}

func TestU08HTMLWithASuccess(t *testing.T) {
	t.Parallel()
	holdReads(t, map[string]fault{
		"HTML": {page("text/html"), ErrAnswer, 1}, "no content type": {page(""), ErrAnswer, 1}, "an odd one": {page("text/json; charset"), ErrAnswer, 1},
		"HTML for JSON": {page("application/json"), ErrAnswer, 1}, "JSON under another name": {plain, ErrAnswer, 1},
	})
	_, err := newPeer(t, page("text/html")).fleet().Bicycle(t.Context(), someBicycle)
	if err == nil || !strings.Contains(err.Error(), "text/html") {
		t.Errorf("the error does not name what came: %v", err)
	}
}

func TestU09BrokenCompression(t *testing.T) {
	t.Parallel()
	packed := pack(t, 4_000_000)
	corrupt := bytes.Clone(packed)
	corrupt[len(corrupt)-6] ^= 1 // its checksum
	holdReads(t, map[string]fault{
		"cut off": {zipped(packed[:len(packed)/2]), ErrUnreachable, 2}, "wrong checksum": {zipped(corrupt), ErrUnreachable, 2},
		"not gzip": {zipped([]byte("hello, this is no gzip")), ErrUnreachable, 2},
	})
}

func TestU10BodiesThatSwell(t *testing.T) {
	t.Parallel()
	bomb := bytes.Repeat(pack(t, 1<<20), 900) // close to a gigabyte
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	holdReads(t, map[string]fault{"a bomb": {zipped(bomb), ErrAnswer, 1}})
	holdChanges(t, map[string]fault{"a bomb": {zipped(bomb), ErrUnknownOutcome, 1}})
}

func TestU11BodiesWithoutAnEnd(t *testing.T) {
	t.Parallel()
	holdReads(t, map[string]fault{"endless": {endless, ErrAnswer, 1}})
}

func TestU12DeepJSON(t *testing.T) {
	t.Parallel()
	for _, depth := range []int{10_001, 1_000_000} {
		holdReads(t, map[string]fault{
			"objects":  {says(200, strings.Repeat(`{"a":`, depth)+`1`+strings.Repeat(`}`, depth)), ErrAnswer, 1},
			"lists":    {says(200, strings.Repeat(`[`, depth)+strings.Repeat(`]`, depth)), ErrAnswer, 1},
			"a member": {says(200, `{"uuid": "`+someBicycle+`", "other": `+strings.Repeat(`[`, depth)+strings.Repeat(`]`, depth)+`}`), ErrAnswer, 1},
		})
	}
}

// largeArray is eight megabytes of numbers.
var largeArray = says(http.StatusOK, `[1`+strings.Repeat(`,1`, 4<<20-2)+`]`)

func TestU13AListWithoutMeasure(t *testing.T) {
	p := newPeer(t, largeArray)
	f := p.fleet()
	if _, err := f.Scopes(t.Context()); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := f.Bicycles(t.Context(), BicycleQuery{})
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) >> 20; !errors.Is(err, ErrAnswer) || !errors.Is(err, errRows) || got > 128 {
		t.Errorf("%v after %d MiB", err, got)
	}
}

func TestU14MembersThatAreNotWhatTheyShouldBe(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		row  string
		read bool
	}{
		"all right":         {`{"uuid": "` + someBicycle + `", "name": "4711", "state_of_charge": 50}`, true},
		"missing":           {`{"uuid": "` + someBicycle + `"}`, true},
		"null":              {`{"uuid": "` + someBicycle + `", "name": null, "state_of_charge": null, "state": null}`, true},
		"wrong types":       {`{"uuid": "` + someBicycle + `", "name": 4711, "state_of_charge": "full", "state": ["lost"], "latest_gps_timestamp": {}}`, true},
		"more than we know": {`{"uuid": "` + someBicycle + `", "colour": "green", "of": {"a": [1, 2]}}`, true},
		"twice":             {`{"uuid": "x", "uuid": "` + someBicycle + `"}`, true},
		"another case":      {`{"UUID": "` + someBicycle + `"}`, true},
		"no uuid":           {`{"name": "4711"}`, false},
		"a number for it":   {`{"uuid": 4711}`, false},
		"not one":           {`{"uuid": "../organizations"}`, false},
		"a list":            {`[]`, false},
		"a text":            {`"4711"`, false},
		"nothing":           {`null`, false},
	} {
		list, err := newPeer(t, says(200, `{"count": 2, "results": [{"uuid": "`+ourOrganization+`"}, `+row.row+`]}`)).fleet().Bicycles(t.Context(), BicycleQuery{})
		want := 1
		if row.read {
			want = 2
		}
		if err != nil || len(list.Items) != want || list.Unread != 2-want {
			t.Errorf("%s: %d rows, %d unread, %v", name, len(list.Items), list.Unread, err)
		}
		if row.read && err == nil && name != "all right" && list.Items[1].Charge != nil {
			t.Errorf("%s: a charge of %v out of nothing", name, *list.Items[1].Charge)
		}
	}
}

func TestU15WordsThatNobodyKnowsYet(t *testing.T) {
	t.Parallel()
	const odd = `<b>on the moon</b>`
	b, err := newPeer(t, says(200, `{"uuid": "`+someBicycle+`", "state": "`+odd+`"}`)).fleet().Bicycle(t.Context(), someBicycle)
	if err != nil || string(b.State) != odd {
		t.Errorf("got %q, %v", b.State, err)
	}
}

func TestU16TextThatIsHardToShow(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ sent, want string }{
		"invalid UTF-8": {"a\xff\xfeb", "a\ufffd\ufffdb"}, "NUL": {`a\u0000b`, "a\x00b"}, "half a pair": {`a\ud800b`, "a\ufffdb"},
		"bidi": {"a\u202eb", "a\u202eb"}, "1 MB": {strings.Repeat("W", 1<<20), strings.Repeat("W", 1<<20)},
	} {
		b, err := newPeer(t, says(200, `{"uuid": "`+someBicycle+`", "name": "`+row.sent+`"}`)).fleet().Bicycle(t.Context(), someBicycle)
		if err != nil || b.Name != row.want || !utf8.ValidString(b.Name) {
			t.Errorf("%s: got %.40q, %v", name, b.Name, err)
		}
	}
}

func TestU17RedirectsAreRefusedAndNothingReachesTheirTarget(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	takes := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		well(w, r)
	})
	other, open := httptest.NewTLSServer(takes), httptest.NewServer(takes)
	t.Cleanup(other.Close)
	t.Cleanup(open.Close)
	for _, target := range []string{other.URL, open.URL, strings.Replace(other.URL, "127.0.0.1", "localhost", 1), "//" + other.Listener.Addr().String(), ""} {
		for _, status := range []int{300, 301, 302, 303, 307, 308} {
			away := func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", target+"/api/elsewhere/")
				reply(w, status, `{"uuid": "`+someBicycle+`"}`)
			}
			p := newPeer(t, away)
			f := p.fleet()
			if _, err := f.Bicycle(t.Context(), someBicycle); !errors.Is(err, ErrAnswer) || !errors.Is(err, errRedirect) {
				t.Errorf("%d to a GET: %v", status, err)
			}
			if _, err := f.FileTicket(t.Context(), NewTicket{Message: "m"}); !errors.Is(err, ErrAnswer) || !errors.Is(err, errRedirect) {
				t.Errorf("%d to a POST: %v", status, err)
			}
			if p.calls.Load() != 2 {
				t.Errorf("%d to %q: %d calls, want 2", status, target, p.calls.Load())
			}
		}
	}
	if reached.Load() != 0 {
		t.Errorf("the targets were reached %d times", reached.Load())
	}
}

func TestU20RefusedTokens(t *testing.T) {
	t.Parallel()
	rejects, forbids := says(401, example(t, "error-401-expired")), says(403, example(t, "error-403-missing-scope"))
	for name, row := range map[string]struct {
		fault
		exchanges int64
	}{
		"401 always": {fault{rejects, ErrRefused, 2}, 2},
		"401 once":   {fault{inTurn(rejects, well), nil, 2}, 2},
		"403":        {fault{forbids, ErrForbidden, 1}, 1},
	} {
		for kind, ask := range map[string]func(*Fleet) error{
			"read":   func(f *Fleet) error { _, err := f.Bicycle(t.Context(), someBicycle); return err },
			"change": func(f *Fleet) error { return f.DeleteTicket(t.Context(), someBicycle) },
		} {
			p := newPeer(t, row.api)
			if kind == "change" && row.want == nil {
				p.api = inTurn(rejects, says(204, ``))
			}
			err := ask(p.fleet())
			if !errors.Is(err, row.want) || (err == nil) != (row.want == nil) || p.calls.Load() != row.calls || p.exchanges.Load() != row.exchanges {
				t.Errorf("%s to a %s: %v after %d calls and %d exchanges", name, kind, err, p.calls.Load(), p.exchanges.Load())
			}
		}
	}
}

func TestU21SuccessesWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	holdReads(t, map[string]fault{
		"204": {says(204, ``), ErrAnswer, 1}, "205": {says(205, ``), ErrAnswer, 1}, "206": {says(206, `{"uuid": "`+someBicycle+`"}`), ErrAnswer, 1},
		"304": {says(304, ``), ErrAnswer, 1}, "202": {says(202, `{}`), ErrAnswer, 1}, "200 and nothing": {says(200, ``), ErrAnswer, 1},
	})
	for _, status := range []int{204, 206, 304} {
		if list, err := newPeer(t, says(status, ``)).fleet().Bicycles(t.Context(), BicycleQuery{}); !errors.Is(err, ErrAnswer) || list.Items != nil {
			t.Errorf("%d is a list of %d", status, len(list.Items))
		}
	}
	holdChanges(t, map[string]fault{"204": {says(204, ``), ErrUnknownOutcome, 1}, "206": {says(206, `{}`), ErrUnknownOutcome, 1}})
}

func TestU24ListsWithoutAnEnd(t *testing.T) {
	t.Parallel()
	itself := says(200, `{"count": 1, "next": "https://api.noa.example/api/bicycles/?page=1", "results": [{"uuid": "`+someBicycle+`"}]}`)
	var number atomic.Int64
	million := func(w http.ResponseWriter, r *http.Request) {
		next := strconv.FormatInt(number.Add(1)+1, 10)
		reply(w, 200, `{"count": 100000000, "next": "https://elsewhere.example/?page=`+next+`", "results": [{"uuid": "`+anOrganization(int(number.Load()))+`"}]}`)
	}
	for name, row := range map[string]struct {
		api   http.HandlerFunc
		calls int64
		rows  int
	}{"next is itself": {itself, 1 + maxBarren, 1}, "a million pages": {million, maxWalk, maxWalk}} {
		synctest.Test(t, func(t *testing.T) {
			p := newMutePeer(t, row.api)
			rows, last := 0, error(nil)
			for _, err := range p.wiredFleet(Settings{Rate: 20}).Background().EachBicycle(t.Context(), BicycleQuery{}) {
				if last = err; err == nil {
					rows++
				}
			}
			if !errors.Is(last, ErrShortened) || rows != row.rows || p.calls.Load() != row.calls {
				t.Errorf("%s: %d rows, %d calls, %v", name, rows, p.calls.Load(), last)
			}
		})
	}
}
