package views

import (
	"strings"
	"testing"

	"noadesk/internal/noa"
)

func ticketListSamples(t *testing.T) []sample {
	list := examples[noa.Ticket](t, "support-ticket-list")
	list = append(list, noa.Ticket{UUID: "8d3f8a52-4f64-4b0e-9a3c-2f1b90c4e7aa", Category: "bicycle_stolen", State: "in_review", Message: strings.Repeat("Diebstahl gemeldet, Rahmen Größe L. ", 20)})
	b := bicycleExample(t, "all-null")
	path := ours.Tickets()
	return []sample{
		{"tickets", Tickets{Org: ours, List: list, Known: map[string]noa.Bicycle{b.UUID: b}, Pager: pagerOf(path, 1, 4, 51), CanFile: true}},
		{"tickets-of-bicycle", Tickets{Org: ours, Bicycle: &b, Of: b.UUID, List: list[:1], Pager: pagerOf(ours.TicketsOf(b.UUID), 1, 1, 1), CanFile: true}},
		{"tickets-empty", Tickets{Org: ours, Pager: pagerOf(path, 1, 0, 0)}},
		{"tickets-nothing-matches", Tickets{Org: ours, Category: string(noa.Missing), Pager: pagerOf(path, 1, 0, 0)}},
	}
}

func ticketSamples(t *testing.T) []sample {
	damaged := example[noa.Ticket](t, "support-ticket-detail")
	damaged.Fetched = noon
	place := example[noa.Ticket](t, "support-ticket-detail-with-location")
	silent := example[noa.Ticket](t, "support-ticket-detail-no-category")
	silent.Message = " \n "
	b := bicycleExample(t, "available")
	return []sample{
		{"ticket", Ticket{Org: ours, Ticket: damaged, Bicycle: answered(&b)}},
		{"ticket-late", Ticket{Org: ours, Ticket: damaged, Bicycle: late[*noa.Bicycle]()}},
		{"ticket-bicycle-failed", Ticket{Org: ours, Ticket: damaged, Bicycle: failed[*noa.Bicycle]()}},
		{"ticket-with-place", Ticket{Org: ours, Ticket: place}},
		{"ticket-without-text", Ticket{Org: ours, Ticket: silent}},
	}
}

func newTicketSamples(t *testing.T) []sample {
	b := bicycleExample(t, "available")
	filed := answered(examples[noa.Ticket](t, "support-ticket-list"))
	return []sample{
		{"new-ticket", NewTicket{Org: ours, Category: string(noa.Damaged), Seal: "7f3k"}},
		{"new-ticket-for-bicycle", NewTicket{Org: ours, Bicycle: b.Name, Found: answered(&b), Open: filed, Category: string(noa.Damaged), Seal: "7f3k"}},
		{"new-ticket-first-for-bicycle", NewTicket{Org: ours, Bicycle: b.Name, Found: answered(&b), Seal: "7f3k"}},
		{"new-ticket-panel-failed", NewTicket{Org: ours, Bicycle: b.Name, Found: answered(&b), Open: failed[[]noa.Ticket](), Seal: "7f3k"}},
		{"new-ticket-refused", NewTicket{
			Org: ours, Bicycle: "4771", Category: string(noa.Missing), Message: "Kette gerissen\nam Ostbahnhof", Latitude: "91", Longitude: "east", Seal: "7f3k",
			Found: Panel[*noa.Bicycle]{Problem: "No bicycle is called 4771."},
			Problems: Problems{
				"": "Noa did not take the ticket.", "category": "Choose one.", "bicycle": "No bicycle is called 4771.",
				"latitude": "A latitude lies between -90 and 90.", "longitude": "This is not a number.", "message": "Write what happened.",
			},
		}},
	}
}
