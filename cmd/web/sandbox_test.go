package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
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
