package main

import (
	"context"
	"crypto/elliptic"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"noadesk/internal/sandbox"
)

type sandboxCommand struct {
	Listen    string        `default:"127.0.0.1:8090" help:"Loopback address of the sandbox."`
	Seed      uint64        `default:"1" help:"The same seed makes the same fleet."`
	Bicycles  int           `default:"160" help:"How many bicycles it has."`
	Trips     int           `default:"260" help:"How many trips it has, at least."`
	Keys      string        `placeholder:"FOLDER" help:"Write the private keys of its client applications here."`
	Curve     string        `default:"P-384" enum:"P-256,P-384,P-521" help:"Curve of the keys that it hands out when a client application is registered."`
	TokenLife time.Duration `default:"30m" help:"How long its access tokens live."`
	Strict    bool          `name:"strict-es512" help:"Refuse an assertion that is labelled ES512 and signed with a P-384 key, as Noa's own Python sample makes it."`
	Attempts  int           `name:"lockout-attempts" default:"6" help:"So many wrong passwords lock an operator's e-mail."`
	Lockout   time.Duration `name:"lockout-time" default:"5m" help:"For how long they do."`
	Log       string        `setting:"NOADESK_LOG" placeholder:"FORM" help:"text or json; text on a terminal, else json."`
}

// options are what the flags say of the sandbox. None of them can be nothing: to the sandbox that is its own usual.
func (c sandboxCommand) options(wrong *wrongSettings) sandbox.Options {
	if c.TokenLife < time.Second {
		wrong.add("--token-life", "%s is less than a second.", c.TokenLife)
	}
	if c.Attempts < 1 {
		wrong.add("--lockout-attempts", "%d is not a number from 1.", c.Attempts)
	}
	if c.Lockout < time.Second {
		wrong.add("--lockout-time", "%s is less than a second.", c.Lockout)
	}
	return sandbox.Options{
		Seed: c.Seed, Bicycles: c.Bicycles, Trips: c.Trips, TokenLife: c.TokenLife,
		Curve: curves[c.Curve], Attempts: c.Attempts, Lockout: c.Lockout,
		LooseES512: !c.Strict,
	}
}

var curves = map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}

// Run runs the sandbox Noa alone.
func (c sandboxCommand) Run(ctx context.Context, w *world) error {
	var wrong wrongSettings
	log := logger(w, &wrong, c.Log)
	if host, _, err := net.SplitHostPort(c.Listen); err != nil || !loopback(host) {
		wrong.add("--listen", "%q is not a loopback address such as 127.0.0.1:8090.", c.Listen)
	}
	options := c.options(&wrong)
	if err := wrong.found(); err != nil {
		return err
	}
	options.Log = log
	fake, err := sandbox.New(options)
	if err != nil {
		return err
	}
	told, deaf := stops()
	defer deaf()
	l, err := listen(c.Listen)
	if err != nil {
		return err
	}
	if err := c.writeKeys(w, fake); err != nil {
		return err
	}
	w.introduce(fake, l.Addr().String())
	return answer(ctx, told, l, newServer(fake.Handler(), log), func() {})
}

// introduce tells an integrator how to reach the sandbox.
func (w *world) introduce(fake *sandbox.Sandbox, address string) {
	email, password := fake.Operator()
	org := fake.Organization()
	w.say("NOADESK_API_URL=http://%s/api/", address)
	w.say("NOADESK_STS_URL=http://%s/jwt", address)
	w.say("Organization: %s, uuid %s", org.Name, org.UUID)
	w.say("Operator:     %s, password %s", email, password)
	for _, app := range fake.ClientApps() {
		w.say("Client app:   %s, %s", app.Name, app.Label)
	}
}

// writeKeys writes each client application's private key to a file of its own, for its owner only.
func (c sandboxCommand) writeKeys(w *world, fake *sandbox.Sandbox) error {
	if c.Keys == "" {
		return nil
	}
	if err := os.MkdirAll(c.Keys, 0o700); err != nil {
		return badInput("%s cannot be made (%v).", c.Keys, cause(err))
	}
	for _, app := range fake.ClientApps() {
		file := filepath.Join(c.Keys, app.Name+".pem")
		if err := writeSecret(file, app.PrivateKey); err != nil {
			return err
		}
		w.say("Key file:     %s", file)
	}
	return nil
}

// writeSecret writes a file that only its owner may read, also where one with another mode was before.
func writeSecret(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return badInput("%s cannot be written (%v).", file, cause(err))
	}
	defer f.Close()
	if err := f.Chmod(0o600); err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Close()
}

// startSandbox runs a sandbox on a loopback address of its own until ctx ends.
func startSandbox(ctx context.Context, log *slog.Logger) (fake *sandbox.Sandbox, address string, err error) {
	fake, err = sandbox.New(sandbox.Options{Seed: 1, Log: log})
	if err != nil {
		return nil, "", err
	}
	l, err := listen("127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	server := newServer(fake.Handler(), log)
	go func() { _ = server.Serve(l) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return fake, l.Addr().String(), nil
}
