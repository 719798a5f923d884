package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"noadesk/internal/noa"
	"noadesk/internal/sandbox"
)

func TestTheSandboxTellsAnIntegratorEverything(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	folder := filepath.Join(s.dir, "keys")
	noa := s.start("sandbox", "--listen", "127.0.0.1:0", "--bicycles", "140", "--keys", folder)
	api, sts := noa.prints(`^NOADESK_API_URL=(http://\S+/api/)$`), noa.prints(`^NOADESK_STS_URL=(http://\S+/jwt)$`)
	uuid := noa.prints(`^Organization: .+, uuid (\S+)$`)
	noa.prints(`^Operator: +\S+, password (\S+)$`)
	noa.prints(`^Client app: +(\S+),`)
	files, _ := filepath.Glob(filepath.Join(folder, "*.pem"))
	if len(files) < 3 {
		t.Fatalf("key files: %v", files)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}

	desk := s.with("NOADESK_API_URL", api, "NOADESK_STS_URL", sts)
	desk.do("org", "add", "--uuid", uuid, "--name", "Practice")
	client := strings.TrimSuffix(filepath.Base(files[0]), ".pem")
	key := parse[keyRow](desk.do("key", "import", "--org", "practice", "--client", client, "--json", files[0]))
	desk.do("key", "prove", key.Fingerprint).says("granted")
	noa.tell(syscall.SIGTERM)
	noa.ends(exitDone)
	if strings.Contains(noa.log.String(), "PRIVATE") {
		t.Error("a key stands in the log")
	}
}

func TestTheSandboxStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	for _, listen := range []string{"0.0.0.0:0", ":0", "192.0.2.1:8090", "8090"} {
		s.run("", "sandbox", "--listen", listen).exits(exitSettings).sentence().says("loopback")
	}
}

func TestTheSandboxHandsOutKeysOnTheAskedCurve(t *testing.T) {
	t.Parallel()
	for _, curve := range []string{"P-256", "P-384", "P-521"} {
		fake, api := noaWith(t, sandboxCommand{Curve: curve, TokenLife: time.Minute, Attempts: 2, Lockout: time.Minute})
		email, password := fake.Operator()
		operator, err := api.SignIn(t.Context(), email, password)
		if err != nil {
			t.Fatal(err)
		}
		_, private, err := operator.Register(t.Context(), noa.NewClientApp{Organization: fake.Organization().UUID, Name: "new", Scopes: []noa.Scope{noa.TripRead}})
		if err != nil {
			t.Fatal(err)
		}
		err = private.Give(func(text []byte) error {
			block, _ := pem.Decode(text)
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if k, ok := key.(*ecdsa.PrivateKey); !ok || k.Curve.Params().Name != curve {
				t.Errorf("asked for %s, got a %T on another curve", curve, key)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestTheSandboxLocksAfterTheAskedAttempts(t *testing.T) {
	t.Parallel()
	fake, api := noaWith(t, sandboxCommand{Curve: "P-384", TokenLife: time.Minute, Attempts: 2, Lockout: time.Hour})
	email, password := fake.Operator()
	for i, c := range []struct {
		password string
		want     error
	}{{"wrong", noa.ErrSignIn}, {"wronger", noa.ErrSignIn}, {password, noa.ErrLocked}} {
		if _, err := api.SignIn(context.Background(), email, c.password); !errors.Is(err, c.want) {
			t.Errorf("try %d: %v, want %v", i+1, err, c.want)
		}
	}
}

// noaWith is the sandbox as its flags make it, and the desk's client for it.
func noaWith(t *testing.T, c sandboxCommand) (*sandbox.Sandbox, *noa.Noa) {
	t.Helper()
	var wrong wrongSettings
	fake, err := sandbox.New(c.options(&wrong))
	if err := errors.Join(err, wrong.found()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(fake.Handler())
	t.Cleanup(server.Close)
	api := noa.New(noaAt(strings.TrimPrefix(server.URL, "http://"), slog.New(slog.DiscardHandler)), nil)
	t.Cleanup(api.Close)
	return fake, api
}

func TestTheSandboxRefusesFlagsThatMeanNothing(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	for _, flag := range []string{"--lockout-attempts=0", "--lockout-time=0s", "--token-life=-1s"} {
		name, _, _ := strings.Cut(flag, "=")
		s.run("", "sandbox", "--listen", "127.0.0.1:0", flag).exits(exitSettings).sentence().says(name)
	}
	s.run("", "sandbox", "--curve", "P-224").exits(exitUsage).sentence()
}
