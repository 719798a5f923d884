package noa

import (
	"net/http"
	"sync"
	"testing"
)

// A read that breaks on a connection that was kept must not go out again over each of the others by itself.
func TestAReadIsNotSentOverEveryConnectionThatBreaks(t *testing.T) {
	t.Parallel()
	let, open := closedGate()
	way := newScript(func(w http.ResponseWriter, r *http.Request) {
		<-let
		some(w, r)
	})
	p := newPeer(t, way.ServeHTTP)
	defer open()
	f := p.fleet()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, err := f.Trips(t.Context(), TripQuery{Page: i + 2}); err != nil {
				t.Error(err)
			}
		})
	}
	waitFor(t, func() bool { return p.calls.Load() == 8 })
	open()
	all.Wait()
	way.turn(rst)
	if _, err := f.Bicycle(t.Context(), someBicycle); err == nil {
		t.Error("a broken connection brought a bicycle")
	}
	if n := p.calls.Load() - 8; n > 2 {
		t.Errorf("%d calls for one read, want two", n)
	}
}
