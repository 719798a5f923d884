package sandbox

import (
	"net/http"
	"slices"
)

// guard is the condition of an action beyond the state. It holds for dry
// runs too.
func (c *call) guard(b *bicycle, a action) error {
	switch {
	case a.kind == declareAvailable && b.noa == nil:
		return failed("No device is attached to this bicycle.", "invalid")
	case a.kind == retire && (b.noa != nil || b.axa != nil):
		return failed("A device is still attached to this bicycle.", "invalid")
	case a.kind == reserve:
		return c.belowLimit(a.user)
	case a.kind == rent:
		return c.mayRent(b, a.user)
	case a.kind == giveBack && !c.returnable(b):
		return failed("Return refused: outside every drop zone.", "outside_dropzone")
	}
	return nil
}

func failed(message, code string) error { return general(http.StatusBadRequest, message, code) }

// belowLimit allows one reservation or rental a user, who may be a client
// application's own.
func (c *call) belowLimit(user string) error {
	for _, b := range c.fleet.bicycles {
		switch {
		case b.reservation != nil && b.reservation.user == user:
			return failed("This user already holds a reservation.", "too_many_reservations")
		case b.rental != nil && b.rental.user == user:
			return failed("This user already has a rental.", "too_many_rentalsessions")
		}
	}
	return nil
}

// mayRent does not count what a client application's user holds already.
func (c *call) mayRent(b *bicycle, user string) error {
	switch {
	case b.reservation != nil && b.reservation.user != user:
		return failed("The bicycle is reserved by another user.", "invalid")
	case c.caller.person != nil && b.reservation == nil:
		return c.belowLimit(user)
	}
	return nil
}

// returnable says whether a rental may end where the bicycle is.
func (c *call) returnable(b *bicycle) bool {
	return slices.ContainsFunc(c.fleet.zones, func(z *zone) bool {
		forReturn := z.kind == "dropzone" || z.kind == "maintenance"
		return forReturn && b.organization.within(z.organization.uuid) && b.isIn(z)
	})
}
