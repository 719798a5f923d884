package noa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	someEmail    = "leitstelle@spatzrad.example"
	somePassword = "marker-of-a-password"
	someApp      = "60e4b2c9-d13f-4875-a5b6-82f70c9de143"
)

// office is a peer that signs everybody in and answers everything else as api does.
func office(t *testing.T, api http.HandlerFunc) *peer {
	t.Helper()
	return newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/jwt/login/" {
			reply(w, http.StatusOK, example(t, "login-response"))
			return
		}
		api(w, r)
	})
}

// operator is somebody signed in at the peer.
func (p *peer) operator() *Operator {
	p.t.Helper()
	o, err := p.noa(0).SignIn(p.t.Context(), someEmail, somePassword)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(o.Close)
	return o
}

func TestASignInSaysWhatTheContractHas(t *testing.T) {
	t.Parallel()
	var want, got map[string]any
	var token string
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		token = r.Header.Get("Authorization")
		if r.URL.Path != "/api/jwt/login/" {
			reply(w, http.StatusOK, example(t, "client-app-list"))
			return
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Error(r.Method, r.Header, err)
		}
		reply(w, http.StatusOK, example(t, "login-response"))
	})
	o := p.operator()
	if err := json.Unmarshal([]byte(example(t, "login-request")), &want); err != nil {
		t.Fatal(err)
	}
	want["password"] = somePassword
	if diff := cmp.Diff(want, got); diff != "" || token != "" {
		t.Errorf("%s, with a token: %v", diff, token != "")
	}
	var said struct{ Token string }
	if err := json.Unmarshal([]byte(example(t, "login-response")), &said); err != nil {
		t.Fatal(err)
	}
	if _, err := o.ClientApps(t.Context(), ourOrganization); err != nil || token != "JWT "+said.Token {
		t.Errorf("%v; the call came with the user's token: %v", err, token == "JWT "+said.Token)
	}
	if p.exchanges.Load() != 0 {
		t.Error("an operator needs no key")
	}
}

