package sandbox

import (
	"fmt"
	"strconv"
	"time"
)

// A plan is a bicycle in the making: what it is to be like.
type plan struct {
	*bicycle
	oddity
	since time.Time // when it came into its state; for an available one see seen
	seen  time.Time // last message; zero if it never sent one
	trips []*trip   // the newest first
}

// An oddity is something that happens in a fleet and that programs get
// wrong. The zero value is an ordinary bicycle.
type oddity struct {
	name        string // "" is a number; "-" is no name at all
	state       string // "" is by the shares of the fleet
	part        bool   // belongs to the descendant
	bare        bool   // no model, no device, never reported
	silent      bool   // has a device that never reported
	axaOnly     bool   // no Noa device
	nowhere     bool   // position 0, 0
	empty       bool   // 0 % charge
	vague       bool   // position known to 48 km
	forgotten   bool   // last message weeks ago
	wontUnlock  bool   // three short trips in a row
	cargo       bool
	description string
	note        string
}

// oddities are the first bicycles of the practice fleet.
var oddities = []oddity{
	{name: "4711", state: available, wontUnlock: true, note: "Lock sticks.\nGrease ordered, see workshop list."},
	{name: "Lastenrad Müller-3", state: available, cargo: true, description: "Box 80 × 60 cm\nTwo child seats"},
	{name: "Größe XL 2", state: available, description: "Frame 64 cm"},
	{name: "Zoë", state: rented},
	{name: "Қазақ 12", state: reserved, part: true},
	{name: "-", state: inMaintenance, note: "Number plate torn off"},
	{name: "2042", state: available},
	{name: "2042", state: available, part: true},
	{state: inMaintenance, bare: true},
	{state: inMaintenance, bare: true, part: true},
	{state: inMaintenance, silent: true},
	{state: inMaintenance, axaOnly: true},
	{state: lost, nowhere: true, note: "Tracker reports 0, 0 since the firmware update"},
	{state: lost, vague: true, note: "Last seen near Nurly Zhol Station\nPolice informed"},
	{state: available, empty: true},
	{state: rented, empty: true},
	{state: available, vague: true},
	{state: available, forgotten: true},
	{state: unrecoverable, note: "On a building site behind a fence; owner does not answer.\n\nTry again in spring."},
	{state: retired, note: "Frame broken"},
}

// shares of the states in the fleet, in percent; the rest is available.
var shares = []struct {
	state   string
	percent int
}{{rented, 10}, {inMaintenance, 9}, {lost, 4}, {retired, 4}, {reserved, 3}, {unrecoverable, 3}}

// makeBicycles makes so many bicycles. The first owner has the oddities;
// the second one, if there is one, has every seventh of the others.
func (s *seeder) makeBicycles(owners []*organization, count int) []*plan {
	names := s.numbers(count)
	out := make([]*plan, count)
	for i := range out {
		p := &plan{bicycle: &bicycle{organization: owners[0], state: s.state()}}
		if i < len(oddities) && len(owners) > 1 {
			p.oddity = oddities[i]
		}
		if len(owners) > 1 && (p.part || i >= len(oddities) && i%7 == 0) {
			p.organization = owners[1]
		}
		s.shape(p, names[i])
		out[i] = p
	}
	return out
}

// numbers are different number plates, mostly of four digits.
func (s *seeder) numbers(count int) []string {
	first := 1000
	out := make([]string, 0, count)
	for _, n := range s.Perm(max(8999, 2*count))[:count+2] {
		number := strconv.Itoa(first + n)
		if number != "4711" && number != "2042" {
			out = append(out, number)
		}
	}
	return out
}

func (s *seeder) state() string {
	percent := s.IntN(100)
	for _, share := range shares {
		if percent -= share.percent; percent < 0 {
			return share.state
		}
	}
	return available
}

