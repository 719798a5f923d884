package sandbox

import (
	"crypto/elliptic"
	"time"
)

// A length is a duration as one writes it: 250ms, 5m.
type length time.Duration

// MarshalText writes 5m0s.
func (l length) MarshalText() ([]byte, error) { return []byte(time.Duration(l).String()), nil }

// UnmarshalText reads it.
func (l *length) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*l = length(d)
	return err
}

type faultWire struct {
	Path           string    `json:"path,omitempty"`
	Method         string    `json:"method,omitempty"`
	After          int       `json:"after,omitempty"`
	Times          int       `json:"times,omitempty"`
	Delay          length    `json:"delay,omitzero"`
	Kind           FaultKind `json:"kind"`
	Status         int       `json:"status,omitempty"`
	Code           string    `json:"code,omitempty"`
	RetryAfter     length    `json:"retry_after,omitzero"`
	RetryAfterDate bool      `json:"retry_after_date,omitempty"`
}

func (f Fault) wire() faultWire {
	return faultWire{
		f.Path, f.Method, f.After, f.Times, length(f.Delay), f.Kind, f.Status, f.Code, length(f.RetryAfter), f.RetryAfterDate,
	}
}

func (w faultWire) fault() Fault {
	return Fault{
		w.Path, w.Method, w.After, w.Times, time.Duration(w.Delay), w.Kind, w.Status, w.Code,
		time.Duration(w.RetryAfter), w.RetryAfterDate,
	}
}

type optionsWire struct {
	Seed          uint64 `json:"seed"`
	Bicycles      int    `json:"bicycles"`
	Trips         int    `json:"trips"`
	TokenLife     length `json:"token_life"`
	Curve         string `json:"curve"`
	Attempts      int    `json:"attempts"`
	Lockout       length `json:"lockout"`
	Skew          length `json:"skew"`
	CallsAMinute  int    `json:"calls_a_minute"`
	DocLinks      bool   `json:"doc_links"`
	BothTripNames bool   `json:"both_trip_names"`
	LooseES512    bool   `json:"loose_es512"`
}

func (o Options) wire() optionsWire {
	return optionsWire{
		o.Seed, o.Bicycles, o.Trips, length(o.TokenLife), o.Curve.Params().Name, o.Attempts, length(o.Lockout),
		length(o.Skew), o.CallsAMinute, o.DocLinks, o.BothTripNames, o.LooseES512,
	}
}

// merge takes all but the clock and the log.
func (o *Options) merge(w optionsWire) {
	o.Seed, o.Bicycles, o.Trips = w.Seed, w.Bicycles, w.Trips
	o.TokenLife, o.Attempts, o.Lockout = time.Duration(w.TokenLife), w.Attempts, time.Duration(w.Lockout)
	o.Curve = unknownCurve{}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		if curve.Params().Name == w.Curve {
			o.Curve = curve
		}
	}
	o.Skew, o.CallsAMinute = time.Duration(w.Skew), w.CallsAMinute
	o.DocLinks, o.BothTripNames, o.LooseES512 = w.DocLinks, w.BothTripNames, w.LooseES512
}

// unknownCurve is refused by the check of the options.
type unknownCurve struct{ elliptic.Curve }
