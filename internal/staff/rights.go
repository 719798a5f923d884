package staff

import (
	"slices"
	"strings"
)

// A Right is something that a person may do.
type Right uint16

// The rights there are.
const (
	See Right = 1 << iota
	Tickets
	Maintain
	EndRentals
	Retire
	Settings
	Keys
	Audit
	People
)

var rightWords = []struct {
	right Right
	words string
}{
	{See, "see the fleet"},
	{Tickets, "file and work tickets"},
	{Maintain, "take bicycles into maintenance and back"},
	{EndRentals, "end rentals"},
	{Retire, "retire bicycles"},
	{Settings, "change settings"},
	{Keys, "look after keys"},
	{Audit, "read the audit log"},
	{People, "manage people"},
}

// String says in words what the right allows.
func (r Right) String() string {
	var words []string
	for _, w := range rightWords {
		if r&w.right != 0 {
			words = append(words, w.words)
		}
	}
	return strings.Join(words, ", ")
}

// A Role is a bundle of rights.
type Role string

// The roles there are.
const (
	Viewer   Role = "viewer"
	Agent    Role = "agent"
	Manager  Role = "manager"
	Security Role = "security"
	Admin    Role = "admin"
)

// Roles lists the roles from the least to the most that one may do.
func Roles() []Role { return []Role{Viewer, Agent, Manager, Security, Admin} }

// Known says whether there is such a role.
func (r Role) Known() bool { return slices.Contains(Roles(), r) }

// Rights are what a role may do; an unknown role may nothing.
func (r Role) Rights() Right {
	switch r {
	case Viewer:
		return See
	case Agent:
		return See | Tickets | Maintain
	case Manager:
		return See | Tickets | Maintain | EndRentals | Retire | Settings
	case Security:
		return See | Keys | Audit
	case Admin:
		return See | Tickets | Maintain | EndRentals | Retire | Settings | Keys | Audit | People
	}
	return 0
}
