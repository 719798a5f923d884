package sandbox

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"time"
)

// chance makes the practice data: the same seed, the same data.
type chance struct{ *rand.Rand }

func newChance(seed, stream uint64) chance { return chance{rand.New(rand.NewPCG(seed, stream))} }

// hits is true with probability p.
func (c chance) hits(p float64) bool { return c.Float64() < p }

func (c chance) between(low, high float64) float64 { return low + (high-low)*c.Float64() }

// span is a duration between two, in whole microseconds.
func (c chance) span(low, high time.Duration) time.Duration {
	return (low + time.Duration(c.Float64()*float64(high-low))).Truncate(time.Microsecond)
}

// wait is a duration that is mostly short and sometimes long.
func (c chance) wait(mean time.Duration) time.Duration {
	return time.Duration(min(c.ExpFloat64(), 6) * float64(mean)).Truncate(time.Microsecond)
}

func (c chance) uuid() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], c.Uint64())
	binary.BigEndian.PutUint64(b[8:], c.Uint64())
	return formatUUID(b)
}

// code is a text of n characters out of an alphabet.
func (c chance) code(alphabet string, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = alphabet[c.IntN(len(alphabet))]
	}
	return string(out)
}

const (
	hexDigits     = "0123456789ABCDEF"
	lettersDigits = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"
)

// near is a point up to so many metres away.
func (c chance) near(p point, reach float64) point {
	angle, away := c.between(0, 2*math.Pi), c.between(0, reach)
	return p.moved(away*math.Cos(angle), away*math.Sin(angle))
}

func pick[T any](c chance, from []T) T { return from[c.IntN(len(from))] }

// tenth rounds to one decimal, as devices report.
func tenth(f float64) float64 { return math.Round(f*10) / 10 }
