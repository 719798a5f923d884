package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// checkFields refuses members that the resource does not have.
func (c *call) checkFields(e endpoint) error {
	if !c.query.Has("fields") || e.shape == nil {
		return nil
	}
	var unknown []string
	for _, name := range c.fields() {
		if !slices.Contains(members(e.shape), name) || slices.Contains(docNames, name) && !c.settings().BothTripNames {
			unknown = append(unknown, name)
		}
	}
	if unknown == nil {
		return nil
	}
	return detail(http.StatusBadRequest, []wrong{complaint("Unknown fields: "+strings.Join(unknown, ", "), "unknown_fields")})
}

func (c *call) fields() []string { return strings.Split(c.query.Get("fields"), ",") }

// cut is a resource with the members that were asked for.
func (c *call) cut(resource any) any {
	if !c.query.Has("fields") {
		return resource
	}
	return some{resource, c.fields()}
}

// some is a resource of which only some members are written.
type some struct {
	resource any
	members  []string
}

// MarshalJSON writes the members in the resource's own order.
func (s some) MarshalJSON() ([]byte, error) {
	out := []byte("{")
	value := reflect.ValueOf(s.resource)
	for i := range value.NumField() {
		name := memberName(value.Type().Field(i))
		if !slices.Contains(s.members, name) {
			continue
		}
		text, err := plainJSON(value.Field(i).Interface())
		if err != nil {
			return nil, err
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(out, '"'), name+`":`...)
		out = append(out, text...)
	}
	return append(out, '}'), nil
}

// plainJSON leaves < > & as they are, like Noa.
func plainJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSpace(out.Bytes()), err
}

// members are the names of what a resource has on the wire.
func members(shape any) []string {
	var out []string
	kind := reflect.TypeOf(shape)
	for i := range kind.NumField() {
		out = append(out, memberName(kind.Field(i)))
	}
	return out
}

func memberName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}
