package sandbox

import (
	"fmt"
	"net/url"
	"strings"
)

// link is the address of a resource on the host that was asked.
func (c *call) link(collection, uuid string) string {
	return c.base + collection + "/" + uuid + "/"
}

func (c *call) linkOrNull(collection, uuid string) *string {
	if uuid == "" {
		return nil
	}
	return textOrNull(c.link(collection, uuid))
}

// A linkError says why a link in a body was not taken.
type linkError struct{ message, code string }

// resolve reads a link to a resource of a collection: an address with any
// host, or a path.
func (s *Sandbox) resolve(text, collection string) (uuid string, wrong *linkError) {
	address, err := url.Parse(text)
	if err != nil {
		return "", &linkError{"Invalid hyperlink - No URL match.", "no_match"}
	}
	path, inAPI := strings.CutPrefix(address.Path, apiPath)
	if !inAPI && s.settings().DocLinks {
		path = strings.TrimPrefix(path, "/")
	}
	place, id, known := s.find(path)
	switch {
	case !known:
		return "", &linkError{"Invalid hyperlink - No URL match.", "no_match"}
	case place.path != collection+"/{uuid}/":
		return "", &linkError{"Invalid hyperlink - Incorrect URL match.", "incorrect_match"}
	}
	uuid, ok := parseUUID(id)
	if !ok {
		return "", noSuchObject()
	}
	return uuid, nil
}

// linked reads a link member: "" if it is null. Given says whether it was sent.
func (c *call) linked(sent body, member, collection string, w wrongs) (uuid string, given bool) {
	value, given := sent[member]
	if !given || value == nil || value == "" {
		return "", given
	}
	text, ok := value.(string)
	if !ok {
		w.add(member, fmt.Sprintf("Incorrect type. Expected URL string, received %s.", kindOf(value)), "incorrect_type")
		return "", true
	}
	uuid, wrong := c.resolve(text, collection)
	if wrong != nil {
		w.add(member, wrong.message, wrong.code)
	}
	return uuid, true
}

// linkedOrganization is the one that the member organization links to, nil
// if it was not sent or is wrong. Needed says that it must be there.
func (c *call) linkedOrganization(sent body, needed bool, w wrongs) *organization {
	uuid, given := c.linked(sent, "organization", "organizations", w)
	switch {
	case !given && needed:
		w.add("organization", "This field is required.", "required")
	case given && uuid == "":
		mustNotBeNull(w, "organization")
	case given:
		if o := c.fleet.organization(uuid); o != nil {
			return o
		}
		w.add("organization", noSuchObject().message, noSuchObject().code)
	}
	return nil
}

func noSuchObject() *linkError {
	return &linkError{"Invalid hyperlink - Object does not exist.", "does_not_exist"}
}
