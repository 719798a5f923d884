package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

type healthcheckCommand struct {
	Listen  string `setting:"NOADESK_LISTEN" default:"127.0.0.1:8080" help:"Address of the desk."`
	TLSCert string `setting:"NOADESK_TLS_CERT_FILE" name:"tls-cert-file" placeholder:"FILE" help:"Set if the desk serves TLS itself."`
}

// Run asks the desk on this machine whether it is ready.
func (c healthcheckCommand) Run(ctx context.Context, w *world) error {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.address(), nil)
	if err != nil {
		return badSettings("NOADESK_LISTEN: %q is not an address such as 127.0.0.1:8080.", c.Listen)
	}
	client, err := c.client()
	if err != nil {
		return badSettings("NOADESK_TLS_CERT_FILE: %s cannot be read as a certificate (%v).", c.TLSCert, cause(err))
	}
	resp, err := client.Do(req)
	if err != nil {
		return failure{code: exitFailed, sentence: "The desk does not answer at " + c.Listen + ".", cause: err}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return failure{code: exitFailed, sentence: "The desk is not ready: " + resp.Status + "."}
	}
	w.say("The desk is ready.")
	return nil
}

// address is where to ask: a desk that listens on every address is asked on this machine's own.
func (c healthcheckCommand) address() string {
	host, port, err := net.SplitHostPort(c.Listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	scheme := "http"
	if c.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/readyz"
}

// client knows the desk by the very certificate that it serves, under whatever
// name that was made out for: people type another address than this one.
func (c healthcheckCommand) client() (*http.Client, error) {
	if c.TLSCert == "" {
		return http.DefaultClient, nil
	}
	text, err := os.ReadFile(c.TLSCert)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM")
	}
	own, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	known := x509.NewCertPool()
	known.AddCert(own)
	conf := &tls.Config{RootCAs: known, ServerName: nameOf(own), MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: conf}}, nil
}

// nameOf is a name that a certificate was made out for.
func nameOf(c *x509.Certificate) string {
	switch {
	case len(c.DNSNames) > 0:
		return strings.Replace(c.DNSNames[0], "*", "desk", 1)
	case len(c.IPAddresses) > 0:
		return c.IPAddresses[0].String()
	}
	return c.Subject.CommonName
}
