package staff

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// A cost is what one hash of a password takes.
type cost struct {
	memory  uint32 // KiB
	rounds  uint32
	threads uint8
}

// usualCost is OWASP's floor for argon2id: 19 MiB, about 40 ms.
var usualCost = cost{19 << 10, 2, 1}

const hashLen, saltLen = 32, 16

// A hash is a password as it is stored, with what it was made with.
type hash struct {
	cost
	salt, sum []byte
}

func (c cost) hash(password string) hash {
	h := hash{cost: c, salt: make([]byte, saltLen)}
	_, _ = rand.Read(h.salt) // never fails: it would end the program
	h.sum = h.of(password)
	return h
}

func (h hash) of(password string) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.rounds, h.memory, h.threads, hashLen)
}

func (h hash) fits(password string) bool {
	return subtle.ConstantTimeCompare(h.of(password), h.sum) == 1
}

// unfitting takes as long to compare as any other, and fits no password: it
// stands for people who are not there.
func (c cost) unfitting() hash {
	h := hash{cost: c, salt: make([]byte, saltLen), sum: make([]byte, hashLen)}
	_, _ = rand.Read(h.salt)
	_, _ = rand.Read(h.sum)
	return h
}

// String writes the hash in PHC's form.
func (h hash) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.rounds, h.threads, b64(h.salt), b64(h.sum))
}

var errHash = errors.New("staff: stored password is damaged")

// parseHash reads PHC's form, within bounds that a change of the table cannot
// turn into a sign-in that takes all memory.
func parseHash(text string) (hash, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return hash{}, errHash
	}
	var h hash
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.rounds, &h.threads); err != nil {
		return hash{}, errHash
	}
	var saltErr, sumErr error
	h.salt, saltErr = base64.RawStdEncoding.DecodeString(parts[4])
	h.sum, sumErr = base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || sumErr != nil || len(h.sum) != hashLen || h.threads < 1 || h.rounds < 1 || h.rounds > 100 || h.memory > 1<<20 {
		return hash{}, errHash
	}
	return h, nil
}

// below says whether a hash was made with less than what is asked for now.
func (h hash) below(c cost) bool { return h.memory < c.memory || h.rounds < c.rounds }

// A password may be this long. It is the only factor, so it is longer than where there are two.
const leastPassword, mostPassword = 15, 256

// checkPassword asks for length, not for odd characters, and does not count
// what somebody would try first.
func checkPassword(password, email string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return Invalid{"password", "The password holds characters that cannot be read."}
	case n < leastPassword:
		return Invalid{"password", fmt.Sprintf("The password has fewer than %d characters.", leastPassword)}
	case n > mostPassword:
		return Invalid{"password", fmt.Sprintf("The password has more than %d characters.", mostPassword)}
	case utf8.RuneCountInString(unguessed(password, email)) < leastPassword/2:
		return Invalid{"password", "Little of the password is left without the e-mail address and the name of this program, which are tried first."}
	}
	return nil
}

// unguessed is what is left of a password without the words that are tried first.
func unguessed(password, email string) string {
	local, _, _ := strings.Cut(email, "@")
	rest := strings.ReplaceAll(strings.ToLower(password), "noadesk", "")
	if len(local) >= 3 {
		rest = strings.ReplaceAll(rest, local, "")
	}
	return rest
}

// Hashing takes memory, so that only a few are done at a time and only so many
// wait for it.
type slots struct {
	busy  chan struct{}
	queue chan struct{}
}

func newSlots(busy, waiting int) slots {
	return slots{make(chan struct{}, busy), make(chan struct{}, busy+waiting)}
}

// take waits for a slot; with too many waiting already it is [ErrBusy].
func (s slots) take(ctx context.Context) (free func(), err error) {
	select {
	case s.queue <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	select {
	case s.busy <- struct{}{}:
		return func() { <-s.busy; <-s.queue }, nil
	case <-ctx.Done():
		<-s.queue
		return nil, ctx.Err()
	}
}
