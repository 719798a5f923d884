package main

import (
	"crypto/elliptic"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"noadesk/internal/sandbox"
)

// besideNoa is a shell whose settings lead to a sandbox, with its organisation taken in.
func besideNoa(t *testing.T) (*shell, *sandbox.Sandbox) {
	t.Helper()
	s, fake, _ := emptyBesideNoa(t)
	s.do("org", "add", "--uuid", fake.Organization().UUID, "--name", "Practice")
	return s, fake
}

// emptyBesideNoa is a shell whose settings lead to a sandbox.
func emptyBesideNoa(t *testing.T) (*shell, *sandbox.Sandbox, *httptest.Server) {
	t.Helper()
	fake, err := sandbox.New(sandbox.Options{Seed: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(fake.Handler())
	t.Cleanup(server.Close)
	s := newShell(t).with("NOADESK_API_URL", server.URL+"/api/", "NOADESK_STS_URL", server.URL+"/jwt", "NOADESK_LISTEN", "127.0.0.1:0")
	return s, fake, server
}

func TestAnImportedKeyIsProvedAtNoa(t *testing.T) {
	t.Parallel()
	s, fake := besideNoa(t)
	for i, app := range fake.ClientApps() {
		file := s.write(app.Name+".pem", string(app.PrivateKey))
		key := parse[keyRow](s.do("key", "import", "--org", "practice", "--client", app.Name, "--json", file))
		if want := map[bool]string{true: "active", false: "ready"}[i == 0]; key.State != want {
			t.Errorf("%s: state %s, want %s", app.Name, key.State, want)
		}
		s.do("key", "prove", key.Fingerprint).says("granted: "+strings.Join(app.Scopes, ", "), "Clock:", grouped(key.Fingerprint))
	}
	for _, key := range parse[[]keyRow](s.do("key", "list", "--json")) {
		if key.Proved == nil || key.LastUsed == nil {
			t.Errorf("not proved: %+v", key)
		}
	}
}

func TestAPairMadeHereBecomesActiveByItsFirstProof(t *testing.T) {
	t.Parallel()
	for _, curve := range []string{"P-256", "P-384", "P-521"} {
		t.Run(curve, func(t *testing.T) {
			t.Parallel()
			s, fake := besideNoa(t)
			made := s.do("key", "generate", "--org", "practice", "--client", "made-here", "--curve", curve)
			key := parse[[]keyRow](s.do("key", "list", "--json"))[0]

			s.run("", "key", "prove", key.Fingerprint).exits(exitNotAllowed).sentence()
			if err := fake.Register("made-here", []string{"bicycle:read", "trip:read"}, []byte(made.out)); err != nil {
				t.Fatal(err)
			}
			proof := parse[proofRow](s.do("key", "prove", "--json", key.Fingerprint[:8]))
			if proof.State != "active" || strings.Join(proof.Scopes, " ") != "bicycle:read trip:read" {
				t.Errorf("got %+v", proof)
			}
			if proof.SkewSeconds == nil || *proof.SkewSeconds > 2 || *proof.SkewSeconds < -2 {
				t.Errorf("clock difference to this machine itself: %v", proof.SkewSeconds)
			}
		})
	}
}

func TestRotationByCommandLine(t *testing.T) {
	t.Parallel()
	s, fake := besideNoa(t)
	app := fake.ClientApps()[0]
	first := parse[keyRow](s.run(string(app.PrivateKey), "key", "import", "--org", "practice", "--client", app.Name, "--json", "-"))
	made := parse[keyRow](s.do("key", "generate", "--org", "practice", "--client", "next", "--json"))
	if err := fake.Register("next", []string{"bicycle:read"}, []byte(made.PublicKey)); err != nil {
		t.Fatal(err)
	}
	s.run("", "key", "switch", made.Fingerprint).exits(exitInput).sentence()
	s.do("key", "prove", made.Fingerprint).says("ready and proved")
	s.do("key", "switch", made.Fingerprint).says("active")
	s.do("key", "retire", first.Fingerprint).says("retired")
	s.run("", "key", "prove", first.Fingerprint).exits(exitInput).sentence().says("retired")
}

func TestWhenNoaCannotBeReached(t *testing.T) {
	t.Parallel()
	s, _ := besideNoa(t)
	text, fingerprint := pair(t, elliptic.P384())
	s.run(text, "key", "import", "--org", "practice", "--client", "desk", "-").exits(exitDone)
	away := s.with("NOADESK_STS_URL", "http://127.0.0.1:1/jwt", "NOADESK_API_URL", "http://127.0.0.1:1/api/")
	away.run("", "key", "prove", fingerprint).exits(exitUnreachable).sentence().says("Noa cannot be reached")
	away.run("", "doctor").exits(exitUnreachable).says("WRONG  reach the API")
	s.with("NOADESK_API_URL", "http://noa.example.org/").run("", "key", "prove", fingerprint).exits(exitSettings).sentence()
	s.run("", "key", "prove", fingerprint).exits(exitNotAllowed).sentence().says("refused")
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	s, fake := besideNoa(t)
	s.do("doctor").says("ok     settings", "ok     database", "ok     master key", "clock: not compared")
	app := fake.ClientApps()[0]
	s.run(string(app.PrivateKey), "key", "import", "--org", "practice", "--client", app.Name, "-").exits(exitDone)
	s.do("key", "generate", "--org", "practice", "--client", "later")
	s.do("doctor").says("Noa takes it", "waits until Noa knows", "as Noa's, within two seconds")
	for _, check := range parse[[]checkRow](s.do("doctor", "--json")) {
		if !check.OK || check.Told == "" {
			t.Errorf("got %+v", check)
		}
	}
	text, _ := pair(t, elliptic.P256())
	s.run(text, "key", "import", "--org", "practice", "--client", "unknown", "-").exits(exitDone)
	s.run("", "doctor").exits(exitNotAllowed).says("WRONG  key", "Not everything is in order.")
	s.with("NOADESK_LOG", "xml").run("", "doctor").exits(exitSettings).says("WRONG  settings", "ok     database")
}
