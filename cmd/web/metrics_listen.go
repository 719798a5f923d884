package main

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
)

// metricsSettings say whether a monitor may look, and where.
type metricsSettings struct {
	Metrics string `setting:"NOADESK_METRICS_LISTEN" name:"metrics-listen" placeholder:"ADDRESS" help:"A second address, for /metrics alone, such as 127.0.0.1:9090; none if not given."`
}

// parse checks the address.
func (s metricsSettings) parse(wrong *wrongSettings) string {
	if _, _, err := net.SplitHostPort(s.Metrics); s.Metrics != "" && err != nil {
		wrong.add("NOADESK_METRICS_LISTEN", "%q is not an address such as 127.0.0.1:9090.", s.Metrics)
	}
	return s.Metrics
}

// openMetrics answers a monitor at an address of its own. Without one it gives a nil metrics.
func openMetrics(address string, log *slog.Logger) (m *metrics, shut func(), err error) {
	if address == "" {
		return nil, func() {}, nil
	}
	l, err := listenAt("NOADESK_METRICS_LISTEN", address)
	if err != nil {
		return nil, nil, err
	}
	if host, _, _ := net.SplitHostPort(address); !loopback(host) {
		log.Warn("metrics are open to whoever reaches their address", "on", l.Addr().String())
	}
	m = newMetrics()
	server := newServer(m.handler(log), log)
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics ended", "err", err)
		}
	}()
	log.Info("metrics", "on", l.Addr().String())
	return m, func() { _ = server.Close() }, nil
}
