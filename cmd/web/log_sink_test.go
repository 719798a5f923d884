package main

import (
	"bufio"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestP7ALogThatNobodyReadsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s, _ := besideMoodyNoa(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	desk := s.startIn("", w)
	_ = w.Close() // the desk has its own
	log := bufio.NewScanner(r)
	address := ""
	for address == "" && log.Scan() {
		if found := regexp.MustCompile(listens).FindStringSubmatch(log.Text()); found != nil {
			address = found[1]
		}
	}
	var all sync.WaitGroup
	for range 8 { // some 2,500 lines: more than the pipe takes and more than wait
		all.Go(func() {
			for range 320 {
				if status := look(http.DefaultClient, address+"/login"); status != http.StatusOK {
					t.Errorf("a page answers %d", status)
					return
				}
			}
		})
	}
	all.Wait()
	dropped := false
	desk.tell(syscall.SIGTERM) // it goes on to its end, whether anybody reads or not
	for log.Scan() {
		dropped = dropped || strings.Contains(log.Text(), "log lines were dropped")
	}
	if !dropped {
		t.Error("nothing says that lines were dropped")
	}
	desk.ends(exitDone)
}

func TestLinesAreWrittenInTheirOrderToTheLast(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	sink := newLogSink(&out)
	for _, line := range []string{"a\n", "b\n", "c\n"} {
		if n, err := sink.Write([]byte(line)); n != len(line) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	sink.flush(patience)
	if out.String() != "a\nb\nc\n" {
		t.Errorf("got %q", out.String())
	}
}
