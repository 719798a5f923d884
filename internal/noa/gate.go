package noa

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// How many calls may be under way; see docs/noa.md, "Limits of the desk".
const (
	maxAtOnce = 8  // of an organization
	maxBehind = 4  // of these, for what nobody waits for
	maxInAll  = 64 // of all organizations
	forQuick  = 16 // of these, kept for organizations whose calls do not hang
	hanging   = time.Second
)

var errQueue = errors.New("noa: too many calls under way")

// A gate lets calls through to Noa. Where they queue, what somebody waits for
// goes first, then the organization with the fewest calls under way, then who
// came first. So organizations that Noa answers slowly do not hold up others.
type gate struct {
	mu      sync.Mutex
	running int
	waiting []*pass
}

// A lane is one organization's way through the gate.
type lane struct {
	running []*pass
	took    time.Duration // by the last call that was answered, or one that waited longer in vain
}

// A pass is one call's way through the gate.
type pass struct {
	lane     *lane
	behind   bool // nobody waits for it
	answered bool // by Noa
	began    time.Time
	open     chan struct{} // closed when it may go
}

// enter waits until a call may go. Whoever was let in has to leave.
func (g *gate) enter(ctx context.Context, l *lane, behind bool) (*pass, error) {
	p := &pass{lane: l, behind: behind, open: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, p)
	g.admit(time.Now())
	g.mu.Unlock()
	select {
	case <-p.open:
		return p, nil
	case <-ctx.Done():
		g.leave(p)
		return nil, errors.Join(errQueue, ctx.Err())
	}
}

// leave makes room, or gives up the place in the queue.
func (g *gate) leave(p *pass) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if i := slices.Index(g.waiting, p); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
		return
	}
	p.lane.running = slices.DeleteFunc(p.lane.running, func(other *pass) bool { return other == p })
	p.lane.ended(now.Sub(p.began), p.answered)
	g.running--
	g.admit(now)
}

// admit lets in whoever may go now.
func (g *gate) admit(now time.Time) {
	for {
		i := g.next(now)
		if i < 0 {
			return
		}
		p := g.waiting[i]
		g.waiting = slices.Delete(g.waiting, i, i+1)
		p.began = now
		p.lane.running = append(p.lane.running, p)
		g.running++
		close(p.open)
	}
}

// next is whose turn it is, -1 for nobody's.
func (g *gate) next(now time.Time) int {
	best := -1
	for i, p := range g.waiting {
		if g.may(p, now) && (best < 0 || p.before(g.waiting[best])) {
			best = i
		}
	}
	return best
}

func (p *pass) before(other *pass) bool {
	if p.behind != other.behind {
		return other.behind
	}
	return len(p.lane.running) < len(other.lane.running)
}

func (g *gate) may(p *pass, now time.Time) bool {
	room := maxInAll
	if p.lane.hangs(now) {
		room -= forQuick
	}
	return g.running < room && len(p.lane.running) < maxAtOnce && (!p.behind || p.lane.behind() < maxBehind)
}

// hangs says whether Noa is slow to answer this organization.
func (l *lane) hangs(now time.Time) bool {
	return l.took >= hanging || slices.ContainsFunc(l.running, func(p *pass) bool { return now.Sub(p.began) >= hanging })
}

// ended takes down how long a call took. One that was given up soon does not show that Noa is quick.
func (l *lane) ended(took time.Duration, answered bool) {
	if answered || took > l.took {
		l.took = took
	}
}

func (l *lane) behind() int {
	n := 0
	for _, p := range l.running {
		if p.behind {
			n++
		}
	}
	return n
}