func TestWhyNobodyIsSignedInIsTold(t *testing.T) {
	t.Parallel()
	all := []error{ErrSignIn, ErrLocked, ErrSignedOut, ErrForbidden, ErrRefused, ErrUnreachable, ErrBusy, ErrInvalid, ErrAnswer, ErrUnknownOutcome}
	for name, row := range map[string]struct {
		api  http.HandlerFunc
		want error
	}{
		"wrong":            {says(400, example(t, "login-error-invalid-credentials")), ErrSignIn},
		"field missing":    {says(400, `{"detail": {"password": [{"message": "m", "code": "required"}]}}`), ErrInvalid},
		"locked":           {says(403, example(t, "login-error-locked-out")), ErrLocked},
		"other 403":        {says(403, example(t, "error-403-missing-scope")), ErrForbidden},
		"429":              {says(429, `{}`), ErrBusy},
		"500":              {says(500, `<html>`), ErrUnreachable},
		"502":              {says(502, `<html>`), ErrUnreachable},
		"no answer":        {reset, ErrUnreachable},
		"half an answer":   {short, ErrUnreachable},
		"HTML":             {page("text/html"), ErrAnswer},
		"redirect":         {says(302, ``), ErrAnswer},
		"without a token":  {says(200, `{"user": {}}`), ErrAnswer},
		"token of a kind":  {says(200, `{"token": "marker-of-a-token"}`), ErrAnswer},
		"null":             {says(200, `{"token": null}`), ErrAnswer},
		"two tokens":       {says(200, `{"token": "a.b.c", "token": "a.b.c"}`), ErrAnswer},
		"broken":           {says(200, `{"token": "marker-of-a-token`), ErrAnswer},
		"too much":         {endless, ErrAnswer},
		"address is wrong": {page404, ErrAnswer},
	} {
		p := newPeer(t, row.api)
		o, err := p.noa(0).SignIn(t.Context(), someEmail, somePassword)
		for _, kind := range all {
			if errors.Is(err, kind) != (kind == row.want) {
				t.Errorf("%s: %v, want %v alone", name, err, row.want)
			}
		}
		if o != nil || p.calls.Load() != 1 {
			t.Errorf("%s: %v after %d calls, want nobody after 1", name, o, p.calls.Load())
		}
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "marker") || strings.Contains(text, someEmail) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestNobodySignsInWhereNoaIsNot(t *testing.T) {
	t.Parallel()
	n := newPeer(t, some).noa(0)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.settings.API = parseURL(t, "https://"+closed.Addr().String()+"/api/")
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := n.SignIn(t.Context(), someEmail, somePassword); !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	left, leave := context.WithCancel(t.Context())
	leave()
	if _, err := n.SignIn(left, someEmail, somePassword); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	wrong := Settings{API: parseURL(t, "http://api.lock8.me/api/"), STS: parseURL(t, "https://sts.lock8.me/jwt")}
	if _, err := New(wrong, keyring{}).SignIn(t.Context(), someEmail, somePassword); err == nil {
		t.Error("a password went out without TLS")
	}
}

func TestAfterCloseNothingIsAsked(t *testing.T) {
	t.Parallel()
	p := office(t, says(http.StatusOK, example(t, "client-app-list")))
	o := p.operator()
	if !o.SignedIn() {
		t.Error("not signed in")
	}
	o.Close()
	o.Close()
	asked := p.calls.Load()
	for name, err := range errands(t, o) {
		if !errors.Is(err, ErrSignedOut) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if o.SignedIn() || p.calls.Load() != asked {
		t.Errorf("signed in: %v, %d calls", o.SignedIn(), p.calls.Load()-asked)
	}
}

// errands does everything that an operator can, and gives what came of it.
func errands(t *testing.T, o *Operator) map[string]error {
	t.Helper()
	out := map[string]error{}
	_, out["list"] = o.ClientApps(t.Context(), ourOrganization)
	_, _, out["find"] = o.Find(t.Context(), ourOrganization, "desk")
	_, _, out["register"] = o.Register(t.Context(), NewClientApp{Organization: ourOrganization, Name: "desk"})
	_, out["change"] = o.Change(t.Context(), someApp, "", nil)
	out["delete"] = o.Delete(t.Context(), someApp)
	return out
}

func TestA401SignsTheOperatorOut(t *testing.T) {
	t.Parallel()
	p := office(t, says(http.StatusUnauthorized, example(t, "error-401-expired")))
	o := p.operator()
	if err := o.Delete(t.Context(), someApp); !errors.Is(err, ErrSignedOut) || errors.Is(err, ErrRefused) {
		t.Errorf("got %v", err)
	}
	if o.SignedIn() {
		t.Error("still signed in")
	}
	if err := o.Delete(t.Context(), someApp); !errors.Is(err, ErrSignedOut) || p.calls.Load() != 2 {
		t.Errorf("%v after %d calls, want the sign-in and one", err, p.calls.Load())
	}
}

func TestAnOperatorIsSignedInForHalfAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := New(Settings{}, keyring{}).operator("a.b.c", time.Now())
		time.Sleep(29 * time.Minute)
		if !o.SignedIn() {
			t.Error("signed out early")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.held != nil {
			t.Error("the token is kept without anybody asking")
		}
	})
}

func TestATokenThatRanOutDuringSleepIsNotSent(t *testing.T) {
	t.Parallel()
	o := New(Settings{}, keyring{}).operator("a.b.c", time.Now().Add(-operatorLife))
	defer o.Close()
	if o.SignedIn() {
		t.Error("signed in with a token that ran out")
	}
}

func TestAnOperatorsSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	p := office(t, func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "JWT ")
		reply(w, http.StatusBadRequest, `{"detail": {"a": [{"message": "`+token+`", "code": "invalid"}]}}`)
	})
	n := p.noa(0)
	n.settings.Log = slog.New(slog.NewTextHandler(&log, nil))
	o, err := n.SignIn(t.Context(), someEmail, somePassword)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	token := o.token().value.reveal()
	out := ""
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		out += fmt.Sprintf(verb, o)
	}
	for _, err := range errands(t, o) {
		out += fmt.Sprintf("%v %+v\n", err, err)
	}
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", o)
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", o)
	out += log.String()
	for _, s := range []string{token, token[strings.LastIndexByte(token, '.')+1:], somePassword, someEmail} {
		if strings.Contains(out, s) || strings.Contains(out, fmt.Sprintf("%x", s)) {
			t.Errorf("%.5s… is printed", s)
		}
	}
}
