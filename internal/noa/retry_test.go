package noa

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfterIsReadInBothForms(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 14, 9, 30, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                           0,
		"0":                          0,
		"7":                          7 * time.Second,
		" 7 ":                        7 * time.Second,
		"3600":                       time.Minute,
		"99999999999999999999999999": time.Minute,
		now.Add(9 * time.Second).Format(http.TimeFormat): 9 * time.Second,
		now.Add(-time.Hour).Format(http.TimeFormat):      0,
		now.Add(time.Hour).Format(http.TimeFormat):       time.Minute,
		"soon": oddRetry,
		"-5":   oddRetry,
		"1.5":  oddRetry,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
}

func TestWhichReadsAreWorthAnotherTry(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		err  error
		want bool
	}{
		"success":            {nil, false},
		"no answer":          {&Error{kind: ErrUnreachable}, true},
		"reader left":        {&Error{cause: context.Canceled}, false},
		"not found":          {&Error{Status: 404, kind: ErrNotFound}, false},
		"500":                {&Error{Status: 500, kind: ErrUnreachable}, true},
		"502":                {&Error{Status: 502, kind: ErrUnreachable}, true},
		"503 in a second":    {&Error{Status: 503, kind: ErrUnreachable, RetryAfter: time.Second}, true},
		"503 in a minute":    {&Error{Status: 503, kind: ErrUnreachable, RetryAfter: time.Minute}, false},
		"429":                {&Error{Status: 429, kind: ErrBusy}, false},
		"429 in two seconds": {&Error{Status: 429, kind: ErrBusy, RetryAfter: 2 * time.Second}, true},
		"429 in a minute":    {&Error{Status: 429, kind: ErrBusy, RetryAfter: time.Minute}, false},
		"no token":           {&TokenError{kind: ErrUnreachable}, false},
	} {
		if _, got := again(row.err); got != row.want {
			t.Errorf("%s: %v, want %v", name, got, row.want)
		}
	}
}

func TestThePaceIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPace(20)
		var gone []time.Time
		for i := range 120 {
			if err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			gone = append(gone, time.Now())
			if i >= 20 && gone[i].Sub(gone[i-20]) <= time.Second {
				t.Fatalf("calls %d to %d went within %v", i-20, i, gone[i].Sub(gone[i-20]))
			}
		}
		if took := gone[119].Sub(gone[0]); took > 6*time.Second {
			t.Errorf("120 calls at 20 a second took %v", took)
		}
		hurried, leave := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer leave()
		if err := p.wait(hurried); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v, want ErrBusy without waiting", err)
		}
		time.Sleep(time.Hour)
		began := time.Now()
		for range 20 {
			if err := p.wait(t.Context()); err != nil || time.Since(began) != 0 {
				t.Fatalf("%v after %v", err, time.Since(began))
			}
		}
	})
}
