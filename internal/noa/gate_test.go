package noa

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// crowd has so many readers of an organization ask without end, each time something else.
func crowd(ctx context.Context, f *Fleet, readers int, all *sync.WaitGroup) {
	for i := range readers {
		all.Go(func() {
			for page := i; ctx.Err() == nil; page += readers {
				_, _ = f.Bicycles(ctx, BicycleQuery{Page: page + 2})
			}
		})
	}
}

func TestU23SlowOrganizationsDoNotHoldUpAQuickOne(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]func(*Fleet) *Fleet{
		"people":     func(f *Fleet) *Fleet { return f },
		"background": (*Fleet).Background,
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newMutePeer(t, some)
			p.many = true
			n, w := p.wired(Settings{Rate: 20})
			w.takes = func(r *http.Request) time.Duration {
				if r.URL.Path == "/api/bicycles/" {
					return 5 * time.Second
				}
				return 20 * time.Millisecond
			}
			ctx, stop := context.WithCancel(t.Context())
			var all sync.WaitGroup
			for i := range 100 {
				crowd(ctx, kind(n.Fleet(Credential{anOrganization(i + 1), "desk", "f"})), 10, &all)
			}
			defer func() {
				stop()
				all.Wait()
				time.Sleep(callLimit)
				holdEmpty(t, n.gate)
			}()
			time.Sleep(30 * time.Second) // by now it is known who is slow
			quick := n.Fleet(ourKey("f"))
			for range 200 {
				before := time.Now()
				mustRead(t, quick)
				if waited := time.Since(before); waited > 130*time.Millisecond { // an exchange and a call
					t.Errorf("%s: a quick answer took %v", name, waited)
				}
				time.Sleep(100 * time.Millisecond)
			}
		})
	}
}

// holdEmpty holds that nobody is left in a gate.
func holdEmpty(t *testing.T, g *gate) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running != 0 || len(g.waiting) != 0 {
		t.Errorf("%d under way, %d waiting", g.running, len(g.waiting))
	}
}

func TestTheGateKeepsItsNumbers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := new(gate)
		var all sync.WaitGroup
		var most int
		for i := range 40 {
			l, ahead := new(lane), 20*(i%2) // every other one has nothing but polls
			for j := range ahead + 20 {
				all.Go(func() {
					p, err := g.enter(t.Context(), l, j >= ahead)
					if err != nil {
						t.Error(err)
						return
					}
					time.Sleep(100 * time.Millisecond)
					g.mu.Lock()
					most = max(most, g.running)
					if g.running > maxInAll || len(l.running) > maxAtOnce || l.behind() > maxBehind {
						t.Errorf("%d in all, %d of one, %d of these behind", g.running, len(l.running), l.behind())
					}
					g.mu.Unlock()
					g.leave(p)
				})
			}
		}
		all.Wait()
		if most != maxInAll {
			t.Errorf("%d at once in all: there was room for more", most)
		}
		holdEmpty(t, g)
	})
}

func TestWhoSomebodyWaitsForGoesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, busy := new(gate), new(lane)
		var first []*pass
		for range maxAtOnce {
			p, err := g.enter(t.Context(), busy, false)
			if err != nil {
				t.Fatal(err)
			}
			first = append(first, p)
		}
		var order []string
		var mu sync.Mutex
		for _, kind := range []string{"behind", "behind", "ahead", "behind", "ahead"} {
			go func() {
				p, err := g.enter(t.Context(), busy, kind == "behind")
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, kind)
				mu.Unlock()
				g.leave(p)
			}()
			synctest.Wait()
		}
		g.leave(first[0])
		synctest.Wait()
		if got := strings.Join(order, " "); got != "ahead ahead behind behind behind" {
			t.Errorf("they went %s", got)
		}
	})
}

func TestWhoLeavesTheQueueLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, l := new(gate), new(lane)
		p := make([]*pass, maxAtOnce)
		for i := range p {
			p[i], _ = g.enter(t.Context(), l, false)
		}
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				if _, err := g.enter(ctx, l, false); !errors.Is(err, errQueue) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			})
		}
		all.Wait()
		for _, p := range p {
			g.leave(p)
		}
		if holdEmpty(t, g); len(l.running) != 0 {
			t.Errorf("%d in the lane", len(l.running))
		}
	})
}

// An organization is not quick because one of its calls was given up before it began.
func TestOnlyCallsThatCameToNoaSayHowQuickItIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShare(new(gate), 1)
		leave, err := s.enter(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		leave(true)
		if leave, err = s.enter(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		hurried, stop := context.WithTimeout(t.Context(), time.Millisecond)
		defer stop()
		if _, err := s.enter(hurried, false); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v", err)
		}
		if !s.lane.hangs(time.Now()) {
			t.Error("it passes for quick")
		}
		leave(true)
	})
}
