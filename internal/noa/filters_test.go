package noa

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

const otherBicycle = "7c42d9f8-b561-4e03-a8d7-f913c5206e4b"

// filterTime is a moment in another zone, with a fraction: 1715637600 in whole seconds.
var filterTime = time.Date(2024, 5, 14, 0, 0, 0, 250_000_789, time.FixedZone("", 2*60*60))

// berlin is a box with a corner whose decimals are none.
var berlin = &Box{Point{13, 52.25}, Point{13.5, 52.75}}

func pointer[T any](v T) *T { return &v }

// A filterRow is a query with one field set, and what Noa is asked then.
type filterRow[Q any] struct {
	query Q
	want  string
}

// checkFilters holds each row to what is asked, and the rows together to all fields that the query has.
func checkFilters[Q interface{ filters() *filters }](t *testing.T, rows map[string]filterRow[Q]) {
	t.Helper()
	for name, row := range rows {
		f := row.query.filters()
		got, err := url.QueryUnescape(f.values.Encode())
		if err != nil || got != row.want || len(f.wrong) > 0 {
			t.Errorf("%s: asked %s, want %s (%v)", name, got, row.want, f.wrong)
		}
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Q]()) {
		if _, ok := rows[field.Name]; !ok {
			t.Errorf("no row for %s", field.Name)
		}
	}
}

func TestEveryFilterOfBicyclesHasItsName(t *testing.T) {
	t.Parallel()
	two := []string{someBicycle, strings.ToUpper(otherBicycle)}
	const both = someBicycle + "," + otherBicycle
	checkFilters(t, map[string]filterRow[BicycleQuery]{
		"none":            {BicycleQuery{}, ""},
		"States":          {BicycleQuery{States: []State{Lost, Available}}, "state=lost&state=available"},
		"Without":         {BicycleQuery{Without: []State{Retired, Rented}}, "state__exclude=retired&state__exclude=rented"},
		"Organizations":   {BicycleQuery{Organizations: two}, "organizations=" + both},
		"an organization": {BicycleQuery{Organizations: two[:1]}, "organization=" + someBicycle},
		"Search":          {BicycleQuery{Search: "Müller & Söhne"}, "query=Müller & Söhne"},
		"Name":            {BicycleQuery{Name: "47"}, "name=47"},
		"SerialNumber":    {BicycleQuery{SerialNumber: "S-1"}, "serial_number=S-1"},
		"ShortID":         {BicycleQuery{ShortID: "x9"}, "short_id=x9"},
		"BLEID":           {BicycleQuery{BLEID: "AXA:1"}, "bleid=AXA:1"},
		"DeviceTypes":     {BicycleQuery{DeviceTypes: []DeviceType{Lock, Tracker}}, "device_type=lock&device_type=tracker"},
		"HasLock":         {BicycleQuery{HasLock: pointer(false)}, "has_lock=false"},
		"Models":          {BicycleQuery{Models: two}, "model=" + someBicycle + "&model=" + otherBicycle},
		"Tag":             {BicycleQuery{Tag: "winter tyres"}, "tag=winter tyres"},
		"WithAlerts":      {BicycleQuery{WithAlerts: pointer(true)}, "with_alerts=true"},
		"AlertTypes":      {BicycleQuery{AlertTypes: []AlertType{BatteryLow, BikeStolen}}, "alert_type=lock.bat.low&alert_type=bicycle.bike_stolen"},
		"Box":             {BicycleQuery{Box: berlin}, "bbox=13,52.25,13.5,52.75"},
		"Zone":            {BicycleQuery{Zone: strings.ToUpper(someBicycle)}, "zone=" + someBicycle},
		"MinCharge":       {BicycleQuery{MinCharge: pointer(0.0)}, "min_state_of_charge=0"},
		"MaxCharge":       {BicycleQuery{MaxCharge: pointer(0.0000001)}, "max_state_of_charge=0.0000001"},
		"Assignee":        {BicycleQuery{Assignee: someBicycle}, "assignee=" + someBicycle},
		"NeedsAttention":  {BicycleQuery{NeedsAttention: pointer(62.5)}, "needs_attention=62.5"},
		"Recoverable":     {BicycleQuery{Recoverable: pointer(100.0)}, "recoverable=100"},
		"CreatedAfter":    {BicycleQuery{CreatedAfter: filterTime}, "created_after=1715637600"},
		"ModifiedSince":   {BicycleQuery{ModifiedSince: filterTime}, "modified_since=1715637600"},
		"Created":         {BicycleQuery{Created: filterTime}, "created=2024-05-13T22:00:00.25Z"},
		"Modified":        {BicycleQuery{Modified: filterTime}, "modified=2024-05-13T22:00:00.25Z"},
		"UUIDs":           {BicycleQuery{UUIDs: two}, "uuid=" + both},
		"Order":           {BicycleQuery{Order: []Order{ByCharge, ByCreated.Down()}}, "ordering=state_of_charge,-created"},
		"distance":        {BicycleQuery{Order: []Order{ByDistance.Down()}, Box: berlin}, "bbox=13,52.25,13.5,52.75&ordering=-distance"},
		"Page":            {BicycleQuery{Page: 3}, "page=3"},
		"PageSize":        {BicycleQuery{PageSize: 500}, "page_size=100"},
		"Brief":           {BicycleQuery{Brief: true}, "fields=" + briefly},
		"brief in a box":  {BicycleQuery{Brief: true, Box: berlin}, "bbox=13,52.25,13.5,52.75&fields=" + briefly + ",distance"},
	})
}