// shape fills in what does not change while the bicycle is in use.
func (s *seeder) shape(p *plan, number string) {
	b, age := p.bicycle, s.span(40*day, 900*day)
	if p.oddity.state != "" {
		b.state = p.oddity.state
	}
	if p.bare || p.silent {
		age = s.span(6*hour, 60*hour)
	}
	b.record = s.record(s.ago(age), s.ago(age))
	b.serial = fmt.Sprintf("KLN%s-%06d", b.created.Format("06"), s.IntN(1_000_000))
	b.short = s.code(lettersDigits, 12)
	b.name, b.description, b.note = number, s.describe(p), p.oddity.note
	switch p.oddity.name {
	case "":
	case "-":
		b.name = ""
	default:
		b.name = p.oddity.name
	}
	s.equip(p)
	s.setTimes(p)
}

var descriptions = []string{"Step-through frame, front basket", "Winter tyres", "Child seat, rear", "Basket replaced"}

func (s *seeder) describe(p *plan) string {
	if p.oddity.description == "" && s.hits(0.15) {
		return pick(s.chance, descriptions)
	}
	return p.oddity.description
}

// equip gives the bicycle its model, devices and tags.
func (s *seeder) equip(p *plan) {
	if p.bare {
		p.serial = ""
		return
	}
	p.model = s.models[s.IntN(3)]
	if p.cargo || s.hits(0.06) {
		p.model = s.models[3]
	}
	kind := "lock"
	if s.hits(0.35) {
		kind = "tracker"
	}
	paired := p.created.Add(s.span(10*time.Minute, 3*hour))
	if !p.axaOnly {
		p.noa = &device{s.uuid(), kind, "NOA" + s.code(hexDigits, 9), paired, ""}
	}
	if p.axaOnly || kind == "tracker" && s.hits(0.5) {
		p.axa = &device{s.uuid(), "lock", "AXA:" + s.code(hexDigits, 20), paired.Add(3 * time.Minute), ""}
	}
	s.label(p)
}

var labels = []struct{ name, color string }{
	{"winter tyres", "#2b7de9"}, {"campus", "#0f9d58"}, {"vip", ""}, {"спецзаказ", "#a142f4"},
}

func (s *seeder) label(p *plan) {
	for i, label := range labels {
		if s.hits(0.05) {
			declaration := formatUUID([16]byte{0: 0x7a, 15: byte(i)})
			p.tags = append(p.tags, tag{s.uuid(), declaration, label.name, label.color})
		}
	}
}

// setTimes decides when the bicycle came into its state and when it was
// last heard of; its trips end before that.
func (s *seeder) setTimes(p *plan) {
	p.seen = s.ago(s.span(20*time.Second, 40*time.Minute))
	switch p.bicycle.state {
	case available:
		p.seen = s.ago(s.silence(p))
		p.since = p.seen
	case rented:
		p.since = s.ago(s.span(3*time.Minute, 70*time.Minute))
		p.seen = s.ago(s.span(5*time.Second, 2*time.Minute))
	case reserved:
		p.since = s.ago(s.span(time.Minute, 14*time.Minute))
	case inMaintenance:
		p.since = s.ago(s.span(2*hour, 12*day))
	case lost:
		p.since = s.ago(s.span(2*day, 30*day))
		p.seen = p.since.Add(-s.span(6*hour, 4*day))
	case unrecoverable:
		p.since = s.ago(s.span(2*day, 20*day))
		p.seen = s.ago(s.span(20*time.Minute, 30*hour))
	case retired:
		p.since = s.ago(s.span(10*day, 35*day))
		p.seen = p.since.Add(-s.span(hour, 2*day))
	}
	if p.bare || p.silent || p.axaOnly {
		p.seen = time.Time{}
	}
}

// silence is how long an available bicycle has sent nothing.
func (s *seeder) silence(p *plan) time.Duration {
	dice := s.Float64()
	switch {
	case p.wontUnlock:
		return 90 * time.Second
	case p.forgotten || dice < 0.04:
		return s.span(15*day, 45*day)
	case dice < 0.10:
		return s.span(day, 7*day)
	case dice < 0.22:
		return s.span(hour, 20*hour)
	}
	return s.span(30*time.Second, 45*time.Minute)
}
