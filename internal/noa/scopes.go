package noa

// A Scope is a right that Noa grants to a client application. Names that are
// not among the constants are kept as they are: the list grows over time.
type Scope string

// The scopes of docs/noa.md, "Scopes".
const (
	BicycleRead      Scope = "bicycle:read"
	BicycleWrite     Scope = "bicycle:write"
	TripRead         Scope = "trip:read"
	OrganizationRead Scope = "organization:read"
	TicketRead       Scope = "support-ticket:read"
	TicketWrite      Scope = "support-ticket:write"
	ZoneRead         Scope = "zone:read" // not documented, and not granted to everybody
)

// Scopes are what a token grants.
type Scopes []Scope

// Has says whether s is among them.
func (ss Scopes) Has(s Scope) bool {
	for _, have := range ss {
		if have == s {
			return true
		}
	}
	return false
}
