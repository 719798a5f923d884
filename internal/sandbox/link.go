package sandbox

import (
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
	if err != nil || !strings.HasPrefix(address.Path, apiPath) {
		return "", &linkError{"Invalid hyperlink - No URL match.", "no_match"}
	}
	place, id, known := s.find(strings.TrimPrefix(address.Path, apiPath))
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

func noSuchObject() *linkError {
	return &linkError{"Invalid hyperlink - Object does not exist.", "does_not_exist"}
}
