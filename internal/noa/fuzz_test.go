package noa

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// addExamples seeds a fuzz target with the example bodies that match.
func addExamples(f *testing.F, pattern string) {
	f.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "examples", pattern))
	if err != nil || len(names) == 0 {
		f.Fatal(pattern, names, err)
	}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{`"00:13:42"`, `"1 02:05:09.500000"`, `900.0`, `null`, `"-1 23:59:59"`, `"00:00:00.1"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var d Duration
		if !json.Valid(data) {
			return
		}
		if err := json.Unmarshal(data, &d); err != nil {
			t.Error(err)
		}
		if d.Duration < unreadable || d.Duration > longest+24*time.Hour {
			t.Errorf("%s: %v", data, d)
		}
	})
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{`"2024-05-14T09:26:40Z"`, `"2024-05-14T11:26:40.5+02:00"`, `null`, `"2024-05-14T09:26:40"`, `5`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) {
			return
		}
		var at Time
		if err := json.Unmarshal(data, &at); err != nil || at.Location() != time.UTC {
			t.Errorf("%s: %v, %v", data, at, err)
		}
	})
}

func FuzzProblems(f *testing.F) {
	addExamples(f, "*error*.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		found := problems(data)
		if len(found) > maxProblems {
			t.Errorf("%d problems", len(found))
		}
		for _, p := range found {
			if utf8.RuneCountInString(p.Message) > maxMessage || !utf8.ValidString(p.Message) {
				t.Errorf("message of %d bytes", len(p.Message))
			}
			if name := p.name(); strings.ContainsAny(name, "\r\n\x00 ") || len(name) > 129 {
				t.Errorf("name %q", name)
			}
		}
	})
}

func FuzzBicycles(f *testing.F) {
	addExamples(f, "bicycle-*.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		checkPage[Bicycle](t, data, func(b Bicycle) string { return b.UUID })
	})
}

func FuzzTrips(f *testing.F) {
	addExamples(f, "trip-*.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		checkPage[Trip](t, data, func(trip Trip) string {
			checkPoints(t, trip.Route...)
			return trip.UUID
		})
	})
}

func FuzzTickets(f *testing.F) {
	addExamples(f, "support-ticket-*.json")
	addExamples(f, "organization-*.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		checkPage[Ticket](t, data, func(ticket Ticket) string { return ticket.UUID })
		checkPage[Organization](t, data, func(o Organization) string { return o.UUID })
		checkPage[Transition](t, data, func(Transition) string { return ourOrganization })
	})
}

// checkPage holds what is true of every list that was read, whatever was sent.
func checkPage[T any, P row[T]](t *testing.T, data []byte, uuid func(T) string) {
	t.Helper()
	page, err := many[T, P](answer{request: request{method: http.MethodGet}, body: data})
	if err != nil && !errors.Is(err, ErrAnswer) {
		t.Error(err)
	}
	if err == nil && !json.Valid(data) {
		t.Errorf("%q is not JSON", data)
	}
	if page.Total < len(page.Items)+page.Unread || len(page.Items) > maxRows {
		t.Errorf("total %d of %d rows", page.Total, len(page.Items))
	}
	for _, v := range page.Items {
		if id, ok := uuidOf(uuid(v)); !ok || id != uuid(v) {
			t.Errorf("kept a row with uuid %q", uuid(v))
		}
	}
}

func FuzzZones(f *testing.F) {
	addExamples(f, "zone-*.json")
	f.Add([]byte(`[{"uuid": "` + someBicycle + `", "polygon": {"type": "MultiPolygon", "coordinates": [[[[1,2],null]],[]]}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkPage[Zone](t, data, func(z Zone) string {
			points := 0
			for _, piece := range z.Polygon {
				for _, ring := range piece {
					points += len(ring)
					checkPoints(t, ring...)
				}
			}
			if points > maxPoints {
				t.Errorf("%d points", points)
			}
			return z.UUID
		})
	})
}

