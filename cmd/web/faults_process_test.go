package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"noadesk/internal/sandbox"
)

// startIn starts the program like start, but by a shell that sets a limit first, and
// with further variables. Standard error goes to log, if there is one.
func (s *shell) startIn(limit string, log io.Writer, env ...string) *process {
	s.Helper()
	program, err := os.Executable()
	if err != nil {
		s.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), 3*patience)
	s.Cleanup(stop)
	p := &process{T: s.T, cmd: exec.CommandContext(ctx, "/bin/sh", "-c", limit+` exec "$0" serve`, program)}
	p.cmd.Env = append(env, "NOADESK_TEST_PROGRAM=1", "TMPDIR="+s.dir, "PATH="+os.Getenv("PATH"))
	for name, value := range s.env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.out, p.log = s.stream(p.cmd.StdoutPipe()), s.stream(strings.NewReader(""), nil)
	if p.cmd.Stderr = log; log == nil {
		p.log = s.stream(p.cmd.StderrPipe())
	}
	if err := p.cmd.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = p.cmd.Process.Kill() })
	go p.out.read()
	go p.log.read()
	return p
}

// A moody Noa is a sandbox that a test can have misbehave.
type moodyNoa struct {
	*sandbox.Sandbox
	well http.Handler
	mood atomic.Pointer[http.HandlerFunc] // nil while it is well
}

func (n *moodyNoa) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if mood := n.mood.Load(); mood != nil && r.URL.Path != "/jwt" {
		(*mood)(w, r)
		return
	}
	n.well.ServeHTTP(w, r)
}

