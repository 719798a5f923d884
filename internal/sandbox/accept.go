package sandbox

import (
	"mime"
	"slices"
	"strings"
)

const (
	jsonType = "application/json"
	htmlType = "text/html"
)

// negotiate picks the form of the answer, of those that are offered beside
// JSON, and checks the version, which Noa reads from the entry that won.
// Quality values do not count, only how specific an entry is.
func negotiate(accept string, offered ...string) (form string, err error) {
	form, version, found := preferred(accept, offered)
	switch {
	case !found:
		return jsonType, notAcceptable("Could not satisfy the request Accept header.")
	case form != htmlType && version != "1.0":
		return jsonType, notAcceptable("Invalid API version; ask for version=1.0 in the Accept header.")
	}
	return form, nil
}

// forms are those that the endpoint has beside JSON. The parameter format,
// or a suffix, asks for one alone; one that does not exist is not found.
func (c *call) forms(e endpoint) ([]string, error) {
	all, rows := []string{htmlType}, e.path == "bicycles/" && c.method() == get
	if rows {
		all = append(all, csvType)
	}
	switch format := c.query.Get("format"); {
	case strings.HasSuffix(c.request.URL.Path, ".json") || format == "json":
		return nil, nil
	case format == "":
		return all, nil
	case format == "csv" && rows:
		return []string{onlyCSV}, nil
	}
	return nil, notFound(generalNotFound)
}

// onlyCSV stands for CSV without JSON beside it.
const onlyCSV = "only " + csvType

// preferred is the form that the most specific usable entry asks for, and
// its version.
func preferred(accept string, offered []string) (form, version string, found bool) {
	if strings.TrimSpace(accept) == "" {
		accept = "*/*"
	}
	best := -1
	for entry := range strings.SplitSeq(accept, ",") {
		kind, params := mediaType(entry)
		if offered := offer(kind, offered); offered != "" && specific(kind, params) > best {
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

// offer is the form that answers an entry, "" for none.
func offer(kind string, offered []string) string {
	switch {
	case slices.Contains(offered, onlyCSV):
		if kind == csvType || kind == "text/*" || kind == "*/*" {
			return csvType
		}
		return ""
	case kind == jsonType, kind == "application/*", kind == "*/*":
		return jsonType
	case slices.Contains(offered, kind):
		return kind
	case kind == "text/*" && slices.Contains(offered, htmlType):
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
