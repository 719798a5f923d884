package noa

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Limits on what is read from an error's body.
const (
	maxProblems = 50
	maxNesting  = 6
	maxMessage  = 500 // runes
)

// A Problem is one thing that Noa found wrong with a request.
type Problem struct {
	Path    string // of the member, with dots; "" where it is about the whole
	Message string // for people, in Noa's words
	Code    string // for programs; "" where Noa gave none
}

// name is the problem as a log may show it.
func (p Problem) name() string {
	code := tame(p.Code)
	if p.Path == "" {
		return code
	}
	return tame(p.Path) + "=" + code
}

// problems reads the seven shapes of docs/noa.md, "Errors", into one list.
// What it cannot read it leaves out.
func problems(body []byte) []Problem {
	var e struct {
		Detail json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &e) != nil || len(e.Detail) == 0 {
		return nil
	}
	var r problemReader
	r.read(nil, e.Detail)
	return r.found
}

type problemReader struct{ found []Problem }

func (r *problemReader) read(path []string, raw json.RawMessage) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || len(path) > maxNesting || len(r.found) >= maxProblems {
		return
	}
	switch raw[0] {
	case '"':
		r.add(path, raw, nil)
	case '[':
		r.readList(path, raw)
	case '{':
		r.readObject(path, raw)
	}
}

func (r *problemReader) readList(path []string, raw json.RawMessage) {
	items, err := elements(raw)
	if err != nil {
		return
	}
	for _, item := range items {
		r.read(path, item)
	}
}

// readObject tells a problem from a map of problems by its message, which is
// a text in the one and a list in the other.
func (r *problemReader) readObject(path []string, raw json.RawMessage) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return
	}
	if message := bytes.TrimSpace(members["message"]); len(message) > 0 && message[0] == '"' {
		r.add(path, message, members["code"])
		return
	}
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names) // Go's maps have no order; a page wants one
	for _, name := range names {
		if name == "non_field_errors" || name == "__all__" {
			r.read(path, members[name])
			continue
		}
		r.read(append(slices.Clone(path), name), members[name])
	}
}

func (r *problemReader) add(path []string, message, code json.RawMessage) {
	if len(r.found) >= maxProblems {
		return
	}
	p := Problem{Path: strings.Join(path, ".")}
	if json.Unmarshal(message, &p.Message) != nil {
		p.Message = ""
	}
	if code == nil || json.Unmarshal(code, &p.Code) != nil {
		p.Code = ""
	}
	p.Code = tame(p.Code)
	if runes := []rune(p.Message); len(runes) > maxMessage {
		p.Message = string(runes[:maxMessage])
	}
	r.found = append(r.found, p)
}

// tame lets foreign text through to a log line or a page that can be a code, an
// id, a member's path or a content type: up to 64 characters of the kind that these
// consist of. Anything else could repeat what Noa was told, and is "?" as a whole.
func tame(s string) string {
	unfit := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_./", r)
	}
	if len(s) > 64 || strings.ContainsFunc(s, unfit) {
		return "?"
	}
	return s
}
