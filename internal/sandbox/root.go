package sandbox

import (
	"slices"
	"strings"
)

// openCollections have at least one scope, or a role, that opens them.
var openCollections = []string{"bicycles", "client_apps", "clusters", "organizations", "support_tickets", "trips", "zones"}

// root names every collection. It is open to everyone.
func (c *call) root() (answer, error) {
	out := map[string]string{}
	for _, name := range slices.Concat(openCollections, closedCollections) {
		if !strings.Contains(name, "/") {
			out[name] = c.base + name + "/"
		}
	}
	return found(out), nil
}