func TestEveryFilterOfTripsHasItsName(t *testing.T) {
	t.Parallel()
	checkFilters(t, map[string]filterRow[TripQuery]{
		"Organization":  {TripQuery{Organization: ourOrganization}, "organization=" + ourOrganization},
		"Bicycle":       {TripQuery{Bicycle: strings.ToUpper(someBicycle)}, "bicycle=" + someBicycle},
		"RentalSession": {TripQuery{RentalSession: someBicycle}, "rental_session=" + someBicycle},
		"StartedAfter":  {TripQuery{StartedAfter: filterTime}, "started_after=1715637600"},
		"EndedBefore":   {TripQuery{EndedBefore: filterTime}, "ended_before=1715637600"},
		"CreatedAfter":  {TripQuery{CreatedAfter: filterTime}, "created_after=1715637600"},
		"ModifiedSince": {TripQuery{ModifiedSince: filterTime}, "modified_since=1715637600"},
		"Created":       {TripQuery{Created: filterTime}, "created=2024-05-13T22:00:00.25Z"},
		"Modified":      {TripQuery{Modified: filterTime}, "modified=2024-05-13T22:00:00.25Z"},
		"Type":          {TripQuery{Type: Suspicious}, "type=suspicious"},
		"AssetState":    {TripQuery{AssetState: Staff}, "asset_state=in_maintenance"},
		"UUIDs":         {TripQuery{UUIDs: []string{someBicycle}}, "uuid=" + someBicycle},
		"Order":         {TripQuery{Order: []Order{ByAssetState, ByType.Down()}}, "ordering=asset_state,-type"},
		"Page":          {TripQuery{Page: 2}, "page=2"},
		"PageSize":      {TripQuery{PageSize: 5}, "page_size=5"},
	})
}

func TestEveryFilterOfOrganizationsHasItsName(t *testing.T) {
	t.Parallel()
	checkFilters(t, map[string]filterRow[OrganizationQuery]{
		"CreatedAfter":  {OrganizationQuery{CreatedAfter: filterTime}, "created_after=1715637600"},
		"ModifiedSince": {OrganizationQuery{ModifiedSince: filterTime}, "modified_since=1715637600"},
		"Created":       {OrganizationQuery{Created: filterTime}, "created=2024-05-13T22:00:00.25Z"},
		"Modified":      {OrganizationQuery{Modified: filterTime}, "modified=2024-05-13T22:00:00.25Z"},
		"UUIDs":         {OrganizationQuery{UUIDs: []string{ourOrganization}}, "uuid=" + ourOrganization},
		"Order":         {OrganizationQuery{Order: []Order{ByUUID}}, "ordering=uuid"},
		"Page":          {OrganizationQuery{Page: 2}, "page=2"},
		"PageSize":      {OrganizationQuery{PageSize: 5}, "page_size=5"},
	})
}

func TestEveryFilterOfTicketsHasItsName(t *testing.T) {
	t.Parallel()
	checkFilters(t, map[string]filterRow[TicketQuery]{
		"Organization":  {TicketQuery{Organization: ourOrganization}, "organization=" + ourOrganization},
		"Owner":         {TicketQuery{Owner: someBicycle}, "owner=" + someBicycle},
		"Bicycle":       {TicketQuery{Bicycle: someBicycle}, "bicycle=" + someBicycle},
		"Bicycles":      {TicketQuery{Bicycles: []string{someBicycle, otherBicycle}}, "bicycle=" + someBicycle + "&bicycle=" + otherBicycle},
		"Category":      {TicketQuery{Category: Missing}, "category=bicycle_missing"},
		"States":        {TicketQuery{States: []string{TicketNew, TicketPending}}, "state=new&state=pending"},
		"CreatedAfter":  {TicketQuery{CreatedAfter: filterTime}, "created_after=1715637600"},
		"ModifiedSince": {TicketQuery{ModifiedSince: filterTime}, "modified_since=1715637600"},
		"Created":       {TicketQuery{Created: filterTime}, "created=2024-05-13T22:00:00.25Z"},
		"Modified":      {TicketQuery{Modified: filterTime}, "modified=2024-05-13T22:00:00.25Z"},
		"UUIDs":         {TicketQuery{UUIDs: []string{someBicycle}}, "uuid=" + someBicycle},
		"Order":         {TicketQuery{Order: []Order{ByCategory, ByState.Down()}}, "ordering=category,-state"},
		"Page":          {TicketQuery{Page: 2}, "page=2"},
		"PageSize":      {TicketQuery{PageSize: 5}, "page_size=5"},
	})
}

