package sandbox

import (
	"testing"
	"time"
)

func TestDurationsAreWrittenWithDaysAndFractions(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		13*time.Minute + 42*time.Second: "00:13:42",
		23*hour + 59*time.Minute:        "23:59:00",
		day:                             "1 00:00:00",
		26*hour + 5*time.Minute + 9*time.Second + 500*time.Millisecond: "1 02:05:09.500000",
		15*day + 7*time.Microsecond:                                    "15 00:00:00.000007",
	} {
		if got := span(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

func TestEstimatedChargeFallsWithTime(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, row := range []struct{ charge, hours, want float64 }{
		{87.5, 0, 87.5}, {87.5, 19, 87.5}, {87.5, 20, 86.5}, {50.04, 30, 48.5}, {9, 257, 0},
	} {
		b := bicycle{charge: &row.charge, seen: now.Add(-time.Duration(row.hours * float64(time.Hour)))}
		if got := b.estimatedCharge(now); got == nil || *got != row.want {
			t.Errorf("%v %% after %v h: got %v, want %v", row.charge, row.hours, got, row.want)
		}
	}
	empty := 0.0
	for _, charge := range []*float64{nil, &empty} {
		if got := (&bicycle{charge: charge}).estimatedCharge(now); got != nil {
			t.Errorf("got %v, want null for nothing", *got)
		}
	}
}

func TestDecimalsKeepTheirPoint(t *testing.T) {
	t.Parallel()
	for d, want := range map[decimal]string{41: "41.0", 0: "0.0", 87.5: "87.5", 48_250: "48250.0", 9_999_000: "9999000.0"} {
		if got, err := d.MarshalJSON(); err != nil || string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
