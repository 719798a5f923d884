package main

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"noadesk/internal/handlers"
	"noadesk/internal/noa"
)

const organization = "5d1c0a7e-3f42-4b8e-9c61-7a2f0e9d4b13"

// families reads an exposition.
func families(t *testing.T, text string) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	all, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return all
}

// scrape asks as a monitor does.
func (m *metrics) scrape(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	m.handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Content-Type"))
	}
	return families(t, w.Body.String())
}

// sample is one row of a family by its labels' values in the order of their names, 0 if there is none.
func sample(f *dto.MetricFamily, values ...string) float64 {
	for _, m := range f.GetMetric() {
		var has []string
		for _, l := range m.GetLabel() {
			has = append(has, l.GetValue())
		}
		if slices.Equal(has, values) {
			return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return 0
}

// busy are metrics of a desk on which something of everything has happened.
func busy() *metrics {
	m := newMetrics()
	for _, a := range []handlers.Answered{
		{Method: "GET", Route: "/o/{org}/bicycles", Status: 200, Took: 40 * time.Millisecond},
		{Method: "GET", Route: "/o/{org}/bicycles", Status: 204, Took: time.Millisecond},
		{Method: "POST", Route: "/login", Status: 303, Took: time.Second},
		{Method: "BREW", Route: "", Status: 405},
	} {
		m.answered(a)
	}
	call := noa.Call{Organization: organization, Endpoint: "bicycles", RequestID: "5e1f-77", Took: time.Second}
	for _, status := range []int{200, 200, 401, 502, 0} {
		call.Status = status
		m.called(call)
	}
	for _, err := range []error{nil, noa.ErrRefused, noa.ErrAnswer, noa.ErrUnreachable, noa.ErrBusy, context.DeadlineExceeded} {
		m.called(noa.Call{Organization: organization, Endpoint: noa.Exchanging, Status: 401, Err: err})
	}
	token := noa.TokenState{
		Organization: organization, Fingerprint: strings.Repeat("0fe69f2c", 8), Generation: 7, Usable: true,
		Until: time.Now().Add(30 * time.Minute), Retry: time.Now().Add(20 * time.Second), Trouble: "timeout", Renewals: 2,
	}
	m.registry.MustRegister(tokenStates{
		func() []noa.TokenState { return []noa.TokenState{token, {Organization: "other", Refused: true}} },
		func() (time.Duration, bool) { return -2 * time.Second, true },
	})
	return m
}

func TestMetricsCountWhatHappened(t *testing.T) {
	t.Parallel()
	got := busy().scrape(t)
	for _, c := range []struct {
		name   string
		labels []string // by the order of their names
		want   float64
	}{
		{"http_requests_total", []string{"GET", "/o/{org}/bicycles", "2xx"}, 2},
		{"http_requests_total", []string{"POST", "/login", "3xx"}, 1},
		{"http_requests_total", []string{"other", "none", "4xx"}, 1},
		{"http_request_duration_seconds", []string{"GET", "/o/{org}/bicycles"}, 2},
		{"noa_calls_total", []string{"bicycles", organization, "2xx"}, 2},
		{"noa_calls_total", []string{"bicycles", organization, "4xx"}, 1},
		{"noa_calls_total", []string{"bicycles", organization, "5xx"}, 1},
		{"noa_calls_total", []string{"bicycles", organization, "none"}, 1},
		{"noa_call_duration_seconds", []string{"bicycles"}, 5},
		{"noa_unauthorized_total", []string{organization}, 1},
		{"noa_exchanges_total", []string{organization, "ok"}, 1},
		{"noa_exchanges_total", []string{organization, "permanent"}, 2},
		{"noa_exchanges_total", []string{organization, "transient"}, 3},
		{"noa_exchange_duration_seconds", []string{organization}, 6},
		{"noa_token_generation", []string{organization}, 7},
		{"noa_token_usable", []string{organization}, 1},
		{"noa_token_usable", []string{"other"}, 0},
		{"noa_token_forced_renewals_total", []string{organization}, 2},
		{"noa_token_cooling_seconds", []string{"other"}, 0},
		{"noa_clock_skew_seconds", nil, -2},
	} {
		if n := sample(got["noadesk_"+c.name], c.labels...); n != c.want {
			t.Errorf("%s%q is %v, want %v", c.name, c.labels, n, c.want)
		}
	}
	if left := sample(got["noadesk_noa_token_seconds_left"], organization); left < 1790 || left > 1800 {
		t.Errorf("the token is valid for %v s", left)
	}
	if cooling := sample(got["noadesk_noa_token_cooling_seconds"], organization); cooling < 10 || cooling > 20 {
		t.Errorf("cooling for %v s", cooling)
	}
	for _, name := range []string{"noadesk_build_info", "go_goroutines", "process_start_time_seconds"} {
		if got[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestLabelsHoldNothingOfPeopleKeysOrTokens(t *testing.T) {
	t.Parallel()
	allowed := strings.Fields("route method status organization endpoint outcome version go quantile le")
	for name, f := range busy().scrape(t) {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if !slices.Contains(allowed, l.GetName()) && strings.HasPrefix(name, "noadesk_") {
					t.Errorf("%s has a label %s", name, l.GetName())
				}
				for _, never := range []string{"9f2c", "5e1f-77", "timeout", "@"} {
					if strings.Contains(l.GetValue(), never) {
						t.Errorf("%s tells %s", name, l.GetValue())
					}
				}
			}
		}
	}
}

func TestNothingElseIsServedBesideTheMetrics(t *testing.T) {
	t.Parallel()
	h := newMetrics().handler(slog.New(slog.DiscardHandler))
	for request, want := range map[string]int{
		"GET /metrics": 200, "HEAD /metrics": 200, "POST /metrics": 405, "TRACE /metrics": 405, "DELETE /metrics": 405,
		"GET /": 404, "GET /metrics/": 404, "GET /debug/pprof/": 404, "GET /healthz": 404, "GET /login": 404,
	} {
		method, path, _ := strings.Cut(request, " ")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, bytes.NewReader(nil)))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", request, w.Code, want)
		}
	}
}

