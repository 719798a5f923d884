package handlers

import (
	"sync"
	"time"
)

// filingKept is how long a form that was taken is remembered, so that the same form sent again leads to the same result.
const filingKept = 10 * time.Minute

// filings remember which forms were taken. A second press of the button waits for the first and gets its result.
type filings struct {
	mu   sync.Mutex
	done map[string]*filing
}

type filing struct {
	ended chan struct{}
	next  string
	err   error
	at    time.Time
}

func newFilings() *filings { return &filings{done: map[string]*filing{}} }

// once does what a form asks for, or waits for what the same form led to.
// What failed is not remembered: it may be tried again.
func (f *filings) once(key string, sealed bool, do func() (string, error)) (string, error) {
	if !sealed {
		return do()
	}
	f.mu.Lock()
	f.forgetOld()
	if before, ok := f.done[key]; ok {
		f.mu.Unlock()
		<-before.ended
		return before.next, before.err
	}
	now := &filing{ended: make(chan struct{}), at: time.Now(), err: errPanic} // which holds until do returns
	f.done[key] = now
	f.mu.Unlock()
	defer f.end(key, now)
	now.next, now.err = do()
	return now.next, now.err
}

func (f *filings) end(key string, now *filing) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.next == "" {
		delete(f.done, key)
	}
	close(now.ended)
}

func (f *filings) forgetOld() {
	for key, old := range f.done {
		if time.Since(old.at) > filingKept {
			delete(f.done, key)
		}
	}
}
