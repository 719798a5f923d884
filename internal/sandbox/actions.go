package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// The actions that have a rule of their own.
const (
	declareAvailable  = "declare_available"
	reserve           = "reserve"
	cancelReservation = "cancel_reservation"
	rent              = "rent"
	giveBack          = "return"
	retire            = "retire"
)

// moves are the state machine: the state that an action leads to, by action
// and by the state it is done in.
var moves = map[string]map[string]string{
	declareAvailable: {inMaintenance: available, lost: available, unrecoverable: available},
	"put_in_maintenance": {
		available: inMaintenance, lost: inMaintenance, unrecoverable: inMaintenance,
	},
	"take_over": {
		inMaintenance: inMaintenance, available: inMaintenance, lost: inMaintenance, unrecoverable: inMaintenance,
	},
	"declare_lost":          {inMaintenance: lost, available: lost, unrecoverable: lost},
	"declare_unrecoverable": {available: unrecoverable, lost: unrecoverable},
	reserve:                 {available: reserved},
	cancelReservation:       {reserved: available},
	rent:                    {available: rented, reserved: rented},
	giveBack:                {rented: available},
	"force_put_in_maintenance": {
		reserved: inMaintenance, rented: inMaintenance, retired: inMaintenance,
	},
	retire: {inMaintenance: retired},
}

// inner are words that Noa knows and no client may use: what the system
// does, and the names of a bicycle's members.
var inner = append(members(bicycleWire{}), "expire_reservation", "expire_rental_session", "return_", "actions", "pk", "id")

// An action is what was asked for.
type action struct {
	kind   string
	dryRun bool
	user   string
}

// act moves a bicycle from state to state. The order of checks is the
// bicycle, the body, the word, the right, the state, the guard.
func (c *call) act() (answer, error) {
	b, err := c.findBicycle()
	if err != nil {
		return answer{}, err
	}
	a, err := c.action()
	if err != nil {
		return answer{}, err
	}
	if err := c.checkAction(b, a); err != nil {
		return answer{}, err
	}
	if a.dryRun {
		return answer{status: http.StatusNoContent}, nil
	}
	c.move(b, a)
	return found(c.bicycleWire(b, nil)), nil
}

// action reads the body.
func (c *call) action() (action, error) {
	sent, err := c.body()
	if err != nil {
		return action{}, err
	}
	w := wrongs{}
	a := action{kind: sent.needed("type", w), dryRun: sent.flag("dry_run", w), user: c.rider(sent, w)}
	sent.whole("duration", w)
	c.checkPrice(sent, w)
	return a, w.err()
}

// rider is on whose behalf the action is, by default the caller.
func (c *call) rider(sent body, w wrongs) string {
	uuid, given := c.linked(sent, "user", "users", w)
	switch {
	case !given || uuid == "":
		return c.caller.user
	case !c.isUser(uuid):
		w.add("user", noSuchObject().message, noSuchObject().code)
	}
	return uuid
}

// checkPrice refuses every price: the practice fleet sells nothing.
func (c *call) checkPrice(sent body, w wrongs) {
	for member, collection := range map[string]string{
		"subscription_plan": "subscription_plans", "pricing_scheme": "pricing_schemes",
	} {
		if uuid, _ := c.linked(sent, member, collection, w); uuid != "" {
			w.add(member, noSuchObject().message, noSuchObject().code)
		}
	}
}

func (c *call) checkAction(b *bicycle, a action) error {
	to, known := moves[a.kind]
	switch {
	case !known && slices.Contains(inner, a.kind):
		return denied()
	case !known:
		return notFound(generalNotFound)
	case !c.mayDo(b, a.kind):
		return denied()
	case to[b.state] == "":
		return c.notFromHere(b, a.kind)
	}
	return c.guard(b, a)
}

// mayDo is the right to an action: some belong to whoever made the last
// transition into the present state.
func (c *call) mayDo(b *bicycle, kind string) bool {
	if kind != giveBack && kind != cancelReservation {
		return true
	}
	return c.movedLast(b)
}

func (c *call) movedLast(b *bicycle) bool { return len(b.log) > 0 && b.log[0].by == c.caller.user }

// notFromHere names what the caller could do instead, in the server's own
// language.
func (c *call) notFromHere(b *bicycle, kind string) error {
	var could []string
	for _, other := range slices.Sorted(maps.Keys(moves)) {
		if moves[other][b.state] != "" && c.mayDo(b, other) {
			could = append(could, "'"+other+"'")
		}
	}
	w := wrongs{}
	w.add("actions", fmt.Sprintf("Action '%s' not allowed from current state '%s'. Available actions: [%s].",
		kind, b.state, strings.Join(could, ", ")), "action_not_allowed")
	return w.err()
}

// move does it and writes it down.
func (c *call) move(b *bicycle, a action) {
	b.state = moves[a.kind][b.state]
	b.reservation, b.rental = nil, nil
	held := &hold{record: freshRecord(c.now), user: a.user}
	switch a.kind {
	case reserve:
		b.reservation = held
	case rent:
		b.rental = held
	}
	done := a.kind
	if done == giveBack {
		done = "return_"
	}
	b.log = append([]transition{{c.now, b.state, done, c.caller.user}}, b.log...)
	b.touch(c.now)
}
