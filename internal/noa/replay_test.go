package noa

import (
	"errors"
	"net/http"
	"sync"
	"testing"
)

func TestARowThatComesTwiceIsToldOnce(t *testing.T) {
	t.Parallel()
	row := `{"uuid": "` + someBicycle + `", "name": "4711"}`
	p := newPeer(t, says(http.StatusOK, `{"count": 3, "next": null, "results": [`+row+`, {"uuid": 7}, `+row+`]}`))
	page, err := p.fleet().Bicycles(t.Context(), BicycleQuery{})
	if err != nil || len(page.Items) != 1 || page.Unread != 1 {
		t.Errorf("got %d rows, %d unread, %v", len(page.Items), page.Unread, err)
	}
}

func TestAListThatCannotBeReadIsNoEmptyList(t *testing.T) {
	t.Parallel()
	p := newPeer(t, says(http.StatusOK, `{"count": 2, "next": null, "results": [{"uuid": 7}, null]}`))
	if page, err := p.fleet().Trips(t.Context(), TripQuery{}); !errors.Is(err, ErrAnswer) {
		t.Errorf("got %+v, %v", page, err)
	}
}

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
