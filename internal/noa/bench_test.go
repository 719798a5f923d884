package noa

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func BenchmarkTokenInHand(b *testing.B) {
	sts := &stand{life: 24 * time.Hour}
	s := newSource(Credential{}, sts.exchange, slog.New(slog.DiscardHandler))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.get(b.Context(), 0); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkPageOf50Bicycles(b *testing.B) {
	one := example(b, "bicycle-detail-available")
	body := []byte(`{"count": 5000, "next": "x", "previous": null, "results": [` + one + strings.Repeat(","+one, 49) + `]}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if page, err := many[Bicycle](answer{body: body}); err != nil || len(page.Items) != 50 {
			b.Fatal(err)
		}
	}
}

func BenchmarkTripOf1000Points(b *testing.B) {
	var points []string
	for n := range 1000 {
		points = append(points, fmt.Sprintf("[13.%06d,52.%06d]", n, n))
	}
	body := []byte(`{"uuid": "` + someBicycle + `", "route": {"type": "LineString", "coordinates": [` + strings.Join(points, ",") + `]}}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if trip, err := one[Trip](answer{body: body}); err != nil || len(trip.Route) != 1000 {
			b.Fatal(err)
		}
	}
}

func BenchmarkHostileList(b *testing.B) {
	body := []byte(`[` + strings.Repeat(`1,`, maxBody/2-1) + `1]`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := many[Bicycle](answer{body: body}); err == nil {
			b.Fatal("read")
		}
	}
}
