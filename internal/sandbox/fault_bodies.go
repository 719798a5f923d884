package sandbox

import (
	"slices"
	"time"
)

// spoiled is a JSON value with a fault in it. Name is the member's, "" at
// the top.
func spoiled(kind FaultKind, name string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		return spoiledObject(kind, name, v)
	case []any:
		for i, entry := range v {
			v[i] = spoiled(kind, name, entry)
		}
		if kind == UnknownValues && name == "scopes" {
			return append(v, "moon:read")
		}
	case string:
		return spoiledText(kind, name, v)
	}
	return value
}

// spoiledObject adds members at the top and to resources. A geometry keeps
// its type.
func spoiledObject(kind FaultKind, name string, object map[string]any) any {
	_, resource := object["uuid"]
	_, geometry := object["coordinates"]
	if geometry {
		return object
	}
	for member, value := range object {
		object[member] = spoiled(kind, member, value)
	}
	if kind == ExtraMembers && (name == "" || resource) {
		object["added_later"] = map[string]any{"list": []any{nil, true}, "text": "ä"}
		object["retired_soon"] = nil
	}
	return object
}

// named are the members whose words come from a list.
var named = []string{"state", "type", "asset_state", "category", "device_type", "transition", "currency", "unit_system"}

func spoiledText(kind FaultKind, name, text string) string {
	switch kind {
	case UnknownValues:
		if slices.Contains(named, name) {
			return "unheard_of"
		}
	case Fractions, Offsets:
		if at, err := time.Parse("2006-01-02T15:04:05Z", text); err == nil {
			return finer(kind, at)
		}
	}
	return text
}

// finer is the same second with its fraction.
func finer(kind FaultKind, at time.Time) string {
	if kind == Offsets {
		at = at.In(time.FixedZone("", 5*60*60+30*60))
	}
	return at.Add(123456 * time.Microsecond).Format("2006-01-02T15:04:05.000000Z07:00")
}
