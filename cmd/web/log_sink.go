package main

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// linesHeld is how many lines of the log wait for whoever reads it.
const linesHeld = 1000

// A logSink writes the log without ever holding up the program: where nobody
// reads it, lines are dropped and counted. What must not be lost stands in the
// record, in the database.
type logSink struct {
	to      io.Writer
	lines   chan []byte
	dropped atomic.Int64
	ended   chan struct{}
}

func newLogSink(to io.Writer) *logSink {
	s := &logSink{to: to, lines: make(chan []byte, linesHeld), ended: make(chan struct{})}
	go s.pump()
	return s
}

// Write takes a line, or drops it where too many wait.
func (s *logSink) Write(line []byte) (int, error) {
	select {
	case s.lines <- append([]byte(nil), line...):
	default:
		s.dropped.Add(1)
	}
	return len(line), nil
}

func (s *logSink) pump() {
	defer close(s.ended)
	for line := range s.lines {
		if line == nil {
			return
		}
		if n := s.dropped.Swap(0); n > 0 {
			_, _ = fmt.Fprintf(s.to, `{"time":%q,"level":"WARN","msg":"log lines were dropped, as nobody read them","lines":%d}`+"\n",
				time.Now().UTC().Format(time.RFC3339Nano), n)
		}
		_, _ = s.to.Write(line) // there is nowhere else to say that the log cannot be written
	}
}

// flush waits until all lines are out, but not for longer than that.
func (s *logSink) flush(patience time.Duration) {
	late := time.After(patience)
	select {
	case s.lines <- nil:
	case <-late:
		return
	}
	select {
	case <-s.ended:
	case <-late:
	}
}
