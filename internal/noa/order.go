package noa

import (
	"slices"
	"strings"
)

// An Order is what a list is sorted by, the smallest first; see [Order.Down].
// What is null at Noa comes last either way. Not every list can be sorted by
// everything: a query says what it takes, and anything else is [ErrInvalid]
// before it is asked.
type Order string

// What lists can be sorted by.
const (
	ByCreated      Order = "created"
	ByModified     Order = "modified"
	ByUUID         Order = "uuid"
	ByName         Order = "name"
	ByState        Order = "state"
	BySerialNumber Order = "serial_number"
	ByShortID      Order = "short_id"
	ByCharge       Order = "state_of_charge"
	ByLastFix      Order = "latest_gps_timestamp"
	ByLastSeen     Order = "last_cellular_update"
	ByAttention    Order = "needs_attention"
	ByRecoverable  Order = "recoverable"
	ByDistance     Order = "distance" // from the middle of a query's box
	ByType         Order = "type"
	ByAssetState   Order = "asset_state"
	ByCategory     Order = "category"
)

// What each list can be sorted by. Noa takes more names than these and breaks over them.
var (
	bicycleOrders = []Order{
		ByCreated, ByModified, ByUUID, ByName, ByState, BySerialNumber, ByShortID, ByCharge, ByLastFix, ByLastSeen,
		ByAttention, ByRecoverable, ByDistance,
	}
	tripOrders         = []Order{ByCreated, ByModified, ByUUID, ByType, ByAssetState}
	organizationOrders = []Order{ByCreated, ByModified, ByUUID}
	ticketOrders       = []Order{ByCreated, ByModified, ByUUID, ByCategory, ByState}
)

// Down is the same with the largest first: the newest, the fullest, Z before A.
func (o Order) Down() Order { return "-" + o }

// by is the order without its direction.
func (o Order) by() Order { return Order(strings.TrimPrefix(string(o), "-")) }

// order sorts by the first, and where that is the same by the next.
func (f *filters) order(orders, known []Order) {
	names := make([]string, 0, len(orders))
	for _, o := range orders {
		if !slices.Contains(known, o.by()) {
			f.refuse("ordering", "This list cannot be sorted by that.", "invalid_choice")
		}
		names = append(names, string(o))
	}
	f.text("ordering", strings.Join(names, ","))
}