func TestEveryFilterOfZonesHasItsName(t *testing.T) {
	t.Parallel()
	checkFilters(t, map[string]filterRow[ZoneQuery]{
		"States":        {ZoneQuery{States: []string{ZoneNew, ZoneProvisioned}}, "state=new&state=provisioned"},
		"Organizations": {ZoneQuery{Organizations: []string{ourOrganization, someBicycle}}, "organizations=" + ourOrganization + "," + someBicycle},
		"Types":         {ZoneQuery{Types: []ZoneType{DropZone, CustomZone}}, "type=dropzone&type=custom"},
		"Box":           {ZoneQuery{Box: berlin}, "bbox=13,52.25,13.5,52.75"},
		"At":            {ZoneQuery{At: &Point{13.5, 52}}, `geo={"type":"Point","coordinates":[13.5,52]}`},
		"CreatedAfter":  {ZoneQuery{CreatedAfter: filterTime}, "created_after=1715637600"},
		"ModifiedSince": {ZoneQuery{ModifiedSince: filterTime}, "modified_since=1715637600"},
		"Created":       {ZoneQuery{Created: filterTime}, "created=2024-05-13T22:00:00.25Z"},
		"Modified":      {ZoneQuery{Modified: filterTime}, "modified=2024-05-13T22:00:00.25Z"},
		"UUIDs":         {ZoneQuery{UUIDs: []string{someBicycle}}, "uuid=" + someBicycle},
		"Count":         {ZoneQuery{Count: true}, "include_bicycle_count=1"},
		"Page":          {ZoneQuery{Page: 2}, "page=2"},
		"PageSize":      {ZoneQuery{PageSize: 5}, "page_size=5"},
	})
}

func TestAQueryThatNoaWouldNotUnderstandIsNotSent(t *testing.T) {
	t.Parallel()
	p := newPeer(t, says(http.StatusOK, `{"results": []}`))
	f := p.fleet()
	bicycles := func(q BicycleQuery) error { _, err := f.Bicycles(t.Context(), q); return err }
	trips := func(q TripQuery) error { _, err := f.Trips(t.Context(), q); return err }
	tickets := func(q TicketQuery) error { _, err := f.Tickets(t.Context(), q); return err }
	zones := func(q ZoneQuery) error { _, err := f.Zones(t.Context(), q); return err }
	clusters := func(q BicycleQuery, by Split) error { _, err := f.Clusters(t.Context(), q, by); return err }
	_, organizations := f.FindOrganizations(t.Context(), OrganizationQuery{Order: []Order{ByName}})
	for name, row := range map[string]struct {
		err  error
		path string
	}{
		"a distance without a box":        {bicycles(BicycleQuery{Order: []Order{ByDistance.Down()}}), "ordering"},
		"an order of another list":        {bicycles(BicycleQuery{Order: []Order{ByCreated, ByCategory}}), "ordering"},
		"an order twice down":             {bicycles(BicycleQuery{Order: []Order{ByName.Down().Down()}}), "ordering"},
		"two orders in one":               {bicycles(BicycleQuery{Order: []Order{"name,bbox"}}), "ordering"},
		"no order":                        {bicycles(BicycleQuery{Order: []Order{""}}), "ordering"},
		"a state without a name":          {bicycles(BicycleQuery{States: []State{""}}), "state"},
		"an unknown state to do without":  {bicycles(BicycleQuery{Without: []State{"lost,retired"}}), "state__exclude"},
		"an unknown alert":                {bicycles(BicycleQuery{AlertTypes: []AlertType{"theft"}}), "alert_type"},
		"an unknown device":               {bicycles(BicycleQuery{DeviceTypes: []DeviceType{"bell"}}), "device_type"},
		"more than full":                  {bicycles(BicycleQuery{MinCharge: pointer(100.1)}), "min_state_of_charge"},
		"less than empty":                 {bicycles(BicycleQuery{MaxCharge: pointer(-1.0)}), "max_state_of_charge"},
		"no number":                       {bicycles(BicycleQuery{Recoverable: pointer(math.NaN())}), "recoverable"},
		"a box the wrong way round":       {bicycles(BicycleQuery{Box: &Box{berlin.NorthEast, berlin.SouthWest}}), "bbox"},
		"a box beyond Earth":              {bicycles(BicycleQuery{Box: &Box{Point{13, 52}, Point{14, 91}}}), "bbox"},
		"a box of no numbers":             {bicycles(BicycleQuery{Box: &Box{Point{math.NaN(), 52}, Point{14, 53}}}), "bbox"},
		"trips by their start":            {trips(TripQuery{Order: []Order{"start_date"}}), "ordering"},
		"trips in capitals":               {trips(TripQuery{Type: "SUSPICIOUS"}), "type"},
		"private trips":                   {trips(TripQuery{AssetState: "private"}), "asset_state"},
		"a category that is none":         {tickets(TicketQuery{Category: "bell"}), "category"},
		"a state that is none":            {tickets(TicketQuery{States: []string{"open"}}), "state"},
		"tickets by name":                 {tickets(TicketQuery{Order: []Order{ByName}}), "ordering"},
		"zones of another kind":           {zones(ZoneQuery{Types: []ZoneType{"park"}}), "type"},
		"zones in another state":          {zones(ZoneQuery{States: []string{"closed"}}), "state"},
		"zones at no place":               {zones(ZoneQuery{At: &Point{52, 113}}), "geo"},
		"zones in no box":                 {zones(ZoneQuery{Box: &Box{}}), "bbox"},
		"organizations by name":           {organizations, "ordering"},
		"clusters without a box":          {clusters(BicycleQuery{}, Unsplit), "bbox"},
		"clusters split by anything else": {clusters(BicycleQuery{Box: berlin}, "include_name"), "include_state"},
	} {
		var e *Error
		if !errors.Is(row.err, ErrInvalid) || !errors.As(row.err, &e) || len(e.Problems) != 1 || e.Problems[0].Path != row.path {
			t.Errorf("%s: got %v", name, row.err)
		}
	}
	if p.calls.Load() != 0 || p.exchanges.Load() != 0 {
		t.Errorf("%d calls, %d exchanges, want none", p.calls.Load(), p.exchanges.Load())
	}
}

