package noa

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBicyclesOfTheContractAreRead(t *testing.T) {
	t.Parallel()
	for name, state := range map[string]State{
		"bicycle-detail-available": Available, "bicycle-detail-all-null": InMaintenance, "bicycle-detail-lost": Lost,
		"bicycle-detail-rented": Rented, "bicycle-detail-reserved": Reserved,
		"bicycle-action-response": InMaintenance, "bicycle-create-response": InMaintenance,
	} {
		f := newPeer(t, says(http.StatusOK, example(t, name))).fleet()
		b, err := f.Bicycle(t.Context(), someBicycle)
		if err != nil || b.State != state || b.Created.IsZero() || b.Organization.UUID() == "" || b.Fetched.IsZero() {
			t.Errorf("%s: got %+v, %v", name, b, err)
		}
		if (b.Reservation != nil) != (state == Reserved) || (b.Rental != nil) != (state == Rented) {
			t.Errorf("%s: reservation %v, rental %v", name, b.Reservation, b.Rental)
		}
	}
}

func TestAWholeBicycleIsRead(t *testing.T) {
	t.Parallel()
	f := newPeer(t, says(http.StatusOK, example(t, "bicycle-detail-available"))).fleet()
	b, err := f.Bicycle(t.Context(), someBicycle)
	if err != nil {
		t.Fatal(err)
	}
	lat, lon, known := b.Position()
	if !known || lat != 52.521918 || lon != 13.413215 || *b.Charge != 87.5 || *b.Accuracy != 4.7 || *b.PDOP != 1.2 {
		t.Errorf("got %v %v %v, charge %v", lat, lon, known, b.Charge)
	}
	if want := time.Date(2024, 5, 14, 9, 26, 40, 0, time.UTC); !b.Seen().Equal(want) {
		t.Errorf("seen %v, want %v", b.Seen(), want)
	}
	if b.Lock.UUID() != "c05d9e71-3a8b-4f26-8d14-7be6a290fc53" || b.Devices["lock"].Manufacturer != "axa" {
		t.Errorf("lock %q, devices %v", b.Lock, b.Devices)
	}
	if diff := cmp.Diff([]Tag{{UUID: "19d7e4c0-b8f5-4a62-8c3d-e0f6a1b92754", Name: "winter tyres", Color: "#2b7de9"}}, b.Tags); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNullIsEmpty(t *testing.T) {
	t.Parallel()
	f := newPeer(t, says(http.StatusOK, example(t, "bicycle-detail-all-null"))).fleet()
	b, err := f.Bicycle(t.Context(), someBicycle)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, known := b.Position(); known || b.Charge != nil || b.EstimatedCharge != nil || b.Accuracy != nil || b.Lock != "" || !b.Seen().IsZero() {
		t.Errorf("got %+v", b)
	}
}

func TestListsOfBicyclesAreRead(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		rows, total int
		more        bool
	}{
		"bicycle-list-page1":         {2, 5, true},
		"bicycle-list-page2":         {2, 5, true},
		"bicycle-list-page3":         {1, 5, false},
		"bicycle-list-empty":         {0, 0, false},
		"bicycle-list-fields":        {5, 5, false},
		"bicycle-list-no-page":       {5, 5, false},
		"bicycle-list-bbox-distance": {2, 2, false},
	} {
		f := newPeer(t, says(http.StatusOK, example(t, name))).fleet()
		page, err := f.Bicycles(t.Context(), BicycleQuery{})
		if err != nil || len(page.Items) != want.rows || page.Total != want.total || page.More != want.more || page.Unread != 0 {
			t.Errorf("%s: got %d rows, total %d, more %v, unread %d, %v", name, len(page.Items), page.Total, page.More, page.Unread, err)
		}
		for _, b := range page.Items {
			if b.Fetched.IsZero() || !b.State.Known() {
				t.Errorf("%s: got %+v", name, b)
			}
		}
	}
}

