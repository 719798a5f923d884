package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"
)

// fillNewClientApp takes over what was sent. Complaints about members come
// first, then rights, then the name among the others.
func (c *call) fillNewClientApp(a *client, sent body) error {
	w, inside := wrongs{}, wrongs{}
	a.name = sent.needed("name", w)
	checkLength("name", a.name, maxName, w)
	owner := c.linkedOrganization(sent, true, w)
	a.fillLabel(sent, w)
	a.fillScopes(sent, w, inside)
	if err := scopeProblem(w, inside); err != nil {
		return err
	}
	if !c.sees(owner) {
		return foreignOrganization()
	}
	a.organization = owner.uuid
	return c.checkName(a.clientName)
}

// checkName refuses a name that is taken. One that was deleted is taken at
// the token service still, which Noa does not expect.
func (c *call) checkName(id clientName) error {
	switch {
	case c.clients[id] != nil:
		return general(http.StatusBadRequest, "The fields name, organization must make a unique set.", "unique")
	case c.deleted[id]:
		return crash()
	}
	return nil
}

// change takes over the members that may change.
func (a *client) change(sent body) error {
	w, inside := wrongs{}, wrongs{}
	a.fillLabel(sent, w)
	a.fillScopes(sent, w, inside)
	return scopeProblem(w, inside)
}

func (a *client) fillLabel(sent body, w wrongs) {
	if label, given := sent.text("label", w); given {
		checkLength("label", label, maxName, w)
		a.label = label
	}
}

func checkLength(member, text string, most int, w wrongs) {
	if utf8.RuneCountInString(text) > most {
		w.add(member, fmt.Sprintf("Ensure this field has no more than %d characters.", most), "max_length")
	}
}

// fillScopes replaces the list. Inside are the complaints about entries, by
// their place.
func (a *client) fillScopes(sent body, w, inside wrongs) {
	value, given := sent["scopes"]
	list, isList := value.([]any)
	if given && !isList {
		notAList(value, w)
		return
	}
	scopes := []string{}
	for i, entry := range list {
		scope, _ := entry.(string)
		if !slices.Contains(knownScopes, scope) {
			inside.add(strconv.Itoa(i), fmt.Sprintf("\"%v\" is not a valid choice.", entry), "invalid_choice")
		}
		if !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	if given || a.scopes == nil {
		a.scopes = scopes
	}
}

func notAList(value any, w wrongs) {
	if value == nil {
		mustNotBeNull(w, "scopes")
		return
	}
	w.add("scopes", fmt.Sprintf("Expected a list of items but got type %q.", kindOf(value)), "not_a_list")
}

// scopeProblem is all complaints as one answer, nil if nothing is wrong.
func scopeProblem(w, inside wrongs) error {
	if len(inside) == 0 {
		return w.err()
	}
	all := map[string]any{"scopes": inside}
	for member, list := range w {
		all[member] = list
	}
	return detail(http.StatusBadRequest, all)
}
