package sandbox

import "time"

const (
	trackStep   = 12 * time.Second
	maxTrack    = 600 // points
	trackNoise  = 2.2 // metres a step
	trackReturn = 0.8 // share of the drift that stays
)

// rawTrack is what the device sent while it followed the route: a point
// every few seconds with slowly drifting noise, sometimes a stretch lost.
func (t *trip) rawTrack() []point {
	dice := newChance(t.track, 1)
	n := max(1, min(int(t.duration/trackStep), maxTrack))
	from, to := lostStretch(dice, n)
	length := 0.0
	for i := range len(t.way.Line) - 1 {
		length += metres(t.way.Line[i], t.way.Line[i+1])
	}
	var out []point
	var east, north float64
	for i := range n + 1 {
		east = east*trackReturn + dice.NormFloat64()*trackNoise
		north = north*trackReturn + dice.NormFloat64()*trackNoise
		if i <= from || i >= to {
			out = append(out, t.way.at(length*float64(i)/float64(n)).moved(east, north))
		}
	}
	return out
}

// lostStretch is the stretch without signal; it never holds an end.
func lostStretch(dice chance, n int) (from, to int) {
	if n < 12 || !dice.hits(0.2) {
		return n, n
	}
	from = 1 + dice.IntN(n/2)
	return from, min(n, from+n/8+dice.IntN(n/8+1))
}

// at is the point so many metres along the line.
func (r *route) at(along float64) point {
	for i := range len(r.Line) - 1 {
		step := metres(r.Line[i], r.Line[i+1])
		if along <= step && step > 0 {
			return r.Line[i].between(r.Line[i+1], along/step)
		}
		along -= step
	}
	return r.end()
}
