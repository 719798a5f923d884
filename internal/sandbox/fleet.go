package sandbox

// A fleet is what the API shows but for people and client applications.
// Bicycles, support tickets and zones change, under the sandbox's lock.
type fleet struct {
	tree     []*organization // depth first, a parent before its descendants
	users    []string        // riders and staff
	models   []*model
	spares   []*device  // those that are on no bicycle
	zones    []*zone    // the newest first
	bicycles []*bicycle // the newest first
	trips    []*trip    // the most recently processed first
	tickets  []*ticket  // the newest first
	city     *city
}

// main is the organization of the practice client applications.
func (f *fleet) main() *organization { return f.tree[0] }

// organization is the one with a uuid, nil if there is none.
func (f *fleet) organization(uuid string) *organization {
	for _, o := range f.tree {
		if o.uuid == uuid {
			return o
		}
	}
	return nil
}

// within says whether o is the organization with a uuid or a descendant.
func (o *organization) within(uuid string) bool {
	for ; o != nil; o = o.parent {
		if o.uuid == uuid {
			return true
		}
	}
	return false
}

// sees says whether the caller's organization is o or above it.
func (c *call) sees(o *organization) bool { return c.caller != nil && o.within(c.caller.organization) }

// byUUID is the row with the identifier in the path. The filters of the
// list apply to it as well. Name is the resource's in Noa's error text.
func byUUID[T recorded](c *call, rows []T, pass func(T) bool, name string) (T, error) {
	var none T
	id, ok := parseUUID(c.id)
	if !ok {
		return none, notFound(generalNotFound)
	}
	for _, row := range rows {
		if row.base().uuid == id && pass(row) {
			return row, nil
		}
	}
	return none, notFound("No " + name + " matches the given query.")
}

// generalNotFound is the text where no object was looked for.
const generalNotFound = "Not found."
