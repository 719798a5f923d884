package sandbox

import (
	"net/http"
	"slices"
)

// fillBicycle takes over what was sent. Complaints about members come first;
// then rights; then the name among the others.
func (c *call) fillBicycle(b *bicycle, sent body, whole bool) error {
	w := wrongs{}
	if o := c.linkedOrganization(sent, whole, w); o != nil {
		b.organization = o
	}
	if !sent.has("name") && whole {
		w.add("name", "This field is required.", "required")
	}
	sent.line("name", &b.name, w)
	sent.line("serial_number", &b.serial, w)
	b.fillTexts(sent, w)
	c.fillModel(b, sent, w)
	c.fillDevice(b, sent, "lock", "locks", &b.noa, w)
	c.fillDevice(b, sent, "axa_lock", "axa_locks", &b.axa, w)
	sent.checkVersion(w)
	switch {
	case len(w) > 0:
		return w.err()
	case !c.sees(b.organization):
		return foreignOrganization()
	}
	return c.checkBicycleName(b)
}

// line reads a short text, which may be empty.
func (b body) line(member string, into *string, w wrongs) {
	if text, given := b.text(member, w); given {
		checkLength(member, text, maxName, w)
		*into = text
	}
}

// fillTexts reads the long texts. Only the note may be null.
func (b *bicycle) fillTexts(sent body, w wrongs) {
	if text, given := sent.text("description", w); given {
		b.description = text
	}
	if value, given := sent["note"]; given && value == nil {
		b.note = ""
	} else if text, given := sent.text("note", w); given {
		b.note = text
	}
}

func (c *call) fillModel(b *bicycle, sent body, w wrongs) {
	uuid, given := c.linked(sent, "model", "bicycle_models", w)
	if !given || len(w["model"]) > 0 {
		return
	}
	at := slices.IndexFunc(c.fleet.models, func(m *model) bool { return m.uuid == uuid })
	switch {
	case uuid == "":
		b.model = nil
	case at < 0:
		w.add("model", noSuchObject().message, noSuchObject().code)
	default:
		b.model = c.fleet.models[at]
	}
}

// fillDevice changes a lock, which Noa allows only while nobody can ride.
func (c *call) fillDevice(b *bicycle, sent body, member, collection string, place **device, w wrongs) {
	uuid, given := c.linked(sent, member, collection, w)
	have := ""
	if *place != nil {
		have = (*place).uuid
	}
	switch {
	case !given || len(w[member]) > 0 || uuid == have:
	case b.state != inMaintenance && b.state != retired:
		w.add(member, "The lock can only be changed in maintenance or when retired.", "inconsistent")
	case uuid == "":
		*place = nil
	default:
		c.attach(b, uuid, member, place, w)
	}
}

// attach takes a device from the shelf, on which it stays until all is well.
func (c *call) attach(b *bicycle, uuid, member string, place **device, w wrongs) {
	axa := member == "axa_lock"
	at := slices.IndexFunc(c.fleet.spares, func(d *device) bool { return d.uuid == uuid && d.isAXA() == axa })
	switch {
	case at < 0 && c.isAttached(uuid):
		w.add(member, "This field must be unique.", "unique")
	case at < 0:
		w.add(member, noSuchObject().message, noSuchObject().code)
	case b.organization == nil || c.fleet.spares[at].owner != b.organization.uuid:
		w.add(member, "The lock belongs to another organization.", "inconsistent")
	default:
		taken := *c.fleet.spares[at]
		taken.paired = c.now
		*place = &taken
	}
}

func (c *call) isAttached(uuid string) bool {
	return slices.ContainsFunc(c.fleet.bicycles, func(b *bicycle) bool {
		return b.noa != nil && b.noa.uuid == uuid || b.axa != nil && b.axa.uuid == uuid
	})
}

// checkBicycleName refuses a name that another one of the organization has.
func (c *call) checkBicycleName(b *bicycle) error {
	taken := slices.ContainsFunc(c.fleet.bicycles, func(other *bicycle) bool {
		return other.uuid != b.uuid && other.organization == b.organization && other.name == b.name
	})
	if !taken {
		return nil
	}
	return general(http.StatusBadRequest, "The fields organization, name must make a unique set.", "unique")
}