func TestTransitionsSayThatSomebodyDidItButNotWho(t *testing.T) {
	t.Parallel()
	f := newPeer(t, says(http.StatusOK, example(t, "bicycle-transitions"))).fleet()
	page, err := f.Transitions(t.Context(), someBicycle)
	if err != nil || len(page.Items) != 4 {
		t.Fatal(page, err)
	}
	first, last := page.Items[0], page.Items[3]
	if first.Action != "return_" || first.Verb() != "return" || !first.ByUser || first.State != Available {
		t.Errorf("got %+v", first)
	}
	if last.Action != "take_over" || last.ByUser || last.Time.IsZero() {
		t.Errorf("got %+v", last)
	}
}

func TestTripsOfTheContractAreRead(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		length  time.Duration // -1 for none
		running bool
		points  int
	}{
		"trip-detail":                 {13*time.Minute + 42*time.Second, false, 6},
		"trip-detail-unfinished":      {-1, true, 0},
		"trip-detail-long-no-bicycle": {26*time.Hour + 5*time.Minute + 9500*time.Millisecond, false, 2},
	} {
		f := newPeer(t, says(http.StatusOK, example(t, name))).fleet()
		trip, err := f.Trip(t.Context(), someBicycle)
		if err != nil || trip.Start.IsZero() || trip.End.IsZero() != want.running || len(trip.Route) != want.points {
			t.Errorf("%s: got %+v, %v", name, trip, err)
		}
		if got := trip.Duration; got == nil != (want.length < 0) || got != nil && got.Duration != want.length {
			t.Errorf("%s: took %v, want %v", name, got, want.length)
		}
	}
	f := newPeer(t, says(http.StatusOK, example(t, "trip-list"))).fleet()
	if page, err := f.Trips(t.Context(), TripQuery{}); err != nil || len(page.Items) != 3 || page.Items[2].Route[0].Lat < 52 {
		t.Errorf("got %+v, %v", page, err)
	}
}

func TestOrganizationsOfTheContractAreRead(t *testing.T) {
	t.Parallel()
	f := newPeer(t, says(http.StatusOK, example(t, "organization-detail"))).fleet()
	o, err := f.Organization(t.Context(), ourOrganization)
	if err != nil || o.Name != "Spatzrad Berlin" || o.Preference == nil || o.PhoneNumbers["Service"] != "+49 30 5550100" {
		t.Fatalf("got %+v, %v", o, err)
	}
	if p := o.Preference; p.Timezone != "Europe/Berlin" || p.IdleAfter.Duration != 15*24*time.Hour || p.TaxPercent != "19.000" || len(p.EmailAlerts) != 2 {
		t.Errorf("got %+v", p)
	}
	f = newPeer(t, says(http.StatusOK, example(t, "organization-detail-minimal"))).fleet()
	if o, err := f.Organization(t.Context(), ourOrganization); err != nil || o.Name != "Spatzrad Neukölln" || o.Preference != nil {
		t.Errorf("got %+v, %v", o, err)
	}
	f = newPeer(t, says(http.StatusOK, example(t, "organization-list"))).fleet()
	if page, err := f.Organizations(t.Context()); err != nil || len(page.Items) < 2 || page.Unread != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
}

func TestTicketsOfTheContractAreRead(t *testing.T) {
	t.Parallel()
	for name, category := range map[string]Category{
		"support-ticket-detail": Damaged, "support-ticket-create-response": Damaged,
		"support-ticket-detail-no-category": "", "support-ticket-detail-with-location": NeedsBicycles,
	} {
		f := newPeer(t, says(http.StatusOK, example(t, name))).fleet()
		ticket, err := f.Ticket(t.Context(), someBicycle)
		if err != nil || ticket.Category != category || ticket.State == "" || (ticket.Location != nil) != (category == NeedsBicycles) {
			t.Errorf("%s: got %+v, %v", name, ticket, err)
		}
	}
	f := newPeer(t, says(http.StatusOK, example(t, "support-ticket-list"))).fleet()
	if page, err := f.Tickets(t.Context(), TicketQuery{}); err != nil || len(page.Items) == 0 || page.Unread != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
}

func readOne[T any, P row[T]](body []byte) error {
	_, err := one[T, P](answer{request: request{method: http.MethodGet}, body: body})
	return err
}

func readMany[T any, P row[T]](body []byte) error {
	page, err := many[T, P](answer{request: request{method: http.MethodGet}, body: body})
	if err == nil && page.Unread > 0 {
		err = fmt.Errorf("%d rows could not be read", page.Unread)
	}
	return err
}

