package sandbox

import (
	"fmt"
	"sync"
	"testing"
)

// TestManyCallersAtOnce reads, writes, resets and breaks things side by side:
// nothing is torn, and every bicycle is in a state of its own log.
func TestManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	desk, things := n.as("noadesk-practice"), n.things("{bike}", n.bicycleThat(equipped))
	bike, csv := things.Replace("{bike}"), map[string]string{"Accept": "text/csv; version=1.0", "Authorization": desk["Authorization"]}
	work := []func(i int) response{
		func(int) response { return n.do(get, "/api/bicycles/?page_size=100&ordering=name", "", desk) },
		func(int) response { return n.do(get, "/api/bicycles/", "", csv) },
		func(int) response { return n.do(get, bike+"transitions/", "", desk) },
		func(int) response { return n.do(get, bike, "", desk) },
		func(int) response { return n.do(post, bike+"actions/", `{"type":"take_over"}`, desk) },
		func(int) response { return n.do(post, bike+"actions/", `{"type":"declare_available"}`, desk) },
		func(i int) response { return n.do(patch, bike, fmt.Sprintf(`{"note":"%d"}`, i), desk) },
		func(i int) response {
			return n.do(post, "/api/bicycles/", things.Replace(fmt.Sprintf(`{"name":"n%d","organization":"{org}"}`, i)), desk)
		},
		func(i int) response {
			_ = n.Fault(Fault{Status: 418, Path: "/api/nowhere/", After: i})
			_ = n.Switch(func(o *Options) { o.BothTripNames = i%2 == 0 })
			return n.do(get, "/api/trips/", "", desk)
		},
	}
	var all sync.WaitGroup
	for _, do := range work {
		all.Go(func() {
			for i := range 15 {
				if r := do(i); r.status >= 500 {
					t.Errorf("got status %d: %s", r.status, r.raw)
				}
			}
		})
	}
	all.Wait()
	if n.Reset(); n.get("/api/bicycles/").count() != "160" {
		t.Error("the reset did not bring the fleet back")
	}
}

// TestOneOfTwoChangesOfAVersionWins lets many write on what they read.
func TestOneOfTwoChangesOfAVersionWins(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	desk, bike := n.as("noadesk-practice"), n.bicycleThat(func(b *bicycle) bool { return b.name == "4711" })
	body := fmt.Sprintf(`{"note":"mine","concurrency_version":%v}`, n.get(bike).object()["concurrency_version"])
	got := make([]int, 12)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() { got[i] = n.do(patch, bike, body, desk).status })
	}
	all.Wait()
	count := map[int]int{}
	for _, status := range got {
		count[status]++
	}
	if count[200] != 1 || count[409] != len(got)-1 {
		t.Errorf("got statuses %v, want one 200 and 409 else", count)
	}
}
