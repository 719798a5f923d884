package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"noadesk/internal/sandbox"
)

// A search is a run of the real program beside its own Noa, of which everything
// is kept that anybody could read later, to be searched for secrets.
type search struct {
	*shell
	markers   *markers
	fake      *sandbox.Sandbox
	tap       *tap
	temp      int // watches the temporary folder
	processes []*process

	mu     sync.Mutex
	places []spot
}

// A spot is something that can be read.
type spot struct {
	name string
	text []byte
}

func newSearch(t *testing.T) *search {
	t.Helper()
	s := &search{markers: newMarkers(t)}
	fake, err := sandbox.New(sandbox.Options{Seed: 1, Log: slog.New(slog.NewTextHandler(noaLog{s}, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	s.fake, s.tap = fake, &tap{search: s, behind: fake.Handler(), failed: map[string]int{}}
	server := httptest.NewServer(s.tap)
	t.Cleanup(server.Close)
	temp := t.TempDir()
	s.temp = watched(t, temp)
	s.shell = newShell(t).with("NOADESK_API_URL", server.URL+"/api/", "NOADESK_STS_URL", server.URL+"/jwt",
		"NOADESK_LISTEN", "127.0.0.1:0", "NOADESK_LOG", "text", "TMPDIR", temp)
	return s
}

// noaLog keeps what the Noa beside writes in its log.
type noaLog struct{ *search }

func (l noaLog) Write(line []byte) (int, error) {
	l.keep("log of Noa", bytes.Clone(line))
	return len(line), nil
}

func (s *search) keep(name string, text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.places = append(s.places, spot{name, text})
}

// keepFiles keeps every file of a folder as it is now.
func (s *search) keepFiles(when, dir string) {
	s.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		s.keep(strings.TrimPrefix(path, s.dir+"/")+" "+when, text)
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
}

// begin starts a process that is searched at the end.
func (s *search) begin(args ...string) *process {
	s.Helper()
	p := s.start(args...)
	s.processes = append(s.processes, p)
	return p
}

// tool carries out a command line in a process of its own.
func (s *search) tool(code int, args ...string) result {
	s.Helper()
	p := s.begin(args...)
	p.ends(code)
	return result{s.T, strings.Join(args, " "), code, p.out.String(), p.log.String()}
}

// watched notes from now on what is ever made in a folder, also where it is gone at once.
func watched(t *testing.T, dir string) int {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_CREATE|unix.IN_MOVED_TO); err != nil {
		t.Fatal(err)
	}
	return fd
}

// temporary names what was made in the temporary folder since it was last asked.
func (s *search) temporary() (made []string) {
	s.Helper()
	events := make([]byte, 64<<10)
	n, err := unix.Read(s.temp, events)
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		s.Fatal(err)
	}
	for events = events[:max(n, 0)]; len(events) >= unix.SizeofInotifyEvent; {
		end := unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(events[12:]))
		made = append(made, string(bytes.TrimRight(events[unix.SizeofInotifyEvent:end], "\x00")))
		events = events[end:]
	}
	return made
}

// found searches every place.
func (s *search) found() (found []string) {
	s.Helper()
	for _, p := range s.processes {
		name := strings.Join(p.cmd.Args[1:min(len(p.cmd.Args), 3)], " ")
		s.keep("standard output of "+name, []byte(p.out.String()))
		s.keep("standard error of "+name, []byte(p.log.String()))
	}
	s.processes = nil
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.places {
		found = append(found, s.markers.in(p.name, p.text)...)
	}
	return found
}
