package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestTheHealthCheckAsksThisMachine(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080/readyz",
		"0.0.0.0:8080":   "http://127.0.0.1:8080/readyz",
		":8080":          "http://127.0.0.1:8080/readyz",
		"[::]:8080":      "http://127.0.0.1:8080/readyz",
		"[::1]:8080":     "http://[::1]:8080/readyz",
		"10.0.0.7:8080":  "http://10.0.0.7:8080/readyz",
	} {
		if got := (healthcheckCommand{Listen: listen}).address(); got != want {
			t.Errorf("%s: asks %s, want %s", listen, got, want)
		}
	}
}

func TestADeskThatIsStoppingIsNotReady(t *testing.T) {
	t.Parallel()
	stopping := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(stopping.Close)
	newShell(t).with("NOADESK_LISTEN", stopping.Listener.Addr().String()).
		run("", "healthcheck").exits(exitFailed).sentence().says("not ready", "503")
}