func TestNoFilterIsMadeOfWhatIsNotAUUID(t *testing.T) {
	t.Parallel()
	p := newPeer(t, says(http.StatusOK, `{"results": []}`))
	f := p.fleet()
	bicycles := func(q BicycleQuery) error { _, err := f.Bicycles(t.Context(), q); return err }
	trips := func(q TripQuery) error { _, err := f.Trips(t.Context(), q); return err }
	tickets := func(q TicketQuery) error { _, err := f.Tickets(t.Context(), q); return err }
	for _, bad := range []string{"..", "4711", someBicycle + ",", someBicycle + "&state=lost", "https://api.lock8.me/api/bicycles/" + someBicycle + "/"} {
		_, zones := f.Zones(t.Context(), ZoneQuery{Organizations: []string{bad}})
		_, clusters := f.Clusters(t.Context(), BicycleQuery{Box: berlin, Zone: bad}, Unsplit)
		_, organizations := f.FindOrganizations(t.Context(), OrganizationQuery{UUIDs: []string{bad}})
		for name, err := range map[string]error{
			"organization":      bicycles(BicycleQuery{Organizations: []string{bad}}),
			"organizations":     bicycles(BicycleQuery{Organizations: []string{ourOrganization, bad}}),
			"model":             bicycles(BicycleQuery{Models: []string{someBicycle, bad}}),
			"zone":              bicycles(BicycleQuery{Zone: bad}),
			"assignee":          bicycles(BicycleQuery{Assignee: bad}),
			"uuid":              bicycles(BicycleQuery{UUIDs: []string{someBicycle, bad}}),
			"a trip's fleet":    trips(TripQuery{Organization: bad}),
			"a trip's bicycle":  trips(TripQuery{Bicycle: bad}),
			"a trip's rental":   trips(TripQuery{RentalSession: bad}),
			"a ticket's fleet":  tickets(TicketQuery{Organization: bad}),
			"a ticket's owner":  tickets(TicketQuery{Owner: bad}),
			"a ticket's bike":   tickets(TicketQuery{Bicycle: someBicycle, Bicycles: []string{bad}}),
			"a zone's fleet":    zones,
			"a cluster's zone":  clusters,
			"an organization's": organizations,
		} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%s %q: got %v", name, bad, err)
			}
		}
	}
	for name, err := range map[string]error{
		"of nothing but one": bicycles(BicycleQuery{UUIDs: []string{""}}), "models": bicycles(BicycleQuery{Models: []string{""}}),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("a list %s without a uuid: got %v, though without the filter all would come", name, err)
		}
	}
	if p.calls.Load() != 0 {
		t.Errorf("%d calls, want none", p.calls.Load())
	}
}
