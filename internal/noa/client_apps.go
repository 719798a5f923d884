package noa

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxClientAppText is how long a name or a label may be at Noa, in characters.
const maxClientAppText = 128

var errUnsure = errors.New("noa: not all client applications could be read")

// A ClientApp is an organization's account for a program. Its private key is
// not part of it: Noa tells that once, see [Operator.Register].
type ClientApp struct {
	AsOf
	UUID         string `json:"uuid"`
	Created      Time   `json:"created"`
	Modified     Time   `json:"modified"`
	Name         string `json:"name"` // iss of its assertions, unique in an organization
	Label        string `json:"label"`
	Organization Link   `json:"organization"`
	Scopes       Scopes `json:"scopes"` // asked for; unknown names are kept
}

// A NewClientApp is a client application to be registered.
type NewClientApp struct {
	Organization string // uuid
	Name         string // 1 to 128 characters; a name that was deleted once is not to be had again
	Label        string // up to 128 characters, for people
	Scopes       []Scope
}

// ClientApps lists all client applications of one organization, the newest
// first. Those of its descendants are not among them, and an organization that
// the operator has nothing to do with has none.
func (o *Operator) ClientApps(ctx context.Context, organization string) (Page[ClientApp], error) {
	organization = strings.ToLower(organization)
	ask := func(page int) (Page[ClientApp], error) { return o.clientApps(ctx, organization, page) }
	var all Page[ClientApp]
	for page, err := range pages(ask, func(a ClientApp) string { return a.UUID }) {
		if errors.Is(err, ErrShortened) {
			all.More = true
			break
		}
		if err != nil {
			return Page[ClientApp]{}, err
		}
		if all.Fetched.IsZero() {
			all.AsOf = page.AsOf
		}
		all.Unread += page.Unread
		all.Items = append(all.Items, ofOne(organization, page.Items)...)
	}
	all.Total = len(all.Items) + all.Unread
	return all, nil
}

// clientApps asks for one page of the list.
func (o *Operator) clientApps(ctx context.Context, organization string, number int) (Page[ClientApp], error) {
	r := request{method: http.MethodGet, path: []string{"client_apps"}, query: pageOf(number, maxPageSize)}
	r.query.Set("organization", organization)
	a, err := o.read(ctx, r)
	if err != nil {
		return Page[ClientApp]{}, err
	}
	return many[ClientApp](a)
}

// ofOne leaves out what is another organization's: Noa answers a filter that it does not know with everything.
func ofOne(organization string, apps []ClientApp) []ClientApp {
	return slices.DeleteFunc(apps, func(a ClientApp) bool {
		of := a.Organization.UUID()
		return of != "" && of != organization
	})
}

// Find is the client application of that name, and whether there is one. Where
// the list could not be read as a whole, one that was not found is an error.
func (o *Operator) Find(ctx context.Context, organization, name string) (ClientApp, bool, error) {
	page, err := o.ClientApps(ctx, organization)
	if err != nil {
		return ClientApp{}, false, err
	}
	for _, app := range page.Items {
		if app.Name == name {
			return app, true, nil
		}
	}
	if page.More || page.Unread > 0 {
		r := request{method: http.MethodGet, path: []string{"client_apps"}}
		return ClientApp{}, false, r.failure(ErrAnswer, errUnsure)
	}
	return ClientApp{}, false, nil
}

