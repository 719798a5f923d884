package sandbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// A quietLog collects what is logged from many goroutines.
type quietLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *quietLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *quietLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestSecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	var out quietLog
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	n := newNoa(t, Options{Log: log})
	assertion := n.assertion("noadesk-practice", "ES384", n.claims("noadesk-practice"))
	n.exchange(`{"assertion":"` + assertion + `"}`)
	n.exchange(`{"assertion":"` + assertion + `x"}`)
	n.get("/api/bicycles/")
	n.do(get, "/api/trips/?token="+n.token("noadesk-practice"), "", nil)
	email, password := n.Operator()
	n.signIn(email, "nearly-"+password[2:])
	n.do(post, refreshPath, `{"client_id":"local","refresh_token":"`+n.people[0].refresh+`"}`, anonymous)
	operator := n.asOperator()
	fresh := n.create(operator, n.newApp(0, "fresh"))["private_key"].(string)
	log.Info("all of it", "apps", n.ClientApps(), "app", n.clientApp("noadesk-practice"), "sandbox", n.Sandbox, "people", n.people)
	text := out.String() + fmt.Sprintf("%v %+v %#v %#v", n.ClientApps(), n.Sandbox, n.Sandbox, n.people[0])
	if !strings.Contains(text, "token issued") || !strings.Contains(text, "/api/bicycles/") {
		t.Fatal("the log lacks what happened")
	}
	key, userToken := string(n.clientApp("noadesk-practice").PrivateKey), strings.TrimPrefix(operator["Authorization"], "JWT ")
	for name, secret := range map[string]string{
		"assertion": assertion, "token": n.token("noadesk-practice"), "password": password, "key": key[30:80],
		"wrong password": "nearly-", "user token": userToken, "refresh token": n.people[0].refresh, "fresh key": fresh[30:80],
		"key in base64": base64.StdEncoding.EncodeToString([]byte(key))[:60], "secret": fmt.Sprint(n.secret)[1:40],
	} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds the %s", name)
		}
	}
}

func TestRootNamesOnlyWhatExists(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	for name, address := range n.get("/api/").object() {
		r := n.do(get, strings.TrimPrefix(address.(string), n.url), "", nil)
		if r.status == 404 || r.body == nil {
			t.Errorf("%s: got status %d", name, r.status)
		}
	}
}

func TestPracticeClientsHaveTheirScopes(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	for name, want := range map[string][4]int{ // bicycles, trips, organizations, tickets
		"noadesk-practice":     {200, 200, 200, 200},
		"noadesk-readonly":     {200, 200, 200, 200},
		"noadesk-tickets-only": {403, 403, 403, 200},
		"noadesk-nothing":      {403, 403, 403, 403},
	} {
		for i, path := range []string{"bicycles/", "trips/", "organizations/", "support_tickets/"} {
			if r := n.do(get, "/api/"+path, "", n.as(name)); r.status != want[i] {
				t.Errorf("%s at %s: got status %d, want %d", name, path, r.status, want[i])
			}
		}
	}
}
