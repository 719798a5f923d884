package sandbox

import (
	"crypto/ecdsa"
	"maps"
	"net/http"
	"slices"
)

// The scopes that a client application can have.
const (
	bicycleRead      = "bicycle:read"
	bicycleWrite     = "bicycle:write"
	tripRead         = "trip:read"
	organizationRead = "organization:read"
	ticketRead       = "support-ticket:read"
	ticketWrite      = "support-ticket:write"
	zoneRead         = "zone:read"
	zoneWrite        = "zone:write"
)

var knownScopes = []string{
	bicycleRead, bicycleWrite, tripRead, organizationRead,
	ticketRead, ticketWrite, zoneRead, zoneWrite,
}

// maxName is how many characters a name or a label may have.
const maxName = 128

// clientName is what makes a client application known: names are unique
// within an organization only.
type clientName struct{ organization, name string }

// A client is a registered client application: its public half only. It is
// never changed in place: the token service reads it without the lock.
type client struct {
	record
	clientName
	label  string
	user   string   // uuid of its internal user
	scopes []string // in the order in which tokens hold them
	key    *ecdsa.PublicKey
}

type clientAppWire struct {
	UUID               string   `json:"uuid"`
	URL                string   `json:"url"`
	Created            string   `json:"created"`
	Modified           string   `json:"modified"`
	ConcurrencyVersion int64    `json:"concurrency_version"`
	Name               string   `json:"name"`
	Label              string   `json:"label"`
	Organization       string   `json:"organization"`
	Scopes             []string `json:"scopes"`
	PrivateKey         *string  `json:"private_key,omitempty"` // only in the answer to its creation
}

// clientApps lists the client applications of the caller's organizations,
// the newest first.
func (c *call) clientApps() (answer, error) {
	pass, sort, err := c.clientAppQuery()
	if err != nil {
		return answer{}, err
	}
	rows := slices.Collect(maps.Values(c.clients))
	newestFirst(rows)
	rows = pass.choose(rows)
	sort(rows)
	return page(c, rows, func(a *client) any { return c.clientAppWire(a) })
}

// clientApp is one client application, without a key.
func (c *call) clientApp() (answer, error) {
	a, err := c.findClientApp()
	if err != nil {
		return answer{}, err
	}
	return found(c.cut(c.clientAppWire(a))), nil
}

// createClientApp makes a pair, keeps its public half and gives the private
// one away.
func (c *call) createClientApp() (answer, error) {
	sent, err := c.body()
	if err != nil {
		return answer{}, err
	}
	a := &client{record: freshRecord(c.now), user: randomUUID()}
	if err := c.fillNewClientApp(a, sent); err != nil {
		return answer{}, err
	}
	private, public, err := newPair(c.settings().Curve)
	if err != nil {
		return answer{}, crash()
	}
	a.key = public
	c.clients[a.clientName] = a
	wire, text := c.clientAppWire(a), string(private)
	wire.PrivateKey = &text
	return answer{status: http.StatusCreated, body: c.cut(wire), location: wire.URL}, nil
}

// changeClientApp is PUT and PATCH, which do the same: neither needs a
// member, and of those sent only label and scopes count.
func (c *call) changeClientApp() (answer, error) {
	old, err := c.findClientApp()
	if err != nil {
		return answer{}, err
	}
	sent, err := c.body()
	if err != nil {
		return answer{}, err
	}
	a := *old
	if err := a.change(sent); err != nil {
		return answer{}, err
	}
	if sent.has("label") || sent.has("scopes") {
		a.touch(c.now)
	}
	c.clients[a.clientName] = &a
	return found(c.cut(c.clientAppWire(&a))), nil
}

// deleteClientApp removes one for good. Its tokens name an account that is
// gone, so they end with it.
func (c *call) deleteClientApp() (answer, error) {
	a, err := c.findClientApp()
	if err != nil {
		return answer{}, err
	}
	delete(c.clients, a.clientName)
	c.deleted[a.clientName] = true
	return answer{status: http.StatusNoContent}, nil
}

func (c *call) findClientApp() (*client, error) {
	pass, _, err := c.clientAppQuery()
	if err != nil {
		return nil, err
	}
	return byUUID(c, slices.Collect(maps.Values(c.clients)), pass.pass, "ClientApp")
}

func (c *call) clientAppQuery() (tests[*client], func([]*client), error) {
	f := c.filters()
	pass := commonTests[*client](f)
	pass.add(func(a *client) bool { return c.sees(c.fleet.organization(a.organization)) })
	organizationTest(f, &pass, func(a *client) string { return a.organization })
	sort := order(f, commonColumns[*client](nil))
	return pass, sort, f.err()
}

func (c *call) clientAppWire(a *client) clientAppWire {
	return clientAppWire{
		UUID: a.uuid, URL: c.link("client_apps", a.uuid), Created: stamp(a.created), Modified: stamp(a.modified),
		ConcurrencyVersion: a.version, Name: a.name, Label: a.label,
		Organization: c.link("organizations", a.organization), Scopes: a.scopes,
	}
}
