package noa

import "strings"

// A Link names another resource by its address; "" is none. Its host is not
// to be trusted or asked: only the uuid counts.
type Link string

// UUID is the uuid at the end of the link, "" where there is none.
func (l Link) UUID() string {
	path, _, _ := strings.Cut(string(l), "?")
	path = strings.TrimSuffix(path, "/")
	id, ok := uuidOf(path[strings.LastIndexByte(path, '/')+1:])
	if !ok {
		return ""
	}
	return id
}

// uuidOf is text as a uuid in lower case, and whether it is one.
func uuidOf(text string) (string, bool) {
	if len(text) != 36 {
		return "", false
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return "", false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return "", false
		}
	}
	return strings.ToLower(text), true
}

// identified puts the uuid into its one form and says whether it is one.
func identified(uuid *string) bool {
	id, ok := uuidOf(*uuid)
	if ok {
		*uuid = id
	}
	return ok
}
