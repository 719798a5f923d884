package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A column is what a row is sorted by. Nulls come last in both directions.
type column struct {
	null   bool
	number float64
	text   string
}

func textColumn(s string) column { return column{text: s} }

func timeColumn(t time.Time) column {
	return column{null: t.IsZero(), number: float64(t.UnixMicro())}
}

func numberColumn(f *float64) column {
	if f == nil {
		return column{null: true}
	}
	return column{number: *f}
}

func (a column) compare(b column, sign int) int {
	if a.null || b.null {
		return compareBool(a.null, b.null)
	}
	return sign * cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.text, b.text))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// columns are what a resource can be ordered by.
type columns[T any] map[string]func(T) column

// A key is one name of the parameter ordering.
type key[T any] struct {
	column func(T) column
	sign   int
}

// order reads the parameter ordering. Rows that are equal keep the default
// order; without the parameter there is nothing to do.
func order[T any](f *filters, have columns[T]) func([]T) {
	var keys []key[T]
	for _, name := range f.list("ordering") {
		plain, down := strings.CutPrefix(name, "-")
		k := key[T]{have[plain], 1}
		if k.column == nil {
			f.badChoice("ordering", name)
			break
		}
		if down {
			k.sign = -1
		}
		keys = append(keys, k)
	}
	return func(rows []T) { sortBy(rows, keys) }
}

// sortBy reads every column once, not at each comparison.
func sortBy[T any](rows []T, keys []key[T]) {
	type ranked struct {
		row T
		by  []column
	}
	if len(keys) == 0 {
		return
	}
	entries := make([]ranked, len(rows))
	for i, row := range rows {
		entries[i] = ranked{row, make([]column, len(keys))}
		for j, k := range keys {
			entries[i].by[j] = k.column(row)
		}
	}
	slices.SortStableFunc(entries, func(a, b ranked) int {
		for j, k := range keys {
			if c := a.by[j].compare(b.by[j], k.sign); c != 0 {
				return c
			}
		}
		return 0
	})
	for i, entry := range entries {
		rows[i] = entry.row
	}
}