func FuzzClusters(f *testing.F) {
	addExamples(f, "clusters*.json")
	f.Add([]byte(`{"clusters": [{"density": {"a": -1}, "centroid": {"type": "Point", "coordinates": [1, 2]}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := one[Clusters](answer{request: request{method: http.MethodGet}, body: data})
		if err != nil && !errors.Is(err, ErrAnswer) {
			t.Error(err)
		}
		sum := 0
		for _, one := range c.Items {
			parts := 0
			for _, n := range one.Density.Parts {
				parts += n
			}
			if one.Density.Total <= 0 || one.Density.Parts != nil && parts != one.Density.Total {
				t.Errorf("density %+v", one.Density)
			}
			checkPoints(t, *one.Centroid)
			if b := one.Box; b != nil {
				checkPoints(t, b.SouthWest, b.NorthEast)
			}
			sum += one.Density.Total
		}
		if c.Total < sum || len(c.Items)+c.Unread > maxRows {
			t.Errorf("%d of %d, %d and %d rows", sum, c.Total, len(c.Items), c.Unread)
		}
	})
}

func FuzzPricings(f *testing.F) {
	addExamples(f, "bicycle-pricings.json")
	f.Add([]byte(`{"pricing_schemes": [{"uuid": "` + someBicycle + `", "name": "n"}, 5]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := one[Pricings](answer{request: request{method: http.MethodGet}, body: data})
		if err != nil && !errors.Is(err, ErrAnswer) {
			t.Error(err)
		}
		for _, way := range append(append(p.Subscriptions, p.Schemes...), p.Plans...) {
			if id, ok := uuidOf(way.UUID); !ok || id != way.UUID {
				t.Errorf("kept a way with uuid %q", way.UUID)
			}
		}
	})
}

// checkPoints holds that places are on Earth.
func checkPoints(t *testing.T, points ...Point) {
	t.Helper()
	for _, p := range points {
		if !p.Valid() {
			t.Errorf("%v is not on Earth", p)
		}
	}
}

func FuzzGrant(f *testing.F) {
	addExamples(f, "sts-*.json")
	f.Add([]byte(grantBody(`{"alg":"HS512"}`, `{"exp":1715679121,"nbf":1e9,"scopes":["a"]}`)))
	f.Add([]byte(`{"jwt":"a","jwt":"b"}`))
	now := time.Unix(1715677321, 0)
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := readGrant(data, ourOrganization, now, 0)
		if err != nil {
			return
		}
		value := g.value.reveal()
		if life := g.expires.Sub(now); life <= spare || life > maxLife || len(value) > maxToken || strings.Count(value, ".") != 2 {
			t.Errorf("lives %v, %d bytes", life, len(value))
		}
		if strings.ContainsAny(value, "\r\n \x00") {
			t.Error("a token that does not fit into a header")
		}
	})
}

func FuzzClientApps(f *testing.F) {
	addExamples(f, "client-app-*.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		checkPage[ClientApp](t, data, func(a ClientApp) string { return a.UUID })
	})
}

// FuzzRegistered holds the one answer with a private key to what package json makes of it: the key arrives
// to the letter or not at all, and no error repeats it.
func FuzzRegistered(f *testing.F) {
	addExamples(f, "client-app-*.json")
	f.Add([]byte(`{"private_key": "a\u002b\/\r\n\"\\\ud83d"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var want struct {
			Key json.RawMessage `json:"private_key"`
		}
		var text string
		readable := json.Unmarshal(data, &want) == nil && json.Unmarshal(want.Key, &text) == nil
		ascii := text != "" && strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
		_, key, err := readRegistered(answer{request: request{method: http.MethodPost}, body: data}, NewClientApp{})
		if (err == nil) != (readable && ascii) || err != nil && !errors.Is(err, ErrUnknownOutcome) {
			t.Fatalf("%q: %v", data, err)
		}
		if got := given(key); err == nil && got != text {
			t.Errorf("%q: got %q, want %q", data, got, text)
		}
	})
}

func FuzzUserToken(f *testing.F) {
	addExamples(f, "login-*.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		if value, err := readUserToken(data); err == nil && (len(value) > maxToken || strings.Count(value, ".") != 2) {
			t.Errorf("a token of %d bytes", len(value))
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "7", "Tue, 14 May 2024 09:30:09 GMT", "soon", "99999999999999999999"} {
		f.Add(s)
	}
	now := time.Date(2024, 5, 14, 9, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, header string) {
		if d := retryAfter(header, now); d < 0 || d > retryMax {
			t.Errorf("%q: %v", header, d)
		}
	})
}

func FuzzLink(f *testing.F) {
	f.Add("https://api.lock8.me/api/bicycles/" + someBicycle + "/")
	f.Add("..")
	f.Fuzz(func(t *testing.T, link string) {
		id := Link(link).UUID()
		if _, ok := uuidOf(id); !ok && id != "" {
			t.Errorf("%q: %q", link, id)
		}
		r := request{path: []string{"bicycles", link}}
		if _, ok := uuidOf(link); (r.check() == nil) != ok {
			t.Errorf("%q: %v", link, r.check())
		}
	})
}
