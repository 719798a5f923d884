package main

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"noadesk/internal/handlers"
	"noadesk/internal/noa"
)

// metrics count what the desk does, for a monitor. Labels are patterns, endpoints
// and organisations' uuids: nothing of people, keys, tokens or what is asked for. A nil metrics counts nothing.
type metrics struct {
	registry     *prometheus.Registry
	requests     *prometheus.CounterVec
	requestTook  *prometheus.HistogramVec
	calls        *prometheus.CounterVec
	callTook     *prometheus.HistogramVec
	exchanges    *prometheus.CounterVec
	exchangeTook *prometheus.HistogramVec
	unauthorized *prometheus.CounterVec
}

// The bounds of the histograms, in seconds.
var (
	pageBounds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}
	callBounds = []float64{0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15}
)

func newMetrics() *metrics {
	m := &metrics{
		registry:     prometheus.NewRegistry(),
		requests:     counter("http_requests_total", "Requests of the desk's pages.", "route", "method", "status"),
		requestTook:  histogram("http_request_duration_seconds", "How long the desk took to answer.", pageBounds, "route", "method"),
		calls:        counter("noa_calls_total", "Calls of Noa's API.", "organization", "endpoint", "status"),
		callTook:     histogram("noa_call_duration_seconds", "How long Noa took to answer a call.", callBounds, "endpoint"),
		exchanges:    counter("noa_exchanges_total", "Exchanges of an assertion for a token.", "organization", "outcome"),
		exchangeTook: histogram("noa_exchange_duration_seconds", "How long an exchange took.", callBounds, "organization"),
		unauthorized: counter("noa_unauthorized_total", "Calls that Noa answered with 401.", "organization"),
	}
	about := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "noadesk_build_info", Help: "Which program this is; always 1.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	})
	about.Set(1)
	m.registry.MustRegister(
		m.requests, m.requestTook, m.calls, m.callTook, m.exchanges, m.exchangeTook, m.unauthorized, about,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "noadesk_" + name, Help: help}, labels)
}

func histogram(name, help string, bounds []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "noadesk_" + name, Help: help, Buckets: bounds}, labels)
}

// watch has the states of Noa's tokens told with everything else.
func (m *metrics) watch(api *noa.Noa) {
	if m != nil {
		m.registry.MustRegister(tokenStates{api.Tokens, api.Skew})
	}
}

// answered counts a request of the desk.
func (m *metrics) answered(a handlers.Answered) {
	if m == nil {
		return
	}
	route, method := a.Route, known(a.Method)
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, method, class(a.Status)).Inc()
	m.requestTook.WithLabelValues(route, method).Observe(a.Took.Seconds())
}

// called counts a call of Noa, or an exchange.
func (m *metrics) called(c noa.Call) {
	switch {
	case m == nil:
		return
	case c.Endpoint == noa.Exchanging:
		m.exchanges.WithLabelValues(c.Organization, outcome(c.Err)).Inc()
		m.exchangeTook.WithLabelValues(c.Organization).Observe(c.Took.Seconds())
		return
	case c.Status == http.StatusUnauthorized:
		m.unauthorized.WithLabelValues(c.Organization).Inc()
	}
	m.calls.WithLabelValues(c.Organization, c.Endpoint, class(c.Status)).Inc()
	m.callTook.WithLabelValues(c.Endpoint).Observe(c.Took.Seconds())
}

// outcome says whether an exchange went well and, if not, whether it would soon go better by itself.
func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, noa.ErrRefused), errors.Is(err, noa.ErrAnswer):
		return "permanent"
	}
	return "transient"
}

// class is a status's class, "none" where there was no answer.
func class(status int) string {
	if status < 100 || status > 599 {
		return "none"
	}
	return strconv.Itoa(status/100) + "xx"
}

// known is a method by which the desk can be asked: whoever makes up others must not make up metrics with them.
func known(method string) string {
	if strings.Contains(" GET HEAD POST ", " "+method+" ") {
		return method
	}
	return "other"
}

// handler shows the metrics, and nothing else.
func (m *metrics) handler(log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), MaxRequestsInFlight: 4,
	}))
	return mux
}
