package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a process may take for one step on a busy machine.
const patience = 60 * time.Second

// A process is the program as somebody started it.
type process struct {
	*testing.T
	cmd *exec.Cmd
	out *stream // standard output
	log *stream // standard error
}

// start runs the program in a process of its own, which ends with the test.
func (s *shell) start(args ...string) *process {
	s.Helper()
	return s.launch(s.program(), args...)
}

// program is this test binary, which is the program itself where it is told so.
func (s *shell) program() string {
	s.Helper()
	program, err := os.Executable()
	if err != nil {
		s.Fatal(err)
	}
	return program
}

// launch runs the program, or another one that runs it.
func (s *shell) launch(program string, args ...string) *process {
	s.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 3*patience)
	s.Cleanup(stop)
	p := &process{T: s.T, cmd: exec.CommandContext(ctx, program, args...)}
	p.cmd.Env = []string{"NOADESK_TEST_PROGRAM=1", "TMPDIR=" + s.dir, "PATH=" + os.Getenv("PATH")}
	for name, value := range s.env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.out, p.log = s.stream(p.cmd.StdoutPipe()), s.stream(p.cmd.StderrPipe())
	if err := p.cmd.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = p.cmd.Process.Kill() })
	go p.out.read()
	go p.log.read()
	return p
}

// prints waits for a line on standard output and gives what the pattern's group matched in it.
func (p *process) prints(pattern string) string {
	p.Helper()
	return p.out.next(pattern)
}

// logs waits for a line on standard error.
func (p *process) logs(pattern string) string {
	p.Helper()
	return p.log.next(pattern)
}

// A stream is one of the two that a process writes to, line by line.
type stream struct {
	*testing.T
	from  io.Reader
	lines chan string
	mu    sync.Mutex
	all   strings.Builder
}

func (s *shell) stream(from io.Reader, err error) *stream {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
	return &stream{T: s.T, from: from, lines: make(chan string, 10_000)}
}

func (s *stream) read() {
	defer close(s.lines)
	for scan := bufio.NewScanner(s.from); scan.Scan(); {
		s.mu.Lock()
		s.all.WriteString(scan.Text() + "\n")
		s.mu.Unlock()
		s.lines <- scan.Text()
	}
}

// String is all that was written so far.
func (s *stream) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// next waits for a line like the pattern and gives what its last group matched.
func (s *stream) next(pattern string) string {
	s.Helper()
	late := time.After(patience)
	for {
		select {
		case line, open := <-s.lines:
			if !open {
				s.Fatalf("ended without %s:\n%s", pattern, s)
			}
			if found := regexp.MustCompile(pattern).FindStringSubmatch(line); found != nil {
				return found[len(found)-1]
			}
		case <-late:
			s.Fatalf("no line like %s:\n%s", pattern, s)
		}
	}
}

// tell sends a signal.
func (p *process) tell(signal syscall.Signal) {
	p.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.Fatal(err)
	}
}

// ends waits for the end and holds the exit code.
func (p *process) ends(code int) {
	p.Helper()
	for _, s := range []*stream{p.out, p.log} {
		for range s.lines { // a pipe has to be empty before Wait closes it
		}
	}
	_ = p.cmd.Wait()
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.Fatalf("exit code %d, want %d:\n%s%s", got, code, p.out, p.log)
	}
}

// get asks an address and gives status and body.
func get(t *testing.T, address string) (int, string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// host is the host and port of an address.
func host(address string) string {
	return strings.TrimPrefix(strings.TrimPrefix(address, "http://"), "https://")
}
