package sandbox

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func fuzzed(f *testing.F) (*Sandbox, string) {
	f.Helper()
	s, err := New(Options{Bicycles: 30, Trips: 1})
	if err != nil {
		f.Fatal(err)
	}
	return s, `"organization":"/api/organizations/` + s.Organization().UUID + `/"`
}

func clientError(status int) bool { return status >= 400 && status <= 499 }

// FuzzBicycle makes and changes bicycles with whatever comes: an answer is a
// success or 4xx, always JSON, and a refused change changes nothing.
func FuzzBicycle(f *testing.F) {
	s, organization := fuzzed(f)
	lock := `"lock":"/api/locks/` + s.fleet.spares[0].uuid + `/"`
	f.Add(jsonType, `{"name":"x",`+organization+`,`+lock+`,"note":null,"model":null,"axa_lock":""}`)
	f.Add(jsonType, `{"name":[],"serial_number":{},"description":7,"note":1e3,"model":[],"lock":7,"concurrency_version":"x"}`)
	f.Add("application/x-www-form-urlencoded", "name=a&organization=b&lock=c")
	bicycles, spares := slices.Clone(s.fleet.bicycles), s.fleet.spares
	f.Fuzz(func(t *testing.T, kind, text string) {
		if a := fuzzPost(t, s, "/api/bicycles/", kind, text, (*call).createBicycle); a.status != 201 && !clientError(a.status) {
			t.Errorf("got status %d", a.status)
		}
		s.fleet.bicycles, s.fleet.spares = slices.Clone(bicycles), spares
		b := bicycles[0]
		before := *b
		a := fuzzPost(t, s, "/api/bicycles/"+b.uuid+"/", kind, text, func(c *call) (answer, error) {
			c.id = b.uuid
			return c.changeBicycle()
		})
		if clientError(a.status) && b.version != before.version || b.state != before.state || b.uuid != before.uuid || b.organization == nil {
			t.Errorf("status %d changed the bicycle", a.status)
		}
		*b, s.fleet.spares = before, spares
	})
}

// FuzzAction moves a bicycle by whatever comes: it is always in one of the
// seven states, and a move is always in the log.
func FuzzAction(f *testing.F) {
	s, _ := fuzzed(f)
	for kind := range moves {
		f.Add(jsonType, `{"type":"`+kind+`"}`)
	}
	f.Add(jsonType, `{"type":"rent","dry_run":"true","user":"/api/users/`+s.fleet.users[0]+`/","duration":1e300,"pricing_scheme":"x"}`)
	f.Add(jsonType, `{"type":[],"dry_run":{},"user":7,"duration":[]}`)
	b := s.fleet.bicycles[0]
	f.Fuzz(func(t *testing.T, kind, text string) {
		steps := len(b.log)
		a := fuzzPost(t, s, "/api/bicycles/"+b.uuid+"/actions/", kind, text, func(c *call) (answer, error) {
			c.id = b.uuid
			return c.act()
		})
		moved := a.status == 0
		if !moved && a.status != 204 && !clientError(a.status) || moved != (len(b.log) == steps+1) || !slices.Contains(bicycleStates, b.state) {
			t.Errorf("status %d, %d steps after %d, state %s", a.status, len(b.log), steps, b.state)
		}
		b.log = b.log[:min(len(b.log), 3)]
	})
}

// FuzzZone makes zones of whatever comes, asks which meet them, and which
// bicycles are inside.
func FuzzZone(f *testing.F) {
	s, organization := fuzzed(f)
	square := `{"type":"MultiPolygon","coordinates":[[[[71.4,51.1],[71.5,51.1],[71.5,51.2],[71.4,51.1]]]]}`
	f.Add(jsonType, `{"name":"x",`+organization+`,"polygon":`+square+`,"low_threshold":1,"high_threshold":2}`)
	f.Add(jsonType, `{"name":"x",`+organization+`,"polygon":{"type":"MultiPolygon","coordinates":[[[[1e308,1],[-1e308,1],[0,0],[1e308,1]]]]}}`)
	f.Add(jsonType, `{"polygon":{"type":"MultiPolygon","coordinates":[[]]},"type":[],"preferred_mechanic":7,"low_threshold":1.5}`)
	zones := slices.Clone(s.fleet.zones)
	f.Fuzz(func(t *testing.T, kind, text string) {
		a := fuzzPost(t, s, "/api/zones/?include_bicycle_count=1", kind, text, (*call).createZone)
		if a.status != 201 && !clientError(a.status) {
			t.Errorf("got status %d", a.status)
		}
		if place, ok := parseGeometry(text); ok {
			place.meets(s.fleet.zones[0].polygon)
		}
		s.fleet.zones = slices.Clone(zones)
	})
}

// FuzzControl adds faults and switches options by whatever comes: the
// sandbox answers calls all the same.
func FuzzControl(f *testing.F) {
	s, _ := fuzzed(f)
	f.Add("faults", `{"kind":"page","status":503,"times":1,"path":"/api/"}`)
	f.Add("faults", `{"kind":"unknown-values","delay":"1ns","after":1e3}`)
	f.Add("options", `{"curve":"P-256","skew":"-1h","lockout":"1s","calls_a_minute":7}`)
	f.Add("client_apps", `{"name":"x","scopes":["trip:read"],"public_key":"-----BEGIN PUBLIC KEY-----"}`)
	handler := s.Handler()
	f.Fuzz(func(t *testing.T, at, text string) {
		if !slices.Contains([]string{"faults", "options", "client_apps"}, at) {
			return
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(post, "/_sandbox/"+at, strings.NewReader(text)))
		if w.Code != 200 && w.Code != 201 && w.Code != 400 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("got status %d: %.80s", w.Code, w.Body)
		}
		s.ClearFaults()
		w = httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(get, "/api/", nil))
		if w.Code != 406 {
			t.Errorf("got status %d without a version, want 406", w.Code)
		}
	})
}

// FuzzSpoil puts faults into whatever an answer may be.
func FuzzSpoil(f *testing.F) {
	f.Add(`{"results":[{"uuid":"x","state":"lost","created":"2024-05-14T09:30:00Z","location":{"type":"Point","coordinates":[1,2]}}]}`)
	f.Add(`[null,7,"2024-05-14T09:30:00Z",{"scopes":[]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []FaultKind{ExtraMembers, UnknownValues, Fractions, Offsets} {
			w := httptest.NewRecorder()
			w.Header().Set("Content-Type", jsonType)
			k := &recorder{header: w.Header(), status: 200}
			_, _ = k.Write([]byte(text))
			if k.spoil(kind, w); json.Valid([]byte(text)) && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s: JSON became something else", kind)
			}
		}
	})
}
