package noa

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sony/gobreaker/v2"
)

// alone runs a test in a process of its own, against a peer in this one. In that process it gives the peer's
// address, and elsewhere "".
func alone(t *testing.T, api http.HandlerFunc) string {
	t.Helper()
	if address := os.Getenv("NOA_TEST_PEER"); address != "" {
		return address
	}
	p := newMutePeer(t, api)
	p.sts = func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, `{"jwt": "`+accessToken("", time.Now().Add(p.life), p.scopes)+`"}`) // any organization's
	}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	child := exec.CommandContext(ctx, program, "-test.run=^"+t.Name()+"$", "-test.count=1", "-test.v")
	child.Env = append(os.Environ(), "NOA_TEST_PEER="+server.URL, "GOMEMLIMIT=", "GOGC=")
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%d calls\n%s", p.calls.Load(), out)
	return ""
}

// noaAt is a Noa at an address.
func noaAt(t *testing.T, address string) *Noa {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	n := New(Settings{API: parseURL(t, address+"/api/"), STS: parseURL(t, address+"/jwt"), Version: "1.2.3", Keep: 2 * time.Second}, keyring{key})
	t.Cleanup(n.Close)
	return n
}

// greedy answers every collection with too much.
func greedy(t *testing.T) http.HandlerFunc {
	rows := make([]string, maxRows)
	for i := range rows {
		rows[i] = `{"uuid": "` + anOrganization(i) + `", "message": "` + strings.Repeat("m", 1500) + `"}`
	}
	apis := map[string]http.HandlerFunc{
		"/api/bicycles/": largeArray, "/api/trips/": endless, "/api/organizations/": zipped(bytes.Repeat(pack(t, 1<<20), 900)),
		"/api/support_tickets/": says(200, `[`+strings.Join(rows, ",")+`]`),
	}
	long := aBicycle(strings.Repeat("n", 1<<20))
	return func(w http.ResponseWriter, r *http.Request) {
		if api, ok := apis[r.URL.Path]; ok {
			api(w, r)
			return
		}
		long(w, r)
	}
}

// statusOf is a line of what the kernel knows of this process, in KiB.
func statusOf(t *testing.T, name string) (kib int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("there is no /proc here")
	}
	_, line, _ := strings.Cut(string(text), name+":")
	if _, err := fmt.Sscan(line, &kib); err != nil {
		t.Fatal(err)
	}
	return kib
}

func TestMemoryIsBoundedWhateverComes(t *testing.T) {
	var api http.HandlerFunc
	if os.Getenv("NOA_TEST_PEER") == "" {
		api = greedy(t)
	}
	address := alone(t, api)
	if address == "" {
		return
	}
	n := noaAt(t, address)
	var all sync.WaitGroup
	var read atomic.Int64
	for i := range 50 {
		f := n.Fleet(Credential{anOrganization(i % 10), "desk", "f"})
		for _, ask := range []func() error{
			func() error { _, err := f.Bicycles(t.Context(), BicycleQuery{Page: i + 2}); return err },
			func() error { _, err := f.Trips(t.Context(), TripQuery{Page: i + 2}); return err },
			func() error { _, err := f.Organization(t.Context(), anOrganization(i)); return err },
			func() error { _, err := f.Organizations(t.Context()); return err },
			func() error { _, err := f.Tickets(t.Context(), TicketQuery{Page: i + 2}); return err },
			func() error { _, err := f.Bicycle(t.Context(), anOrganization(i)); return err },
		} {
			all.Go(func() {
				if ask() == nil {
					read.Add(1)
				}
			})
		}
	}
	all.Wait()
	most := statusOf(t, "VmHWM") >> 10
	t.Logf("%d MiB at most; %d answers were read", most, read.Load())
	if limit := 256 * perByte(); most > limit || read.Load() == 0 {
		t.Errorf("%d MiB, want %d; %d answers were read", most, limit, read.Load())
	}
}

// perByte is how many bytes of the kernel's a byte of ours may take: the race detector keeps notes of each.
func perByte() int {
	info, _ := debug.ReadBuildInfo()
	if info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return 5
	}
	return 1
}

// faulty answers in every way that is wrong, but for those after which a key is left alone.
func faulty() http.HandlerFunc {
	ways := []http.HandlerFunc{
		reset, well, rst, short, well, page("text/html"), says(500, `{}`), well, says(200, `{"uuid": "`), says(302, ``), well,
		zipped([]byte("no gzip")), says(404, `{}`), well, says(204, ``), drips(true), well, hushes(429, ""), says(403, `{}`),
	}
	var n atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) { ways[int(n.Add(1))%len(ways)](w, r) }
}

// open counts this process's descriptors.
func open(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("there is no /proc here")
	}
	return len(files)
}

func TestP9NothingIsLeftOfFaultyCalls(t *testing.T) {
	address := alone(t, faulty())
	if address == "" {
		return
	}
	n := noaAt(t, address)
	n.limit = 100 * time.Millisecond
	for _, of := range []string{"bicycles", "support_tickets"} { // are never given up, so that all calls go out
		n.breakers.of[of] = gobreaker.NewCircuitBreaker[answer](gobreaker.Settings{ReadyToTrip: func(gobreaker.Counts) bool { return false }})
	}
	ask := func(i int) {
		f := n.Fleet(Credential{anOrganization(i % 50), "desk", "f"})
		ctx, leave := context.WithTimeout(t.Context(), time.Duration(1+i%97)*time.Millisecond)
		defer leave()
		switch i % 3 {
		case 0:
			_, _ = f.Bicycle(ctx, anOrganization(i))
		case 1:
			_, _ = f.Background().Tickets(ctx, TicketQuery{Page: i + 2})
		case 2:
			_, _ = f.FileTicket(ctx, NewTicket{Message: "m"})
		}
	}
	ask(0)
	n.Close()
	settle(t, func() bool { return len(n.Fleet(Credential{anOrganization(0), "desk", "f"}).reads) == 0 })
	routines, files := runtime.NumGoroutine(), open(t)
	var done atomic.Int64
	var all sync.WaitGroup
	end := time.Now().Add(4 * time.Second)
	for range 64 {
		all.Go(func() {
			for time.Now().Before(end) {
				ask(int(done.Add(1)))
			}
		})
	}
	all.Wait()
	back := func() bool {
		n.Close()
		n.gate.mu.Lock()
		defer n.gate.mu.Unlock()
		return n.gate.running == 0 && runtime.NumGoroutine() <= routines+5 && open(t) <= files+5
	}
	settle(t, back)
	t.Logf("after %d calls: goroutines %d and %d, descriptors %d and %d", done.Load(), routines, runtime.NumGoroutine(), files, open(t))
	if !back() || done.Load() < 1000 {
		buf := make([]byte, 1<<16)
		t.Errorf("after %d calls: goroutines %d and %d, descriptors %d and %d\n%s", done.Load(),
			routines, runtime.NumGoroutine(), files, open(t), buf[:runtime.Stack(buf, true)])
	}
	holdEmpty(t, n.gate)
}

// settle waits until something is so, for a few seconds at most.
func settle(t *testing.T, so func() bool) {
	t.Helper()
	for range 500 {
		if so() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