// besideMoodyNoa is a shell with an organisation, a key and an administrator.
func besideMoodyNoa(t *testing.T) (*shell, *moodyNoa) {
	t.Helper()
	fake, err := sandbox.New(sandbox.Options{Seed: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	n := &moodyNoa{Sandbox: fake, well: fake.Handler()}
	server := httptest.NewServer(n)
	t.Cleanup(server.Close)
	s := newShell(t).with("NOADESK_API_URL", server.URL+"/api/", "NOADESK_STS_URL", server.URL+"/jwt",
		"NOADESK_LISTEN", "127.0.0.1:0", "NOADESK_NOA_RATE", "0", "NOADESK_NOA_KEEP", "0")
	s.do("org", "add", "--uuid", fake.Organization().UUID, "--name", "Practice")
	app := fake.ClientApps()[0]
	s.run(string(app.PrivateKey), "key", "import", "--org", "practice", "--client", app.Name, "-").exits(exitDone)
	s.run(goodPassword, "staff", "add", "--email", "ada@example.org", "--name", "Ada", "--role", "admin").exits(exitDone)
	return s, n
}

// adaAt is the administrator's browser, signed in.
func adaAt(t *testing.T, address string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	ada := &http.Client{Jar: jar, Timeout: patience}
	resp, err := ada.PostForm(address+"/login", url.Values{"email": {"ada@example.org"}, "password": {goodPassword}})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is kept
	_ = resp.Body.Close()
	if len(jar.Cookies(resp.Request.URL)) == 0 {
		t.Fatalf("signing in answers %d without a session", resp.StatusCode)
	}
	return ada
}

// look gives the status of a page, 0 for none.
func look(c *http.Client, address string) int {
	resp, err := c.Get(address)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

const listens = `"msg":"listening".*"address":"(http://[^"]+)"`

func TestP1WhatIsInFlightIsAnsweredBeforeTheEnd(t *testing.T) {
	t.Parallel()
	s := newShell(t).with("NOADESK_LISTEN", "127.0.0.1:0")
	desk := s.start("serve")
	address := host(desk.logs(listens))
	conns := make([]net.Conn, 200)
	for i := range conns {
		conns[i] = slowRequest(t, address)
	}
	desk.tell(syscall.SIGTERM)
	desk.logs("stopping")
	refused := false
	for began := time.Now(); !refused && time.Since(began) < 5*time.Second; {
		conn, err := net.Dial("tcp", address)
		if refused = errors.Is(err, syscall.ECONNREFUSED); err == nil {
			_ = conn.Close()
		}
	}
	if !refused {
		t.Error("new connections are taken while it stops")
	}
	answered := 0
	for _, conn := range conns {
		if _, err := fmt.Fprint(conn, "12345"); err != nil {
			t.Fatal(err)
		}
	}
	for _, conn := range conns {
		answer := make([]byte, 9)
		if _, err := io.ReadFull(conn, answer); err == nil && string(answer) == "HTTP/1.1 " {
			answered++
		}
	}
	if answered != len(conns) {
		t.Errorf("%d of %d were answered", answered, len(conns))
	}
	desk.ends(exitDone)
}

// A line is a listener whose connections are in memory, so that a test's own clock rules.
type line chan net.Conn

func (l line) Accept() (net.Conn, error) {
	if c, ok := <-l; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (l line) Close() error { close(l); return nil }

func (line) Addr() net.Addr { return &net.TCPAddr{} }

func TestP2WhoNeverEndsIsNotWaitedForLonger(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		again time.Duration // until it is told a second time, 0 for never
		want  time.Duration
	}{"told once": {0, graceful}, "told again": {3 * time.Second, 3 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			hangs := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			l, told, drained := make(line, 1), make(chan os.Signal, 2), false
			browser, desk := net.Pipe()
			l <- desk
			go func() {
				_, _ = io.WriteString(browser, "GET / HTTP/1.1\r\nHost: desk\r\n\r\n")
				_, _ = io.Copy(io.Discard, browser)
			}()
			time.AfterFunc(time.Second, func() { told <- syscall.SIGTERM })
			if row.again > 0 {
				time.AfterFunc(time.Second+row.again, func() { told <- syscall.SIGTERM })
			}
			began := time.Now()
			err := answer(t.Context(), told, l, &http.Server{Handler: hangs}, func() { drained = true })
			if took := time.Since(began) - time.Second; exitCode(err) != exitFailed || !drained || (took-row.want).Abs() > time.Second {
				t.Errorf("%s: %v after %v", name, err, took)
			}
		})
	}
}

func TestP3FewDescriptorsStopNothingForGood(t *testing.T) {
	t.Parallel()
	s, n := besideMoodyNoa(t)
	desk := s.startIn("ulimit -n 64;", nil)
	address := desk.logs(listens)
	ada := adaAt(t, address)
	crowd := make([]net.Conn, 0, 100)
	for range cap(crowd) {
		conn, err := net.DialTimeout("tcp", host(address), time.Second)
		if err != nil {
			break
		}
		crowd = append(crowd, conn)
	}
	desk.logs("too many open files")
	if next := importKey(t, ada, address, n.ClientApps()[1]); !strings.Contains(next, "/o/practice/keys/") {
		t.Errorf("importing a key meanwhile leads to %q", next)
	}
	for _, conn := range crowd {
		_ = conn.Close()
	}
	if status := look(&http.Client{Timeout: patience}, address+"/readyz"); status != http.StatusOK {
		t.Errorf("afterwards /readyz answers %d", status)
	}
	if status := look(ada, address+"/o/practice/bicycles"); status != http.StatusOK {
		t.Errorf("afterwards a page answers %d", status)
	}
	desk.tell(syscall.SIGTERM)
	desk.ends(exitDone)
}

// importKey stores a key by its form and gives where that leads.
func importKey(t *testing.T, ada *http.Client, address string, app sandbox.ClientApp) (next string) {
	t.Helper()
	form := url.Values{"client": {app.Name}, "key": {string(app.PrivateKey)}}
	req, err := http.NewRequest(http.MethodPost, address+"/o/practice/keys", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", address)
	still := *ada
	still.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := still.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.Header.Get("Location")
}

// greedyNoa answers with too much: bombs, bodies without an end, lists without measure, depth.
func greedyNoa(t *testing.T) http.HandlerFunc {
	t.Helper()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 64 {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	bodies := []string{
		"[1" + strings.Repeat(",1", 4<<20-2) + "]",
		strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20),
		`{"results": [` + strings.Repeat(`{"uuid": "5d1c0a7e-3f42-4b8e-9c61-7a2f0e9d4b13", "name": "`+strings.Repeat("n", 1500)+`"},`, 4999) + `{}]}`,
	}
	var calls atomic.Int64
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch i := int(calls.Add(1)) % (len(bodies) + 2); i {
		case len(bodies):
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		case len(bodies) + 1:
			for block := []byte(strings.Repeat("[", 1<<16)); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		default:
			_, _ = io.WriteString(w, bodies[i])
		}
	}
}

// mostMemory is the most that the process ever had, in MiB.
func (p *process) mostMemory() (mib int) {
	p.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.Fatal(err)
	}
	_, line, _ := strings.Cut(string(text), "VmHWM:")
	if _, err := fmt.Sscan(line, &mib); err != nil {
		p.Fatal(err)
	}
	return mib >> 10
}

// openFiles counts the process's descriptors.
func (p *process) openFiles() int {
	p.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.cmd.Process.Pid))
	if err != nil {
		p.Fatal(err)
	}
	return len(files)
}

