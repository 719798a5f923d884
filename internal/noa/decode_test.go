package noa

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAMemberOfTheWrongTypeCostsOnlyItself(t *testing.T) {
	t.Parallel()
	b, ok := readRow[Bicycle]([]byte(`{
		"uuid": "A3B0C6D2-9E17-4C58-8F24-60D5E1B7A901", "name": "4711", "state": 7, "state_of_charge": "full",
		"latitude": {"deg": 52}, "longitude": 13.4, "reservation": "soon", "concurrency_version": 1e99, "tags": [1],
		"rental_session": {"uuid": 5, "state": "new"}, "created": 17, "modified": "2024-05-14T09:26:40Z", "unheard_of": {"a": [1]},
		"devices": {"lock": {"bleid": 1, "manufacturer": "axa"}}
	}`))
	if !ok || b.UUID != someBicycle || b.Name != "4711" || b.State != "" || b.Modified.IsZero() || !b.Created.IsZero() {
		t.Errorf("got %+v, %v", b, ok)
	}
	if b.Charge != nil || b.Latitude != nil || b.Longitude == nil || b.Reservation != nil || b.Tags != nil {
		t.Errorf("charge %v, latitude %v, longitude %v, reservation %v, tags %v", b.Charge, b.Latitude, b.Longitude, b.Reservation, b.Tags)
	}
	if b.Rental == nil || b.Rental.State != "new" || b.Devices["lock"].Manufacturer != "axa" {
		t.Errorf("rental %v, devices %v: something wrong inside must not cost the whole", b.Rental, b.Devices)
	}
}

func TestPreferenceSurvivesAnOddDuration(t *testing.T) {
	t.Parallel()
	o, ok := readRow[Organization]([]byte(`{"uuid": "` + ourOrganization + `", "phone_numbers": {"a": 4930, "b": "+49", "c": []},
		"preference": {"timezone": "Europe/Berlin", "idle_bicycle_duration": "long", "support_phone_number": 110}}`))
	if !ok || o.Preference.Timezone != "Europe/Berlin" || o.Preference.IdleAfter != nil || o.Preference.SupportPhone != "110" {
		t.Errorf("got %+v, %v", o.Preference, ok)
	}
	if diff := cmp.Diff(map[string]Phone{"a": "4930", "b": "+49", "c": ""}, o.PhoneNumbers); diff != "" {
		t.Error(diff)
	}
}

func TestRowsThatCannotBeReadAreLeftOutAndCounted(t *testing.T) {
	t.Parallel()
	good := `{"uuid": "` + someBicycle + `", "name": "\u0000 bell ` + "\xff" + `"}`
	page, err := many[Bicycle](answer{body: []byte(`{"count": "many", "next": "https://elsewhere.example/", "results": [
		null, 5, "text", [], {}, {"uuid": "../admin"}, {"uuid": null}, {"uuid": 5}, ` + good + `]}`)})
	if err != nil || len(page.Items) != 1 || page.Unread != 8 || page.Total != 9 || !page.More {
		t.Fatalf("got %+v, %v", page, err)
	}
	if got := page.Items[0].Name; got != "\x00 bell \ufffd" {
		t.Errorf("got name %q", got)
	}
}

func TestAListMayComeWithoutItsEnvelope(t *testing.T) {
	t.Parallel()
	page, err := many[Bicycle](answer{body: []byte(` [{"uuid": "` + someBicycle + `"}] `)})
	if err != nil || len(page.Items) != 1 || page.Total != 1 || page.More {
		t.Errorf("got %+v, %v", page, err)
	}
}

func TestWhatIsNoListIsRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `null`, `5`, `"x"`, `{}`, `{"results": null}`, `{"results": {}}`, `{"results": [`, `[1,2`, `[1] [2]x`, `{"count": 1, "results": []} trailing`,
		`[` + strings.Repeat(`1,`, maxRows) + `1]`,
		`{"results": ` + strings.Repeat(`[`, 20000) + strings.Repeat(`]`, 20000) + `}`,
	} {
		page, err := many[Bicycle](answer{request: request{method: http.MethodGet}, body: []byte(body)})
		if !errors.Is(err, ErrAnswer) {
			t.Errorf("%.40s: got %+v, %v", body, page, err)
		}
	}
}

func TestTripsAreReadUnderTheDocumentationsNames(t *testing.T) {
	t.Parallel()
	trip, ok := readRow[Trip]([]byte(`{"uuid": "` + someBicycle + `", "started": "2024-05-14T08:00:00Z", "ended": "2024-05-14T08:10:00Z",
		"type": "SUSPICIOUS", "asset_state": "IN_MAINTENANCE", "duration": 600, "distance_m": "far"}`))
	if !ok || trip.End.Sub(trip.Start.Time) != 10*time.Minute || trip.Type != Suspicious || trip.AssetState != Staff {
		t.Errorf("got %+v, %v", trip, ok)
	}
	if trip.Duration.Duration != 10*time.Minute || trip.Distance != nil {
		t.Errorf("took %v, %v metres", trip.Duration, trip.Distance)
	}
	trip, _ = readRow[Trip]([]byte(`{"uuid": "` + someBicycle + `", "start_date": "2024-05-14T09:00:00Z", "started": "2024-05-14T08:00:00Z"}`))
	if trip.Start.Hour() != 9 || !trip.End.IsZero() {
		t.Errorf("got %+v", trip)
	}
}

func TestUnknownWordsAreKept(t *testing.T) {
	t.Parallel()
	b, ok := readRow[Bicycle]([]byte(`{"uuid": "` + someBicycle + `", "state": "on_the_moon"}`))
	if !ok || b.State != "on_the_moon" || b.State.Known() {
		t.Errorf("got %q, %v", b.State, ok)
	}
}
