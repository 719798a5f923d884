package main

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// listenSettings say where the desk answers and under which address people know it.
type listenSettings struct {
	Listen string `setting:"NOADESK_LISTEN" default:"127.0.0.1:8080" help:"Address of the desk."`
	URL    string `setting:"NOADESK_URL" name:"url" placeholder:"URL" help:"Address that people type; http:// and the address of the desk if not given."`
}

// A place is where the desk answers.
type place struct {
	listen string
	secure bool     // the desk serves TLS itself
	public *url.URL // as people type it, nil to make it from the listener's address
}

// parse checks the addresses. Where no address for people is given it follows from the listener.
func (s listenSettings) parse(wrong *wrongSettings, secure bool) place {
	host, _, err := net.SplitHostPort(s.Listen)
	if err != nil {
		wrong.add("NOADESK_LISTEN", "%q is not an address such as 127.0.0.1:8080.", s.Listen)
		return place{}
	}
	p := place{listen: s.Listen, secure: secure}
	switch {
	case s.URL != "":
		p.public = publicAddress(wrong, s.URL, secure)
	case !secure && !loopback(host):
		wrong.add("NOADESK_URL", "the desk listens on %s, which is not a loopback address: "+
			"set the https address that people type.", s.Listen)
	}
	return p
}

// publicAddress reads the address that people type. With plain http a session could be read
// on its way, so it is for this machine only.
func publicAddress(wrong *wrongSettings, text string, secure bool) *url.URL {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Host == "", u.Scheme != "http" && u.Scheme != "https":
		wrong.add("NOADESK_URL", "%q is not an address such as https://desk.example.org.", redacted(text))
	case u.User != nil, strings.Trim(u.Path, "/") != "", u.RawQuery != "", u.Fragment != "":
		wrong.add("NOADESK_URL", "%q has to be a scheme and a host, with nothing after it.", redacted(text))
	case u.Scheme == "http" && !loopback(u.Hostname()):
		wrong.add("NOADESK_URL", "%q is plain http, which is accepted for a loopback host only; use https.", text)
	case u.Scheme == "http" && secure:
		wrong.add("NOADESK_URL", "%q is plain http, but the desk has a certificate; use https.", text)
	default:
		return &url.URL{Scheme: u.Scheme, Host: u.Host}
	}
	return nil
}

// address is what people type for a desk that listens there.
func (p place) address(on net.Addr) *url.URL {
	switch {
	case p.public != nil:
		return p.public
	case p.secure:
		return &url.URL{Scheme: "https", Host: on.String()}
	}
	return &url.URL{Scheme: "http", Host: on.String()}
}

// loopback says whether a host is this machine itself.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// proxies reads the networks whose X-Forwarded-For counts: CIDRs or single addresses.
func proxies(wrong *wrongSettings, text string) []netip.Prefix {
	var list []netip.Prefix
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		prefix, err := netip.ParsePrefix(one)
		if ip, single := netip.ParseAddr(one); single == nil {
			prefix, err = ip.Prefix(ip.BitLen())
		}
		if err != nil {
			wrong.add("NOADESK_TRUSTED_PROXIES", "%q is not a network such as 10.0.0.0/8.", one)
			continue
		}
		list = append(list, prefix.Masked())
	}
	return list
}
