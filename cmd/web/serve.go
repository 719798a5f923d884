package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"noadesk/internal/handlers"
	"noadesk/internal/noa"
)

type serveCommand struct{ serveSettings }

// serveSettings are all the settings that a desk has.
type serveSettings struct {
	dataSettings
	noaSettings
	listenSettings
	sessionSettings
	metricsSettings
	TLSCert string `setting:"NOADESK_TLS_CERT_FILE" name:"tls-cert-file" placeholder:"FILE" help:"Certificate, if the desk serves TLS itself."`
	TLSKey  string `setting:"NOADESK_TLS_KEY_FILE" name:"tls-key-file" placeholder:"FILE" help:"Key of the certificate."`
	Proxies string `setting:"NOADESK_TRUSTED_PROXIES" name:"trusted-proxies" placeholder:"CIDR,…" help:"Networks whose X-Forwarded-For counts."`
	Log     string `setting:"NOADESK_LOG" placeholder:"FORM" help:"text or json; text on a terminal, else json."`
}

// deskSettings is what a desk needs to know, checked.
type deskSettings struct {
	place
	noa       noa.Settings
	tls       *tls.Config
	proxies   []netip.Prefix
	idle, max time.Duration
	practice  string
	metrics   string // address for a monitor, "" for none
	log       *slog.Logger
}

// parse checks all settings and names all wrong ones together.
func (c serveSettings) parse(w *world) (deskSettings, error) {
	var wrong wrongSettings
	conf := deskSettings{
		place:   c.listenSettings.parse(&wrong, c.TLSCert != ""),
		noa:     c.noaSettings.parse(&wrong),
		tls:     certificate(&wrong, c.TLSCert, c.TLSKey),
		proxies: proxies(&wrong, c.Proxies),
		log:     logger(w, &wrong, c.Log),
		metrics: c.metricsSettings.parse(&wrong),
	}
	conf.idle, conf.max = c.sessionSettings.parse(&wrong)
	conf.noa.Log = conf.log
	return conf, wrong.found()
}

// Run runs the desk.
func (c serveCommand) Run(ctx context.Context, w *world) error {
	conf, err := c.parse(w)
	mk, keyErr := c.master(w)
	if err := together(err, keyErr); err != nil {
		return err
	}
	r, err := openRooms(ctx, c.Data, mk)
	if err != nil {
		return err
	}
	defer r.close()
	release, err := r.db.Lock()
	if err != nil {
		return err
	}
	defer release()
	if kept := r.db.Kept(); kept != "" {
		conf.log.Info("database brought up to date", "before", kept)
	}
	if c.keyBesideData() {
		conf.log.Warn("the master key lies in the data folder: a copy of the folder holds both")
	}
	defer c.rereadMasterKey(ctx, w, r.keys, conf.log)()
	return conf.serve(ctx, w, r, func(address string) {})
}

// serve opens the desk's doors. It calls ready with the address as soon as the desk answers there.
func (conf deskSettings) serve(ctx context.Context, w *world, r *rooms, ready func(address string)) error {
	told, deaf := stops()
	defer deaf()
	counts, shut, err := openMetrics(conf.metrics, conf.log)
	if err != nil {
		return err
	}
	defer shut()
	l, err := listen(conf.listen)
	if err != nil {
		return err
	}
	conf.noa.Used = func(c noa.Credential, s noa.Scope) { r.keys.UsedScope(ctx, c.Fingerprint, string(s)) }
	conf.noa.Observe = counts.called
	api := noa.New(conf.noa, r.keys)
	defer api.Close()
	counts.watch(api)
	address := conf.address(l.Addr())
	desk := handlers.New(r.db, r.keys, r.people, r.rows, api, handlers.Options{
		Version: version, URL: address, TrustedProxies: conf.proxies, Practice: conf.practice,
		SessionIdle: conf.idle, SessionMax: conf.max, Log: conf.log, Observe: counts.answered,
		API: conf.noa.API.String(), STS: conf.noa.STS.String(),
	})
	server := newServer(desk, conf.log)
	server.TLSConfig = conf.tls
	conf.log.Info("listening", "on", l.Addr().String(), "address", address.String(), "version", version)
	ready(address.String())

	var offers sync.WaitGroup
	offering, stop := context.WithCancel(ctx)
	offers.Go(func() { offerSetup(offering, w, r.people, address.String(), conf.log) })
	offers.Go(func() { r.signHeads(offering, conf.log) })
	offers.Go(func() { r.checkKeys(offering, conf.log) })
	err = answer(ctx, told, l, server, func() {
		desk.Drain()
		conf.log.Info("stopping")
	})
	stop()
	offers.Wait()
	conf.log.Info("stopped", "err", err)
	return err
}

// certificate reads the desk's own certificate, if it serves TLS itself.
func certificate(wrong *wrongSettings, certFile, keyFile string) *tls.Config {
	switch {
	case certFile == "" && keyFile == "":
		return nil
	case certFile == "":
		wrong.add("NOADESK_TLS_CERT_FILE", "there is a key file but no certificate.")
		return nil
	case keyFile == "":
		wrong.add("NOADESK_TLS_KEY_FILE", "there is a certificate but no key file.")
		return nil
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		wrong.add("NOADESK_TLS_CERT_FILE", "%s and %s are not a certificate and its key (%v).", certFile, keyFile, cause(err))
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
}

// logger writes for whoever reads standard error: a person or a program.
func logger(w *world, wrong *wrongSettings, form string) *slog.Logger {
	switch {
	case form == "text", form == "" && w.readable:
		return slog.New(slog.NewTextHandler(w.err, nil))
	case form != "" && form != "json":
		wrong.add("NOADESK_LOG", "%q is neither text nor json.", form)
	}
	return slog.New(slog.NewJSONHandler(w.err, nil))
}
