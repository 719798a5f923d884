package noa

import (
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
)

// What of Noa's answers is kept, in memory only; see docs/noa.md, "Limits of the desk".
const (
	maxKept    = 32 << 20 // bytes as they came and rows as they are held, of all organizations
	maxKeptOne = 4 << 20
	keptFor    = 12 * time.Hour // nobody works with what is older
)

// A reading is what Noa answered to a read, decoded.
type reading struct {
	value   any
	size    int
	etag    string
	fetched time.Time
	place   string // where it is kept
	changes int64  // of its organization when it was asked for
}

// A shelf keeps the last good answer to each read, to show it again for a
// moment, or for as long as Noa does not answer.
type shelf struct {
	cache *otter.Cache[string, reading]
	keep  time.Duration // an answer this young is not asked for again
}

func newShelf(keep time.Duration) *shelf {
	return &shelf{keep: keep, cache: otter.Must(&otter.Options[string, reading]{
		MaximumWeight: maxKept,
		Weigher:       func(key string, r reading) uint32 { return uint32(len(key) + r.size) },
		Executor:      func(work func()) { work() },
	})}
}

// footprint is what the rows of a list take beyond their text: an almost empty row is short to send and long to hold.
func footprint(value any) int {
	if rows, ok := value.(interface{ footprint() int }); ok {
		return rows.footprint()
	}
	return 0
}

// place is where the answer to a read is kept: by organization and granted
// scopes, since another key may see another part.
func place(organization string, granted Scopes, r request) string {
	var b strings.Builder
	b.WriteString(organization)
	for _, s := range granted {
		b.WriteString(" " + string(s))
	}
	return b.String() + "\n" + join(r.path) + "?" + r.query.Encode()
}

// young is the answer if it is so new that Noa need not be asked again.
func (s *shelf) young(place string, changes int64) (reading, bool) {
	if s.keep <= 0 {
		return reading{}, false
	}
	r, ok := s.cache.GetIfPresent(place)
	return r, ok && r.changes == changes && time.Since(r.fetched) < s.keep
}

// last is the last good answer, up to half a day old.
func (s *shelf) last(place string) (reading, bool) {
	r, ok := s.cache.GetIfPresent(place)
	return r, ok && time.Since(r.fetched) < keptFor
}

// put keeps an answer, unless one is there that was asked for after a later change.
func (s *shelf) put(r reading) {
	s.cache.Compute(r.place, func(there reading, found bool) (reading, otter.ComputeOp) {
		switch {
		case found && there.changes > r.changes:
			return there, otter.CancelOp
		case r.size > maxKeptOne:
			return r, otter.InvalidateOp
		}
		return r, otter.WriteOp
	})
}