func TestWithoutAnAddressNothingIsCounted(t *testing.T) {
	t.Parallel()
	m, shut, err := openMetrics("", slog.New(slog.DiscardHandler))
	if err != nil || m != nil {
		t.Fatalf("got %v, %v", m, err)
	}
	m.answered(handlers.Answered{})
	m.called(noa.Call{})
	m.watch(nil)
	shut()
}

func TestAMonitorSeesTheDeskAtAnAddressOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newShell(t).with("NOADESK_LISTEN", "127.0.0.1:0", "NOADESK_METRICS_LISTEN", "127.0.0.1:0")
	desk := s.start("serve")
	monitor := desk.logs(`"msg":"metrics","on":"([^"]+)"`)
	address := host(desk.prints(`^(http://\S+)/setup/`))
	get(t, "http://"+address+"/login")
	get(t, "http://"+address+"/SECRET")
	status, text := get(t, "http://"+monitor+"/metrics")
	if n := sample(families(t, text)["noadesk_http_requests_total"], "GET", "/login", "2xx"); status != http.StatusOK || n != 1 {
		t.Errorf("%d, %v requests", status, n)
	}
	if strings.Contains(text, "SECRET") {
		t.Error("the metrics tell what was asked for")
	}
	if status, _ := get(t, "http://"+address+"/metrics"); status != http.StatusNotFound {
		t.Errorf("the desk itself answers /metrics with %d", status)
	}
	desk.tell(syscall.SIGTERM)
	desk.ends(exitDone)
}

func TestAMetricsAddressThatIsTakenEndsTheStart(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := newShell(t).with("NOADESK_LISTEN", "127.0.0.1:0", "NOADESK_METRICS_LISTEN", l.Addr().String())
	s.run("", "serve").exits(exitSettings).says("NOADESK_METRICS_LISTEN: another program listens on " + l.Addr().String())
}