// crowdOn has so many open pages of the fleet, each another one, and counts the answers by status.
func crowdOn(ada *http.Client, address string, readers int, pages ...string) map[int]int {
	var all sync.WaitGroup
	var mu sync.Mutex
	got := map[int]int{}
	for i := range readers {
		all.Go(func() {
			for _, page := range pages {
				status := look(ada, fmt.Sprintf("%s/o/practice/%s?page=%d", address, page, i+2))
				mu.Lock()
				got[status]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return got
}

// perByte is how many bytes of the kernel's a byte of ours may take: the race detector keeps notes of each.
func perByte() int {
	info, _ := debug.ReadBuildInfo()
	if info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return 5
	}
	return 1
}

func TestP4LittleMemoryIsEnoughWhateverNoaSends(t *testing.T) {
	t.Parallel()
	s, n := besideMoodyNoa(t)
	desk := s.startIn("", nil, "GOMEMLIMIT=128MiB")
	address := desk.logs(listens)
	ada := adaAt(t, address)
	greedy := greedyNoa(t)
	n.mood.Store(&greedy)
	got := crowdOn(ada, address, 50, "bicycles")
	if got[0] > 0 || len(got) == 0 {
		t.Errorf("answers by status: %v", got)
	}
	if most := desk.mostMemory(); most > 256*perByte() {
		t.Errorf("%d MiB at most", most)
	}
	n.mood.Store(nil)
	if status := look(&http.Client{Timeout: patience}, address+"/readyz"); status != http.StatusOK {
		t.Errorf("afterwards /readyz answers %d", status)
	}
	t.Logf("answers by status: %v; %d MiB at most", got, desk.mostMemory())
	desk.tell(syscall.SIGTERM)
	desk.ends(exitDone)
}

func TestP8WhatIsBrokenIsNotTakenOver(t *testing.T) {
	t.Parallel()
	s, _ := besideMoodyNoa(t)
	desk := s.start("serve")
	address := desk.logs(listens)
	ada := adaAt(t, address)
	right, err := os.ReadFile(s.env["NOADESK_MASTER_KEY_FILE"])
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"damaged": string(right[:30]), "empty": "", "another": s.do("master-key", "new").out} {
		s.write("master.key", text)
		desk.tell(syscall.SIGHUP)
		if said := desk.logs(`the master key stays as it was.*"err":"([^"]+)"`); said == "" || strings.Contains(said, strings.TrimSpace(string(right))) {
			t.Errorf("%s: the log says %q", name, said)
		}
		if status := look(ada, address+"/o/practice/bicycles"); status != http.StatusOK {
			t.Errorf("%s: a page answers %d", name, status)
		}
	}
	s.write("master.key", string(right))
	desk.tell(syscall.SIGHUP)
	desk.logs("the master key was read again")
	desk.tell(syscall.SIGTERM)
	desk.ends(exitDone)
}

func TestP9NoDescriptorIsLeftOfFaultyAnswers(t *testing.T) {
	t.Parallel()
	s, n := besideMoodyNoa(t)
	desk := s.start("serve")
	address := desk.logs(listens)
	ada := adaAt(t, address)
	crowdOn(ada, address, 8, "bicycles", "trips", "tickets")
	before := desk.openFiles()
	var calls atomic.Int64
	faulty := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch calls.Add(1) % 4 {
		case 0:
			panic(http.ErrAbortHandler)
		case 1:
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"uuid": "`)
		case 2:
			http.Error(w, "<html>", http.StatusBadGateway)
		default:
			n.well.ServeHTTP(w, r)
		}
	})
	n.mood.Store(&faulty)
	for range 10 {
		crowdOn(ada, address, 20, "bicycles", "trips", "tickets")
	}
	n.mood.Store(nil)
	ada.CloseIdleConnections()
	after := desk.openFiles()
	for began := time.Now(); after > before+5 && time.Since(began) < 10*time.Second; after = desk.openFiles() {
		time.Sleep(20 * time.Millisecond)
	}
	if after > before+5 || calls.Load() < 20 {
		t.Errorf("%d descriptors, %d before, after %d calls", after, before, calls.Load())
	}
	desk.tell(syscall.SIGTERM)
	desk.ends(exitDone)
}
