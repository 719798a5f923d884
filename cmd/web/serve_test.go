package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestServeOffersASetUpLinkAndStopsCleanly(t *testing.T) {
	t.Parallel()
	s := newShell(t).with("NOADESK_LISTEN", "127.0.0.1:0")
	desk := s.start("serve")
	link := desk.prints(`^(http://127\.0\.0\.1:\d+/setup/\S+)$`)
	address, token, _ := strings.Cut(link, "/setup/")
	if status, _ := get(t, link); status != http.StatusOK {
		t.Errorf("the set-up link answers %d", status)
	}
	if status, _ := get(t, address+"/readyz"); status != http.StatusOK {
		t.Errorf("/readyz answers %d", status)
	}
	s.with("NOADESK_LISTEN", host(address)).do("healthcheck").says("ready")

	other := s.run("", "serve").exits(exitSettings).sentence()
	other.says(fmt.Sprint(desk.cmd.Process.Pid))
	s.run("", "org", "add", "--uuid", berlin, "--name", "Berlin").exits(exitDone)

	desk.tell(syscall.SIGTERM)
	desk.ends(exitDone)
	if strings.Contains(desk.log.String(), token) {
		t.Error("the set-up link stands in the log")
	}
	s.with("NOADESK_LISTEN", host(address)).run("", "healthcheck").exits(exitFailed).sentence()
}

func TestServeOffersNoLinkWhereSomebodyIsOnTheStaff(t *testing.T) {
	t.Parallel()
	s := newShell(t).with("NOADESK_LISTEN", "127.0.0.1:0")
	s.run(goodPassword, "staff", "add", "--email", "ada@example.org", "--name", "Ada", "--role", "admin").exits(exitDone)
	desk := s.start("serve")
	desk.logs("listening")
	desk.tell(syscall.SIGTERM)
	desk.ends(exitDone)
	if printed := desk.out.String(); printed != "" {
		t.Errorf("prints %q", printed)
	}
}

func TestARequestInFlightIsAnsweredBeforeTheEnd(t *testing.T) {
	t.Parallel()
	s := newShell(t).with("NOADESK_LISTEN", "127.0.0.1:0")
	desk := s.start("serve")
	address := host(desk.prints(`^(http://\S+)/setup/`))
	conn := slowRequest(t, address)
	desk.tell(syscall.SIGTERM)
	desk.logs("stopping")
	if _, err := fmt.Fprint(conn, "12345"); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 12)
	if _, err := conn.Read(answer); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 ") {
		t.Errorf("got %q, %v", answer, err)
	}
	desk.ends(exitDone)
}

func TestASecondSignalEndsItAtOnce(t *testing.T) {
	t.Parallel()
	s := newShell(t).with("NOADESK_LISTEN", "127.0.0.1:0")
	desk := s.start("serve")
	address := host(desk.prints(`^(http://\S+)/setup/`))
	slowRequest(t, address)
	desk.tell(syscall.SIGTERM)
	desk.logs("stopping")
	desk.tell(syscall.SIGTERM)
	desk.ends(exitFailed)
	s.do("org", "list")
}

// slowRequest begins a post and holds back the end of its body.
func slowRequest(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "POST /login HTTP/1.1\r\nHost: %s\r\nExpect: 100-continue\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\n", address)
	if err != nil {
		t.Fatal(err)
	}
	told := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
	if _, err := conn.Read(told); err != nil || !strings.Contains(string(told), "100") {
		t.Fatalf("the desk does not read the body: %q, %v", told, err)
	}
	if _, err := fmt.Fprint(conn, "email"); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestAnAddressThatIsTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := newShell(t).with("NOADESK_LISTEN", l.Addr().String(), "NOADESK_LOG", "text", "TMPDIR", t.TempDir())
	s.run("", "serve").exits(exitSettings).says("listens on " + l.Addr().String() + " already")
	s.run("", "demo").exits(exitSettings).says("NOADESK_LISTEN", "already")
}

func TestServeWithItsOwnCertificate(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	cert, key := certificatePair(t, s)
	s = s.with("NOADESK_LISTEN", "127.0.0.1:0", "NOADESK_TLS_CERT_FILE", cert, "NOADESK_TLS_KEY_FILE", key)
	desk := s.start("serve")
	address := host(desk.prints(`^(https://127\.0\.0\.1:\d+)/setup/\S+$`))
	s.with("NOADESK_LISTEN", address).do("healthcheck")
	for version, want := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: version})
		if (err == nil) != want {
			t.Errorf("%s: got %v", tls.VersionName(version), err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
	desk.tell(syscall.SIGINT)
	desk.ends(exitDone)
}

func TestTheDemoNeedsNothingAndLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newShell(t).with("NOADESK_LISTEN", "127.0.0.1:0")
	demo := s.start("demo")
	address := demo.prints(`Open +(http://127\.0\.0\.1:\d+)$`)
	email, password := demo.prints(`E-mail +(\S+)$`), demo.prints(`Password +(\S+)$`)
	if status, page := get(t, address+"/login"); status != http.StatusOK || !strings.Contains(page, "password") {
		t.Errorf("/login answers %d:\n%s", status, page)
	}
	if email != "admin@practice.example" || len(password) != 19 {
		t.Errorf("got %q and a password of %d letters", email, len(password))
	}
	signIn(t, address, email, password)
	folders, _ := filepath.Glob(filepath.Join(s.dir, "noadesk-demo-*"))
	if len(folders) != 1 {
		t.Fatalf("temporary folders: %v", folders)
	}
	demo.tell(syscall.SIGTERM)
	demo.ends(exitDone)
	if _, err := os.Stat(folders[0]); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", folders[0], err)
	}
	if strings.Contains(demo.log.String(), password) {
		t.Error("the password stands in the log")
	}
}

// signIn signs in and opens the page that one is sent to.
func signIn(t *testing.T, address, email, password string) {
	t.Helper()
	jar := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := jar.PostForm(address+"/login", map[string][]string{"email": {email}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther || len(resp.Cookies()) != 1 {
		t.Errorf("signing in answers %d with %d cookies", resp.StatusCode, len(resp.Cookies()))
	}
}
