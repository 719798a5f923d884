package sandbox

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A throttle counts calls of the last minute. Its zero value is ready.
type throttle struct {
	mu    sync.Mutex
	calls map[string][]time.Time
}

// take counts a call, or says how long to wait until there is room again.
func (t *throttle) take(key string, limit int, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tidy(now)
	made := t.calls[key]
	if len(made) >= limit {
		return made[len(made)-limit].Add(time.Minute).Sub(now)
	}
	if t.calls == nil {
		t.calls = map[string][]time.Time{}
	}
	t.calls[key] = append(made, now)
	return 0
}

// tidy forgets what is a minute old.
func (t *throttle) tidy(now time.Time) {
	for key, made := range t.calls {
		t.calls[key] = slices.DeleteFunc(made, func(at time.Time) bool { return now.Sub(at) >= time.Minute })
	}
	maps.DeleteFunc(t.calls, func(_ string, made []time.Time) bool { return len(made) == 0 })
}

func (t *throttle) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = nil
}

// throttled counts a call of this caller and refuses it if there were too
// many.
func (c *call) throttled(what string, limit int) error {
	who := c.request.RemoteAddr
	if c.caller != nil {
		who = c.caller.user
	}
	wait := c.throttle.take(who+" "+what, limit, c.now)
	if wait <= 0 {
		return nil
	}
	return tooMany(wait)
}

// belowRate is the limit that a gateway would set.
func (c *call) belowRate() error {
	limit := c.settings().CallsAMinute
	if limit == 0 {
		return nil
	}
	return c.throttled("all", limit)
}

func tooMany(wait time.Duration) error {
	seconds := int(math.Ceil(wait.Seconds()))
	message := fmt.Sprintf("Request was throttled. Expected available in %d seconds.", seconds)
	p := general(http.StatusTooManyRequests, message, "throttled")
	p.retryAfter = strconv.Itoa(seconds)
	return p
}
