package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"noadesk/internal/noa"
)

// tokenStates tell how it stands with Noa's tokens when somebody looks.
type tokenStates struct {
	tokens func() []noa.TokenState
	skew   func() (time.Duration, bool)
}

var (
	tokenGeneration = told("noa_token_generation", "Tokens of the key in use since the start.", "organization")
	tokenLeft       = told("noa_token_seconds_left", "How long the token in use is valid; negative once it has run out.", "organization")
	tokenCooling    = told("noa_token_cooling_seconds", "How long no exchange is tried after one that failed.", "organization")
	tokenUsable     = told("noa_token_usable", "Whether there is a token to call Noa with.", "organization")
	tokenRenewals   = told("noa_token_forced_renewals_total", "Renewals that a 401 asked for.", "organization")
	clockSkew       = told("noa_clock_skew_seconds", "How far Noa's clock is ahead of this machine's.")
)

func told(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("noadesk_"+name, help, labels, nil)
}

// Describe names all that is told.
func (s tokenStates) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{tokenGeneration, tokenLeft, tokenCooling, tokenUsable, tokenRenewals, clockSkew} {
		to <- d
	}
}

// Collect tells it as it is now.
func (s tokenStates) Collect(to chan<- prometheus.Metric) {
	now := time.Now()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for _, t := range s.tokens() {
		gauge(tokenGeneration, float64(t.Generation), t.Organization)
		gauge(tokenCooling, max(0, t.Retry.Sub(now).Seconds()), t.Organization)
		gauge(tokenUsable, one(t.Usable), t.Organization)
		if !t.Until.IsZero() {
			gauge(tokenLeft, t.Until.Sub(now).Seconds(), t.Organization)
		}
		to <- prometheus.MustNewConstMetric(tokenRenewals, prometheus.CounterValue, float64(t.Renewals), t.Organization)
	}
	if skew, seen := s.skew(); seen {
		gauge(clockSkew, skew.Seconds())
	}
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
