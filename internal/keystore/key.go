package keystore

import (
	"time"
)

// A State says where a key stands in its life.
type State string

// The states of a key.
const (
	Unproved State = "unproved" // made here, Noa does not know it yet
	Ready    State = "ready"    // usable, another one is active
	Active   State = "active"   // the organisation's calls are made with it
	Retiring State = "retiring" // was active, still there to go back to
	Retired  State = "retired"  // no longer used
	Damaged  State = "damaged"  // its record does not open
)

// Where a key came from.
const (
	Imported  = "imported"
	Generated = "generated"
)

// A Key is what may be known of a key: everything but the key.
type Key struct {
	Fingerprint  string // SHA-256 of the public key (SPKI), 64 hex characters
	Organisation string // uuid
	Client       string // name of the client application at Noa
	Label        string // for people
	Purpose      string // what it is for, "" if nobody said
	Curve        string // P-256, P-384 or P-521
	Algorithm    string // ES256, ES384 or ES512
	State        State
	Origin       string // [Imported] or [Generated]
	PublicPEM    string
	Created      time.Time
	LastUsed     time.Time // zero if never
	ProvedAt     time.Time // zero if never
	ProvedScopes []string
	ProvedSkew   time.Duration
	AskedScopes  []string  // what its client application asks for
	AskedAt      time.Time // when Noa was last seen to say so, zero if never
	Exposed      time.Time // since when it has to be replaced at Noa, as its master key leaked; zero if it did not
}
