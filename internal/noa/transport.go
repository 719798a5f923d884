package noa

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Limits on a call; see docs/noa.md, "Limits of the desk".
const (
	callLimit     = 15 * time.Second // one question and its answer, waiting and second tries included
	exchangeLimit = 10 * time.Second
	dialLimit     = 3 * time.Second
	tlsLimit      = 3 * time.Second
	headersLimit  = 8 * time.Second
	pingAfter     = 15 * time.Second // of silence on a connection of HTTP/2
	lineLimit     = 5 * time.Second  // until it is given up: one that is stuck would get further calls
	maxBody       = 8 << 20          // after decompression
	maxHeader     = 64 << 10
	maxConns      = maxInAll // so that calls queue at our gate, where they queue fairly
)

var errDial = errors.New("noa: address not to be dialled")

// newClient makes a client that follows no redirect: Go would carry the token to another port of the
// same host. Its transport is never changed afterwards.
func newClient(ca *x509.CertPool, headers time.Duration) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            newDialer().DialContext,
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: maxHeader,
			TLSClientConfig:        &tls.Config{RootCAs: ca, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    tlsLimit,
			ResponseHeaderTimeout:  headers,
			MaxConnsPerHost:        maxConns,
			MaxIdleConnsPerHost:    maxAtOnce,
			IdleConnTimeout:        30 * time.Second,
			HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: lineLimit, WriteByteTimeout: lineLimit},
		},
	}
}

func newDialer() *net.Dialer {
	return &net.Dialer{Timeout: dialLimit, KeepAlive: 30 * time.Second, Control: refuseOddAddresses}
}

// refuseOddAddresses keeps a name server that lies from leading us to a
// cloud's metadata service.
func refuseOddAddresses(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return errDial
	}
	ip := to.Addr().Unmap()
	if ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() {
		return errDial
	}
	return nil
}

// Check says what is wrong with the addresses. Without TLS Noa may only be on this machine.
func (s Settings) Check() error {
	if err := checkAddress("API", s.API); err != nil {
		return err
	}
	return checkAddress("STS", s.STS)
}

func checkAddress(name string, u *url.URL) error {
	switch {
	case u == nil || u.Host == "":
		return fmt.Errorf("noa: the %s address is missing or names no host", name)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.RawPath != "":
		return fmt.Errorf("noa: the %s address may have a scheme, a host and a plain path only", name)
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("noa: the %s address must begin with https:// unless it is on this machine", name)
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}
