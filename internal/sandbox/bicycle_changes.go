package sandbox

import (
	"crypto/rand"
	"math/big"
	"net/http"
	"slices"
)

// createBicycle adds one, which begins in maintenance.
func (c *call) createBicycle() (answer, error) {
	sent, err := c.body()
	if err != nil {
		return answer{}, err
	}
	b := &bicycle{state: inMaintenance}
	if err := c.fillBicycle(b, sent, true); err != nil {
		return answer{}, err
	}
	b.record, b.short = freshRecord(c.now), freshCode()
	c.takeSpares(nil, b)
	c.fleet.bicycles = slices.Insert(c.fleet.bicycles, 0, b)
	return answer{
		status:   http.StatusCreated,
		body:     c.cut(c.bicycleWire(b, nil)),
		location: c.link("bicycles", b.uuid),
	}, nil
}

// changeBicycle is PUT and PATCH; only PUT needs the required members.
func (c *call) changeBicycle() (answer, error) {
	b, err := c.findBicycle()
	if err != nil {
		return answer{}, err
	}
	sent, err := c.body()
	if err != nil {
		return answer{}, err
	}
	changed := *b
	if err := c.fillBicycle(&changed, sent, c.method() == put); err != nil {
		return answer{}, err
	}
	if !sent.fits(b.version) {
		return answer{}, conflict()
	}
	c.takeSpares(b, &changed)
	*b = changed
	b.touch(c.now)
	return found(c.cut(c.bicycleWire(b, nil))), nil
}

func (c *call) findBicycle() (*bicycle, error) {
	q, err := c.bicycleQuery()
	if err != nil {
		return nil, err
	}
	return byUUID(c, c.fleet.bicycles, q.pass, "Bicycle")
}

// takeSpares keeps the shelf true: what the bicycle got is no longer on it,
// and what it lost is. Old is nil for a new bicycle.
func (c *call) takeSpares(old, changed *bicycle) {
	on := func(d *device) bool {
		return changed.noa != nil && changed.noa.uuid == d.uuid || changed.axa != nil && changed.axa.uuid == d.uuid
	}
	c.fleet.spares = slices.DeleteFunc(slices.Clone(c.fleet.spares), on)
	if old == nil {
		return
	}
	for _, d := range []*device{old.noa, old.axa} {
		if d != nil && !on(d) {
			loose := *d
			loose.owner = changed.organization.uuid
			c.fleet.spares = append(c.fleet.spares, &loose)
		}
	}
}

// freshCode is a short public code that nobody has.
func freshCode() string {
	out := make([]byte, 12)
	for i := range out {
		at, err := rand.Int(rand.Reader, big.NewInt(int64(len(lettersDigits))))
		if err != nil {
			panic(err) // the system's randomness does not fail
		}
		out[i] = lettersDigits[at.Int64()]
	}
	return string(out)
}
