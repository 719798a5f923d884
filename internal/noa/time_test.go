package noa

import (
	"encoding/json"
	"testing"
	"time"
)

func TestMomentsAreReadInEveryForm(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 5, 14, 9, 26, 40, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`"2024-05-14T09:26:40Z"`:        at,
		`"2024-05-14T11:26:40+02:00"`:   at,
		`"2024-05-14T09:26:40.25Z"`:     at.Add(250 * time.Millisecond),
		`"2024-05-14T09:26:40"`:         at,
		`"2024-05-14T09:26:40.123456Z"`: at.Add(123456 * time.Microsecond),
		`null`:                          {},
		`""`:                            {},
		`"yesterday"`:                   {},
		`1715677600`:                    {},
		`{}`:                            {},
		`"2024-13-14T09:26:40Z"`:        {},
	} {
		got := Time{at}
		if err := json.Unmarshal([]byte(text), &got); err != nil || !got.Equal(want) {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestDurationsAreReadInBothForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		`"00:13:42"`:            13*time.Minute + 42*time.Second,
		`"1 02:05:09.500000"`:   26*time.Hour + 5*time.Minute + 9500*time.Millisecond,
		`"15 00:00:00"`:         15 * 24 * time.Hour,
		`"00:00:00.000001"`:     time.Microsecond,
		`900`:                   15 * time.Minute,
		`900.5`:                 15*time.Minute + 500*time.Millisecond,
		`0`:                     0,
		`-1`:                    unreadable,
		`1e300`:                 unreadable,
		`"-1 23:59:59"`:         unreadable,
		`"24:00:00"`:            unreadable,
		`"1:2:3"`:               unreadable,
		`"+1:00:00"`:            unreadable,
		`"99999 00:00:00"`:      unreadable,
		`"00:00:00."`:           unreadable,
		`"00:00:00.1234567890"`: unreadable,
		`""`:                    unreadable,
		`true`:                  unreadable,
		`[]`:                    unreadable,
	} {
		var got Duration
		if err := json.Unmarshal([]byte(text), &got); err != nil || got.Duration != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
		if kept := known(&got); (kept == nil) != (want == unreadable) {
			t.Errorf("%s: kept %v", text, kept)
		}
	}
}