func readProblems(body []byte) error {
	for _, p := range problems(body) {
		if p.Message == "" {
			return fmt.Errorf("a problem says nothing: %+v", p)
		}
	}
	if len(problems(body)) == 0 {
		return fmt.Errorf("no problem found in %s", body)
	}
	return nil
}

// readElsewhere takes bodies that we write, and those that belong to an exchange or a sign-in: other tests hold them to the letter.
func readElsewhere(body []byte) error {
	if !json.Valid(body) {
		return fmt.Errorf("not JSON: %s", body)
	}
	return nil
}

func TestEveryExampleOfTheContractIsRead(t *testing.T) {
	t.Parallel()
	readers := []struct {
		pattern string
		read    func([]byte) error
	}{
		{"sts-*", readElsewhere},
		{"assertion-claims", readElsewhere},
		{"api-root", readElsewhere},
		{"*-request*", readElsewhere},
		{"login-response", readElsewhere},
		{"error-*", readProblems},
		{"*-error-*", readProblems},
		{"bicycle-list-*", readMany[Bicycle]},
		{"bicycle-transitions", readMany[Transition]},
		{"bicycle-pricings", readOne[Pricings]},
		{"bicycle-*", readOne[Bicycle]},
		{"clusters*", readOne[Clusters]},
		{"trip-list*", readMany[Trip]},
		{"trip-detail*", readOne[Trip]},
		{"organization-list", readMany[Organization]},
		{"organization-detail*", readOne[Organization]},
		{"support-ticket-list", readMany[Ticket]},
		{"support-ticket-*", readOne[Ticket]},
		{"client-app-list", readMany[ClientApp]},
		{"client-app-*", readOne[ClientApp]},
		{"zone-list", readMany[Zone]},
	}
	files, err := os.ReadDir(filepath.Join("testdata", "examples"))
	if err != nil || len(files) < 80 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".json")
		read := func([]byte) error { return fmt.Errorf("nothing reads it") }
		for _, r := range readers {
			if fits, _ := filepath.Match(r.pattern, name); fits {
				read = r.read
				break
			}
		}
		if err := read([]byte(example(t, name))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheDistanceAndTheRestOfARentalAreRead(t *testing.T) {
	t.Parallel()
	f := newPeer(t, says(http.StatusOK, example(t, "bicycle-list-bbox-distance"))).fleet()
	page, err := f.Bicycles(t.Context(), BicycleQuery{Box: berlin, Order: []Order{ByDistance}})
	if err != nil || len(page.Items) != 2 || page.Items[0].Distance == nil || *page.Items[0].Distance > *page.Items[1].Distance {
		t.Errorf("got %+v, %v", page, err)
	}
	b, ok := readRow[Bicycle]([]byte(`{"uuid": "` + someBicycle + `", "distance": null,
		"reservation": {"state": "new", "duration": 900.0}, "rental_session":
		{"duration_of_rental_session": "00:13:42", "duration": "soon", "cents": 250, "currency": "eur"}}`))
	if !ok || b.Distance != nil || b.Reservation.Longest.Duration != 15*time.Minute || b.Reservation.Lasted != nil || b.Reservation.Cents != nil {
		t.Errorf("got %+v, %v", b.Reservation, ok)
	}
	if b.Rental.Lasted.Duration != 13*time.Minute+42*time.Second || b.Rental.Longest != nil || *b.Rental.Cents != 250 || b.Rental.Currency != "eur" {
		t.Errorf("got %+v", b.Rental)
	}
}

func TestOlderTransitionsAreOnFurtherPages(t *testing.T) {
	t.Parallel()
	var asked string
	f := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.RequestURI
		reply(w, http.StatusOK, example(t, "bicycle-transitions"))
	}).fleet()
	page, err := f.TransitionsOn(t.Context(), someBicycle, 2, 100)
	if want := "/api/bicycles/" + someBicycle + "/transitions/?page=2&page_size=100"; err != nil || asked != want || len(page.Items) != 4 {
		t.Errorf("asked %s, want %s: %+v, %v", asked, want, page, err)
	}
}
