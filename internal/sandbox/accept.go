package sandbox

import (
	"mime"
	"strings"
)

const (
	jsonType = "application/json"
	htmlType = "text/html"
)

// negotiate picks the form of the answer and checks the version, which Noa
// reads from the entry that won. Quality values do not count, only how
// specific an entry is.
func negotiate(accept string) (form string, err error) {
	form, version, found := preferred(accept)
	switch {
	case !found:
		return jsonType, notAcceptable("Could not satisfy the request Accept header.")
	case form == jsonType && version != "1.0":
		return jsonType, notAcceptable("Invalid API version; ask for version=1.0 in the Accept header.")
	}
	return form, nil
}

// preferred is the form that the most specific usable entry asks for, and
// its version.
func preferred(accept string) (form, version string, found bool) {
	if strings.TrimSpace(accept) == "" {
		accept = "*/*"
	}
	best := -1
	for entry := range strings.SplitSeq(accept, ",") {
		kind, params := mediaType(entry)
		if offered := offer(kind); offered != "" && specific(kind, params) > best {
			best = specific(kind, params)
			form, version, found = offered, params["version"], true
		}
	}
	return form, version, found
}

// mediaType reads one entry. Of a broken one the parameters are dropped,
// hence no version.
func mediaType(entry string) (kind string, params map[string]string) {
	kind, params, err := mime.ParseMediaType(entry)
	if err != nil {
		kind, _, _ = strings.Cut(entry, ";")
		return strings.ToLower(strings.TrimSpace(kind)), nil
	}
	return kind, params
}

func offer(kind string) string {
	switch kind {
	case jsonType, "application/*", "*/*":
		return jsonType
	case htmlType, "text/*":
		return htmlType
	}
	return ""
}

func specific(kind string, params map[string]string) int {
	_, quality := params["q"]
	switch {
	case strings.HasPrefix(kind, "*/"):
		return 0
	case strings.HasSuffix(kind, "/*"):
		return 1
	case len(params) == 0 || len(params) == 1 && quality:
		return 2
	}
	return 3
}
