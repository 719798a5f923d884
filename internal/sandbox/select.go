package sandbox

import (
	"slices"
	"time"
)

// A record is what all resources have.
type record struct {
	uuid              string
	created, modified time.Time
	version           int64
}

func (r *record) base() *record { return r }

func freshRecord(now time.Time) record { return record{randomUUID(), now, now, now.UnixMicro()} }

// touch marks a write.
func (r *record) touch(now time.Time) {
	r.modified, r.version = now, max(now.UnixMicro(), r.version+1)
}

type recorded interface{ base() *record }

// tests are what a row must pass to be in an answer.
type tests[T any] []func(T) bool

func (t *tests[T]) add(test func(T) bool) { *t = append(*t, test) }

// addIf adds a test if a filter was given.
func (t *tests[T]) addIf(given bool, test func(T) bool) {
	if given {
		t.add(test)
	}
}

func (t tests[T]) pass(row T) bool {
	for _, test := range t {
		if !test(row) {
			return false
		}
	}
	return true
}

func (t tests[T]) choose(rows []T) []T {
	var out []T
	for _, row := range rows {
		if t.pass(row) {
			out = append(out, row)
		}
	}
	return out
}

// commonTests are the filters that every list has.
func commonTests[T recorded](f *filters) (t tests[T]) {
	after, since := f.epoch("created_after"), f.epoch("modified_since")
	created, modified := f.moment("created"), f.moment("modified")
	t.addIf(!after.IsZero(), func(row T) bool { return row.base().created.After(after) })
	t.addIf(!since.IsZero(), func(row T) bool { return !lastChange(row).Before(since) })
	t.addIf(!created.IsZero(), func(row T) bool { return row.base().created.Equal(created) })
	t.addIf(!modified.IsZero(), func(row T) bool { return row.base().modified.Equal(modified) })
	if f.text("uuid") != "" {
		ids := f.uuidList()
		t.add(func(row T) bool { return slices.Contains(ids, row.base().uuid) })
	}
	return t
}

// lastChange is the time that modified_since means, which can be later than
// the member modified.
func lastChange(row recorded) time.Time {
	if b, ok := row.(*bicycle); ok && b.fix != nil && b.fix.at.After(b.modified) {
		return b.fix.at
	}
	return row.base().modified
}

// uuidList reads the parameter uuid, whose errors have no name of their own.
func (f *filters) uuidList() []string {
	var out []string
	for _, text := range f.list("uuid") {
		id, ok := parseUUID(text)
		if !ok {
			f.wrong.add("non_field_errors", "Enter a valid UUID.", "invalid")
			return nil
		}
		out = append(out, id)
	}
	return out
}

// commonColumns are what every list can be ordered by.
func commonColumns[T recorded](more columns[T]) columns[T] {
	out := columns[T]{
		"created":  func(row T) column { return timeColumn(row.base().created) },
		"modified": func(row T) column { return timeColumn(row.base().modified) },
		"uuid":     func(row T) column { return textColumn(row.base().uuid) },
	}
	for name, column := range more {
		out[name] = column
	}
	return out
}

// organizationTest is the filter by exactly one organization.
func organizationTest[T any](f *filters, t *tests[T], of func(T) string) {
	id := f.uuid("organization")
	t.addIf(id != "", func(row T) bool { return of(row) == id })
}

// organizationsTest is the filter by a comma list. Malformed entries are
// dropped; if none is left the filter is off.
func organizationsTest[T any](f *filters, t *tests[T], of func(T) string) {
	var ids []string
	for _, text := range f.list("organizations") {
		if id, ok := parseUUID(text); ok {
			ids = append(ids, id)
		}
	}
	t.addIf(len(ids) > 0, func(row T) bool { return slices.Contains(ids, of(row)) })
}
