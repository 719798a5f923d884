package noa

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// An Action moves a bicycle from one state to another, in Noa's own word.
type Action string

// The actions of docs/noa.md, "Actions". Those of the system, such as
// expire_reservation, are not among them: Noa lets nobody ask for them.
const (
	DeclareAvailable      Action = "declare_available" // needs a Noa device on the bicycle
	PutInMaintenance      Action = "put_in_maintenance"
	TakeOver              Action = "take_over" // to the workshop, from there too
	DeclareLost           Action = "declare_lost"
	DeclareUnrecoverable  Action = "declare_unrecoverable"
	Reserve               Action = "reserve"
	CancelReservation     Action = "cancel_reservation" // only by whoever reserved
	Rent                  Action = "rent"
	Return                Action = "return"                   // only by whoever rented
	ForcePutInMaintenance Action = "force_put_in_maintenance" // ends what a rider has, and brings back what is retired
	Retire                Action = "retire"                   // needs the bicycle to be without any device
)

// Actions are all actions that a client application can ask for.
var Actions = []Action{
	DeclareAvailable, PutInMaintenance, TakeOver, DeclareLost, DeclareUnrecoverable, Reserve, CancelReservation,
	Rent, Return, ForcePutInMaintenance, Retire,
}

// Known says whether a is one of [Actions].
func (a Action) Known() bool { return slices.Contains(Actions, a) }

// A MoveOptions says more about an action. The zero value is enough for most.
type MoveOptions struct {
	User             string        // uuid, whom to reserve or rent for; "" is the client application itself
	Duration         time.Duration // of a reservation, in whole seconds; 0 is Noa's choice
	SubscriptionPlan string        // uuid, to rent by
	PricingScheme    string        // uuid, to rent by; not together with a plan
}

// Move acts on a bicycle and gives it in its new state. It needs [BicycleWrite].
// It is never repeated by itself: [ErrUnknownOutcome] says that the bicycle has
// to be read again. An action that is not possible from the present state is
// [ErrInvalid] with the code "action_not_allowed"; one that something else
// forbids has that code.
func (f *Fleet) Move(ctx context.Context, uuid string, a Action, o MoveOptions) (Bicycle, error) {
	if wrong := o.problems(a); len(wrong) > 0 {
		return Bicycle{}, moving(uuid).invalid(wrong)
	}
	return send[Bicycle](ctx, f, http.MethodPost, BicycleWrite, o.body(f, a, false), moving(uuid).path...)
}

// TryMove asks Noa whether [Fleet.Move] would do it, which changes nothing. It
// needs [BicycleWrite]. Its errors are those of Move.
func (f *Fleet) TryMove(ctx context.Context, uuid string, a Action, o MoveOptions) error {
	r := moving(uuid)
	r.trial = true
	if wrong := o.problems(a); len(wrong) > 0 {
		return r.invalid(wrong)
	}
	r, err := r.with(o.body(f, a, true))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.noa.limit)
	defer cancel()
	got, err := f.fetch(ctx, r)
	if err == nil && got.status != http.StatusNoContent {
		err = notTried(got)
	}
	return err
}

// moving is an action on its way to a bicycle, without its body.
func moving(uuid string) request {
	return request{method: http.MethodPost, scope: BicycleWrite, path: []string{"bicycles", uuid, "actions"}}
}

// notTried is the error where Noa answered a trial as it answers what it did: nobody knows whether it only tried.
func notTried(a answer) error {
	a.request.trial = false
	return a.failure(nil)
}

// moveBody is an action on its way to Noa.
type moveBody struct {
	Type             Action `json:"type"`
	DryRun           bool   `json:"dry_run,omitempty"`
	User             string `json:"user,omitempty"`
	Duration         int64  `json:"duration,omitempty"` // seconds
	SubscriptionPlan string `json:"subscription_plan,omitempty"`
	PricingScheme    string `json:"pricing_scheme,omitempty"`
}

func (o MoveOptions) body(f *Fleet, a Action, trial bool) moveBody {
	return moveBody{
		Type: a, DryRun: trial, Duration: int64(o.Duration / time.Second),
		User:             f.linkTo("users", o.User),
		SubscriptionPlan: f.linkTo("subscription_plans", o.SubscriptionPlan),
		PricingScheme:    f.linkTo("pricing_schemes", o.PricingScheme),
	}
}

// problems are what Noa would refuse, and what it would take without heeding it.
func (o MoveOptions) problems(a Action) []Problem {
	wrong := slices.Concat(
		notAUUID("user", o.User), notAUUID("subscription_plan", o.SubscriptionPlan), notAUUID("pricing_scheme", o.PricingScheme))
	if !a.Known() {
		wrong = append(wrong, Problem{Path: "type", Message: "There is no action of that name.", Code: "invalid_choice"})
	}
	if o.User != "" && a != Reserve && a != Rent {
		wrong = append(wrong, Problem{Path: "user", Message: "Only a reservation or a rental is for somebody.", Code: "invalid"})
	}
	if o.Duration != 0 && (a != Reserve || o.Duration < time.Second) {
		wrong = append(wrong, Problem{Path: "duration", Message: "Only a reservation has a duration, of a second at least.", Code: "invalid"})
	}
	if (o.SubscriptionPlan != "" || o.PricingScheme != "") && a != Rent || o.SubscriptionPlan != "" && o.PricingScheme != "" {
		wrong = append(wrong, Problem{Path: "pricing_scheme", Message: "A rental, and nothing else, has one price or one plan.", Code: "invalid"})
	}
	return wrong
}