// Register makes a client application and gives it with its private key, which
// Noa tells this once. It is never repeated by itself. After [ErrUnknownOutcome]
// whoever asked has to look with [Operator.Find]: what is there then has a key
// that nobody knows, and can only be deleted and registered under another
// name. If a name was taken the error has the code "unique"; one that was
// deleted before is an unknown outcome with status 500.
func (o *Operator) Register(ctx context.Context, c NewClientApp) (ClientApp, PrivateKey, error) {
	r := request{method: http.MethodPost, path: []string{"client_apps"}, secret: true}
	if wrong := c.problems(); len(wrong) > 0 {
		return ClientApp{}, PrivateKey{}, r.invalid(wrong)
	}
	r, err := r.with(clientAppBody{
		Name: c.Name, Organization: o.noa.address([]string{"organizations", c.Organization}, nil),
		Label: c.Label, Scopes: named(c.Scopes),
	})
	if err != nil {
		return ClientApp{}, PrivateKey{}, err
	}
	a, err := o.write(ctx, r)
	if err != nil {
		return ClientApp{}, PrivateKey{}, err
	}
	defer clear(a.body)
	return readRegistered(a, c)
}

// Change gives a client application another label and other scopes in place of
// those that it had. A token has the scopes of when it was asked for: see [Noa.Forget].
func (o *Operator) Change(ctx context.Context, uuid, label string, scopes []Scope) (ClientApp, error) {
	r := request{method: http.MethodPatch, path: []string{"client_apps", uuid}}
	if wrong := tooLong("label", label); len(wrong) > 0 {
		return ClientApp{}, r.invalid(wrong)
	}
	r, err := r.with(clientAppBody{Label: label, Scopes: named(scopes)})
	if err != nil {
		return ClientApp{}, err
	}
	a, err := o.write(ctx, r)
	if err != nil {
		return ClientApp{}, err
	}
	return one[ClientApp](a)
}

// Delete removes a client application for good: its tokens stop at once, and
// its name is not to be had again.
func (o *Operator) Delete(ctx context.Context, uuid string) error {
	_, err := o.write(ctx, request{method: http.MethodDelete, path: []string{"client_apps", uuid}})
	return err
}

// clientAppBody is a client application on its way to Noa, which ignores name and organization in a change.
type clientAppBody struct {
	Name         string  `json:"name,omitempty"`
	Organization string  `json:"organization,omitempty"`
	Label        string  `json:"label"`
	Scopes       []Scope `json:"scopes"`
}

// named is the list as Noa wants it: none is an empty list, not null.
func named(scopes []Scope) []Scope {
	if scopes == nil {
		return []Scope{}
	}
	return scopes
}

// problems are what Noa would refuse. Whether it knows a scope only Noa can say.
func (c NewClientApp) problems() []Problem {
	wrong := append(tooLong("name", c.Name), tooLong("label", c.Label)...)
	if c.Name == "" {
		wrong = append(wrong, Problem{Path: "name", Message: "A client application needs a name.", Code: "required"})
	}
	if _, ok := uuidOf(c.Organization); !ok {
		wrong = append(wrong, Problem{Path: "organization", Message: "A client application needs an organisation.", Code: "required"})
	}
	return wrong
}

func tooLong(path, text string) []Problem {
	if utf8.RuneCountInString(text) <= maxClientAppText {
		return nil
	}
	return []Problem{{Path: path, Message: fmt.Sprintf("This may have %d characters at most.", maxClientAppText), Code: "max_length"}}
}

// readRegistered reads the one answer that holds a private key. It is read in
// one go: reading it member by member, as others are, would leave copies. The
// key counts: with it, what else cannot be read is no failure.
func readRegistered(a answer, asked NewClientApp) (ClientApp, PrivateKey, error) {
	var in struct {
		ClientApp
		Key keyText `json:"private_key"`
	}
	if err := json.Unmarshal(a.body, &in); err != nil && !mismatch(err) {
		return ClientApp{}, PrivateKey{}, a.failure(errObject)
	}
	app := in.ClientApp
	app.stamp(AsOf{Fetched: a.fetched})
	if !identified(&app.UUID) {
		app.UUID = ""
	}
	app.Name = cmp.Or(app.Name, asked.Name)
	if len(in.Key) == 0 {
		return app, PrivateKey{}, a.failure(errNoKey)
	}
	return app, newPrivateKey(in.Key), nil
}

func (c *ClientApp) tidy(json.RawMessage) bool { return identified(&c.UUID) }
