package noa

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// A certifier makes certificates for a test.
type certifier struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newCertifier(t *testing.T) *certifier {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &certifier{t: t, key: key}
	c.cert = c.sign(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, time.Hour)
	return c
}

// sign makes a certificate that ends in so long.
func (c *certifier) sign(of *x509.Certificate, ends time.Duration) *x509.Certificate {
	c.t.Helper()
	of.SerialNumber, of.NotBefore, of.NotAfter = big.NewInt(1), time.Now().Add(-2*time.Hour), time.Now().Add(ends)
	by := c.cert
	if by == nil {
		by = of
	}
	raw, err := x509.CreateCertificate(rand.Reader, of, by, &c.key.PublicKey, c.key)
	if err != nil {
		c.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		c.t.Fatal(err)
	}
	return cert
}

// serverTLS is a server's side with a certificate for an address.
func (c *certifier) serverTLS(address string, ends time.Duration) *tls.Config {
	cert := c.sign(&x509.Certificate{IPAddresses: []net.IP{net.ParseIP(address)}}, ends)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: c.key}}}
}

func (c *certifier) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.cert)
	return pool
}

func TestU18PeersThatAreNotWhoTheyShouldBe(t *testing.T) {
	t.Parallel()
	ca, stranger := newCertifier(t), newCertifier(t)
	old := ca.serverTLS("127.0.0.1", time.Hour)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	for name, row := range map[string]struct {
		server *tls.Config
		reason string // "" where all is well
	}{
		"as it should be": {ca.serverTLS("127.0.0.1", time.Hour), ""},
		"unknown CA":      {stranger.serverTLS("127.0.0.1", time.Hour), "its certificate is not to be trusted"},
		"expired":         {ca.serverTLS("127.0.0.1", -time.Hour), "its certificate is not to be trusted"},
		"another's":       {ca.serverTLS("192.0.2.1", time.Hour), "its certificate is not to be trusted"},
		"TLS 1.1":         {old, "connection lost"},
	} {
		p := newMutePeer(t, well)
		server := httptest.NewUnstartedServer(p)
		server.TLS, server.Config.ErrorLog = row.server, log.New(io.Discard, "", 0)
		server.StartTLS()
		t.Cleanup(server.Close)
		n := New(Settings{API: parseURL(t, server.URL+"/api/"), STS: parseURL(t, server.URL+"/jwt"), CA: ca.pool(), Version: "1.2.3"}, keyring{p.key})
		t.Cleanup(n.Close)
		_, err := n.Fleet(ourKey("f")).Bicycle(t.Context(), someBicycle)
		if well := row.reason == ""; well != (err == nil) || !well && !errors.Is(err, ErrUnreachable) || !strings.HasSuffix(Reason(err), row.reason) {
			t.Errorf("%s: got %v (%s)", name, err, Reason(err))
		}
		if reached := p.exchanges.Load() + p.calls.Load(); row.reason != "" && reached != 0 {
			t.Errorf("%s: %d requests reached it", name, reached)
		}
	}
}

// A nameServer says what its test wants it to say.
func nameServer(t *testing.T, ip func() [4]byte) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply := resolved(buf[:n], ip()); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// resolved answers a question with an address, the zero one being that there is no such name.
func resolved(question []byte, ip [4]byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.Additionals = true, nil
	switch q := m.Questions[0]; {
	case ip == [4]byte{}:
		m.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA:
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: ip},
		}}
	}
	reply, err := m.Pack()
	if err != nil {
		return nil
	}
	return reply
}

func TestU22NameServersThatFailOrLie(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		ip     [4]byte
		cause  error
		reason string
	}{
		"no such name":  {[4]byte{}, nil, "its name is not found"},
		"metadata":      {[4]byte{169, 254, 169, 254}, errDial, "connection lost"},
		"everybody":     {[4]byte{224, 0, 0, 1}, errDial, "connection lost"},
		"nobody's":      {[4]byte{0, 0, 0, 0}, nil, "its name is not found"},
		"ours (a port)": {[4]byte{127, 0, 0, 1}, nil, "connection refused"},
	} {
		p := newPeer(t, well)
		n := p.noa(0)
		f := n.Fleet(ourKey("f"))
		if _, err := f.Scopes(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, port, err := net.SplitHostPort(closedPort(t))
		if err != nil {
			t.Fatal(err)
		}
		d := newDialer()
		d.Resolver = nameServer(t, func() [4]byte { return row.ip })
		n.api.Transport.(*http.Transport).DialContext = d.DialContext
		n.settings.API = parseURL(t, "https://api.noa.example:"+port+"/api/")
		_, err = f.Bicycle(t.Context(), someBicycle)
		if !errors.Is(err, ErrUnreachable) || row.cause != nil && !errors.Is(err, row.cause) || !strings.HasSuffix(Reason(err), row.reason) {
			t.Errorf("%s: got %v (%s)", name, err, Reason(err))
		}
		if _, err := f.FileTicket(t.Context(), NewTicket{Message: "m"}); !errors.Is(err, ErrUnreachable) || errors.Is(err, ErrUnknownOutcome) {
			t.Errorf("%s: a change that was not sent: %v", name, err)
		}
	}
}
