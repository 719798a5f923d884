package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
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
	resp, err := c.client().Do(req)
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

// client does not check the certificate: it was made out for the address that people type, and
// nothing is asked or sent here that anybody on this machine could not.
func (c healthcheckCommand) client() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
}
