package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

// TestOrderingsOfTheContract tries every name that a list may be ordered by,
// upwards and downwards, and a few that it may not.
func TestOrderingsOfTheContract(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	var facts []fact
	for _, list := range []struct{ section, path, names, not string }{
		{
			"6.9", "/api/bicycles/?bbox=71,51,72,52&ordering=",
			"created modified name state serial_number short_id uuid state_of_charge latest_gps_timestamp last_cellular_update needs_attention recoverable distance",
			"query organizations created_after bbox colour",
		},
		{"7.3", "/api/trips/?ordering=", "created modified uuid type asset_state", "start_date end_date duration distance_m"},
		{"8", "/api/organizations/?ordering=", "created modified uuid", "name organization"},
		{"9", "/api/support_tickets/?ordering=", "created modified uuid category state", "message owner"},
	} {
		for name := range strings.FieldsSeq(list.names) {
			facts = append(facts, fact{says: list.section + " ordered by " + name, ask: "GET " + list.path + name},
				fact{says: list.section + " ordered by -" + name, ask: "GET " + list.path + "-" + name})
		}
		for name := range strings.FieldsSeq(list.not) {
			facts = append(facts, fact{says: list.section + " not ordered by " + name, ask: "GET " + list.path + name, want: "400 ordering invalid_choice"})
		}
	}
	check(t, n, facts)
}

// TestZonesHoldTheBicyclesThatTheyCount compares the filter of bicycles by
// zone with the number in the zone.
func TestZonesHoldTheBicyclesThatTheyCount(t *testing.T) {
	t.Parallel()
	n := newNoa(t, Options{})
	full := 0
	for _, z := range n.do(get, "/api/zones/?page_size=100&include_bicycle_count=1", "", n.asScoped(zoned)).rows() {
		inside := n.get("/api/bicycles/?state__exclude=retired&zone=" + z["uuid"].(string)).count()
		if fmt.Sprint(z["bicycle_count"]) != inside {
			t.Errorf("%v: it counts %v, the filter finds %s", z["name"], z["bicycle_count"], inside)
		}
		if inside != "0" {
			full++
		}
	}
	if full < 5 {
		t.Errorf("only %d zones have bicycles", full)
	}
}
