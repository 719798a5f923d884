package noa

import "encoding/json"

// A relink puts another link in the place of one; "" takes it away.
type relink string

// MarshalJSON writes the link, or null for none.
func (l relink) MarshalJSON() ([]byte, error) {
	if l == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(l))
}

// linkTo names a resource in a body; "" stays "".
func (f *Fleet) linkTo(collection, uuid string) string {
	if uuid == "" {
		return ""
	}
	return f.link(collection, uuid)
}

// relinkTo names another resource in a change; nil leaves the one that is there.
func (f *Fleet) relinkTo(collection string, uuid *string) *relink {
	if uuid == nil {
		return nil
	}
	l := relink(f.linkTo(collection, *uuid))
	return &l
}

// notAUUID is the problem with what would become part of a link; "" is none.
func notAUUID(path, id string) []Problem {
	if _, ok := uuidOf(id); ok || id == "" {
		return nil
	}
	return []Problem{{Path: path, Message: "This is not a uuid.", Code: "invalid"}}
}

// textOf is what a pointer of a change points at, "" for nothing.
func textOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// needed is the problem with a link that may be changed but not taken away.
func needed(path string, id *string) []Problem {
	if id != nil && *id == "" {
		return []Problem{{Path: path, Message: "This cannot be nothing.", Code: "null"}}
	}
	return notAUUID(path, textOf(id))
}
