package main

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.do("--help").says("serve", "key import")
	s.do("serve", "--help").says("$NOADESK_LISTEN", "127.0.0.1:8080")
	s.do("version").says("noadesk dev")
	for _, line := range []string{"", "bogus", "key", "key bogus", "org add", "serve --bogus", "key import --org x --client y", "master-key rotate --bogus"} {
		s.run("", strings.Fields(line)...).exits(exitUsage).sentence().says("noadesk --help")
	}
}

func TestWrongSettingsAreNamedTogether(t *testing.T) {
	t.Parallel()
	s := newShell(t).with(
		"NOADESK_LISTEN", "8080", "NOADESK_URL", "http://desk.example.org", "NOADESK_API_URL", "noa",
		"NOADESK_STS_URL", "http://sts.example.org/jwt", "NOADESK_CA_FILE", "/missing", "NOADESK_TRUSTED_PROXIES", "ten",
		"NOADESK_SESSION_IDLE", "soon", "NOADESK_SESSION_MAX", "-1h", "NOADESK_LOG", "xml", "NOADESK_NOA_RATE", "-1", "NOADESK_NOA_KEEP", "long",
		"NOADESK_METRICS_LISTEN", "9090",
		"NOADESK_TLS_CERT_FILE", "/missing", "NOADESK_MASTER_KEY_FILE", "/missing/master.key")
	got := s.run("", "serve").exits(exitSettings)
	got.says("NOADESK_LISTEN", "NOADESK_API_URL", "NOADESK_STS_URL", "NOADESK_CA_FILE",
		"NOADESK_TRUSTED_PROXIES", "NOADESK_SESSION_IDLE", "NOADESK_SESSION_MAX", "NOADESK_LOG",
		"NOADESK_NOA_RATE", "NOADESK_NOA_KEEP", "NOADESK_METRICS_LISTEN", "NOADESK_TLS_KEY_FILE", "master.key")
	if _, err := os.Stat(s.env["NOADESK_DATA"]); !os.IsNotExist(err) {
		t.Errorf("wrong settings made the data folder: %v", err)
	}
	s.with("NOADESK_LISTEN", "127.0.0.1:0").run("", "serve").exits(exitSettings).says("NOADESK_URL")
}

func TestASettingIsAlsoAFlag(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	folder := filepath.Join(s.dir, "elsewhere")
	s.do("org", "list", "--data", folder)
	if _, err := os.Stat(filepath.Join(folder, "noadesk.db")); err != nil {
		t.Error(err)
	}
	s.run("", "serve", "--api-url", "ftp://noa.example.org").exits(exitSettings).says("NOADESK_API_URL")
}

func TestAddressesThatPeopleType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		listen, url string
		secure      bool
		want        string // "" is refused
	}{
		{"127.0.0.1:8080", "", false, "http://127.0.0.1:8080"},
		{"localhost:80", "", false, "http://127.0.0.1:80"},
		{"[::1]:8080", "", false, "http://[::1]:8080"},
		{"0.0.0.0:8080", "", false, ""},
		{":8080", "", false, ""},
		{"10.0.0.7:8080", "", false, ""},
		{"10.0.0.7:8443", "", true, "https://10.0.0.7:8443"},
		{"127.0.0.1:8080", "http://localhost:9000", false, "http://localhost:9000"},
		{"0.0.0.0:8080", "https://desk.example.org", false, "https://desk.example.org"},
		{"0.0.0.0:8080", "https://desk.example.org/", false, "https://desk.example.org"},
		{"0.0.0.0:8080", "http://desk.example.org", false, ""},
		{"127.0.0.1:8080", "http://127.0.0.1:8080", true, ""},
		{"127.0.0.1:8080", "https://desk.example.org/desk", false, ""},
		{"127.0.0.1:8080", "https://me:secret@desk.example.org", false, ""},
		{"127.0.0.1:8080", "desk.example.org", false, ""},
		{"127.0.0.1:8080", "ftp://desk.example.org", false, ""},
		{"8080", "", false, ""},
	} {
		var wrong wrongSettings
		p := listenSettings{c.listen, c.url}.parse(&wrong, c.secure)
		if err := wrong.found(); err != nil {
			if c.want != "" {
				t.Errorf("%+v: %v", c, err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%+v: the sentence repeats a password: %v", c, err)
			}
			continue
		}
		on, err := net.ResolveTCPAddr("tcp", c.listen)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.address(on).String(); got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

func TestPlainHTTPToNoaIsForThisMachineOnly(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://noa.example.org/api":         "https://noa.example.org/api/",
		"https://noa.example.org/api/":        "https://noa.example.org/api/",
		"http://127.0.0.1:9000/api/":          "http://127.0.0.1:9000/api/",
		"http://[::1]:9000":                   "http://[::1]:9000/",
		"http://localhost:9000/api/":          "http://localhost:9000/api/",
		"http://noa.example.org/api/":         "",
		"http://127.0.0.1.example.org/api/":   "",
		"https://me:secret@noa.example.org/":  "",
		"https://noa.example.org/api/?page=1": "",
		"noa.example.org":                     "",
		"https://":                            "",
	} {
		var wrong wrongSettings
		conf := noaSettings{API: address, STS: "https://sts.example.org/jwt", Rate: "20", Keep: "2s"}.parse(&wrong)
		switch err := wrong.found(); {
		case want == "" && (err == nil || strings.Contains(err.Error(), "secret")):
			t.Errorf("%s: %v", address, err)
		case want != "" && (err != nil || conf.API.String() != want):
			t.Errorf("%s: got %v, %v", address, conf.API, err)
		}
	}
}

func TestProxies(t *testing.T) {
	t.Parallel()
	var wrong wrongSettings
	got := proxies(&wrong, "10.1.2.3/8, 192.0.2.1,2001:db8::/32")
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("2001:db8::/32")}
	if !slices.Equal(got, want) || wrong != nil {
		t.Errorf("got %v, %v", got, wrong)
	}
}

func TestSessionsEndInOrder(t *testing.T) {
	t.Parallel()
	var wrong wrongSettings
	idle, longest := sessionSettings{"45m", "8h"}.parse(&wrong)
	if idle != 45*time.Minute || longest != 8*time.Hour || wrong != nil {
		t.Errorf("got %v, %v, %v", idle, longest, wrong)
	}
	sessionSettings{"2h", "1h"}.parse(&wrong)
	if len(wrong) != 1 {
		t.Errorf("a longest time below the idle time is taken: %v", wrong)
	}
}

func FuzzAddresses(f *testing.F) {
	f.Add("https://desk.example.org", "10.0.0.0/8")
	f.Add("http://[::1%25lo]:80", "::/0,x")
	f.Fuzz(func(t *testing.T, address, networks string) {
		var wrong wrongSettings
		if u := publicAddress(&wrong, address, false); u != nil && u.Scheme == "http" && !loopback(u.Hostname()) {
			t.Errorf("%q is taken", address)
		}
		if u := noaAddress(&wrong, "NOADESK_API_URL", address); u != nil && u.Scheme == "http" && !loopback(u.Hostname()) {
			t.Errorf("%q is taken", address)
		}
		proxies(&wrong, networks)
	})
}
