package sandbox

import "time"

// A transition is one change of a bicycle's state.
type transition struct {
	at     time.Time
	state  string // the one reached
	action string
	by     string // user, "" for the system
}

type transitionWire struct {
	Timestamp  string  `json:"timestamp"`
	State      string  `json:"state"`
	Transition string  `json:"transition"`
	By         *string `json:"by"`
}

// transitions lists a bicycle's changes of state, the newest first.
func (c *call) transitions() (answer, error) {
	q, err := c.bicycleQuery()
	if err != nil {
		return answer{}, err
	}
	b, err := byUUID(c, c.fleet.bicycles, q.pass, "Bicycle")
	if err != nil {
		return answer{}, err
	}
	return page(c, b.log, func(t transition) any {
		return transitionWire{stamp(t.at), t.state, t.action, c.linkOrNull("users", t.by)}
	})
}
