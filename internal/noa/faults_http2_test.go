package noa

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// What RFC 9113 calls frames, flags and errors, as far as a test needs them.
const (
	preface       = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	frameData     = 0
	frameHeaders  = 1
	frameReset    = 3
	frameSettings = 4
	frameGoAway   = 7
	flagEnd       = 1
	flagHeaders   = 4 // they end here
	internalError = 2
	refusedStream = 7
)

// A streamer is a server of HTTP/2 that behaves as a test says, frame by frame.
type streamer struct {
	net.Listener
	requests atomic.Int64
	fault    func(c net.Conn, id uint32) (goOn bool) // what the first request comes to
	body     string                                  // of the answer to all later ones
}

func newStreamer(t *testing.T, ca *certifier, fault func(net.Conn, uint32) bool) *streamer {
	t.Helper()
	conf := ca.serverTLS("127.0.0.1", time.Hour)
	conf.NextProtos = []string{"h2"}
	l, err := tls.Listen("tcp", "127.0.0.1:0", conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := &streamer{Listener: l, fault: fault, body: example(t, "support-ticket-create-response")}
	go func() {
		for {
			conn, err := s.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			go s.talk(conn)
		}
	}()
	return s
}

// talk reads frames and answers each request at its end.
func (s *streamer) talk(c net.Conn) {
	defer c.Close()
	if _, err := io.ReadFull(c, make([]byte, len(preface))); err != nil || !frame(c, frameSettings, 0, 0, nil) {
		return
	}
	for head := make([]byte, 9); ; {
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		long := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, c, long); err != nil {
			return
		}
		if head[3] <= frameHeaders && head[4]&flagEnd != 0 && !s.answer(c, binary.BigEndian.Uint32(head[5:])) {
			return
		}
	}
}

func (s *streamer) answer(c net.Conn, id uint32) bool {
	if s.requests.Add(1) == 1 {
		return s.fault(c, id)
	}
	head := append([]byte{0x88, 0x0f, 0x10, 16}, "application/json"...) // status 200, and the content type to the letter
	return frame(c, frameHeaders, flagHeaders, id, head) && frame(c, frameData, flagEnd, id, []byte(s.body))
}

// frame writes one frame and says whether it could.
func frame(c net.Conn, kind, flags byte, id uint32, content []byte) bool {
	var b bytes.Buffer
	b.Write([]byte{byte(len(content) >> 16), byte(len(content) >> 8), byte(len(content)), kind, flags})
	b.Write(binary.BigEndian.AppendUint32(nil, id))
	b.Write(content)
	_, err := c.Write(b.Bytes())
	return err == nil
}

func resetStream(code byte) func(net.Conn, uint32) bool {
	return func(c net.Conn, id uint32) bool { return frame(c, frameReset, 0, id, []byte{0, 0, 0, code}) }
}

// goAway ends the connection: after the request was processed perhaps, or of nothing.
func goAway(perhaps bool) func(net.Conn, uint32) bool {
	return func(c net.Conn, id uint32) bool {
		if !perhaps {
			id = 0
		}
		_ = frame(c, frameGoAway, 0, 0, append(binary.BigEndian.AppendUint32(nil, id), 0, 0, 0, 0))
		return false
	}
}

// flood sends nothing but settings for as long as somebody listens.
func flood(c net.Conn, _ uint32) bool {
	for range 1 << 20 {
		if !frame(c, frameSettings, 0, 0, []byte{0, 5, 0, 0, 0x40, 0}) {
			break
		}
	}
	return false
}

func TestU19FaultsOfHTTP2(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault  func(net.Conn, uint32) bool
		read   error
		change error
	}{
		"no answer":                  {func(net.Conn, uint32) bool { return true }, ErrUnreachable, ErrUnknownOutcome},
		"GOAWAY, nothing processed":  {goAway(false), nil, nil},
		"GOAWAY, perhaps processed":  {goAway(true), nil, ErrUnknownOutcome},
		"RST_STREAM, refused":        {resetStream(refusedStream), nil, nil},
		"RST_STREAM, internal error": {resetStream(internalError), nil, ErrUnknownOutcome},
		"a flood of SETTINGS":        {flood, ErrUnreachable, ErrUnknownOutcome},
	} {
		for kind, want := range map[string]error{"read": row.read, "change": row.change} {
			ca := newCertifier(t)
			s := newStreamer(t, ca, row.fault)
			n := newPeer(t, well).noa(0)
			f := n.Fleet(ourKey("f"))
			if _, err := f.Scopes(t.Context()); err != nil {
				t.Fatal(err)
			}
			n.api, n.limit = newClient(ca.pool(), headersLimit), time.Second
			n.api.Transport.(*http.Transport).HTTP2.WriteByteTimeout = time.Second // else the flood holds the line
			n.settings.API = parseURL(t, "https://"+s.Addr().String()+"/api/")
			began := time.Now()
			var err error
			if kind == "read" {
				_, err = f.Ticket(t.Context(), someBicycle)
			} else {
				_, err = f.FileTicket(t.Context(), NewTicket{Message: "m"})
			}
			if !errors.Is(err, want) || (err == nil) != (want == nil) || time.Since(began) > 5*time.Second {
				t.Errorf("%s: a %s: got %v, want %v", name, kind, err, want)
			}
			if kind == "change" && want != nil && s.requests.Load() > 1 {
				t.Errorf("%s: a change was sent %d times", name, s.requests.Load())
			}
			n.Close()
		}
	}
}
