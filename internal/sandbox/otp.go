package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// otpLimit is how many calls a minute a caller has for one bicycle.
const otpLimit = 6

type otpWire struct {
	Ekey       string   `json:"ekey"`
	OTPs       []string `json:"otps"`
	Expiration string   `json:"expiration"`
}

// otp gives passwords for an AXA lock to whoever made the bicycle's last
// transition. To all others the bicycle has none.
func (c *call) otp() (answer, error) {
	if err := c.throttled("otp "+c.id, otpLimit); err != nil {
		return answer{}, err
	}
	b, err := c.findBicycle()
	if err != nil {
		return answer{}, err
	}
	if b.axa == nil || !c.movedLast(b) {
		return answer{}, notFound(generalNotFound)
	}
	f := c.filters()
	number, hours, slot := f.integer("number", 1, 100), f.integer("hours", 1, 720), f.integer("slot", 3, 7)
	if number == nil && len(f.wrong) == 0 {
		f.wrong.add("number", "This field is required.", "required")
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	return found(c.passwords(b, *number, orElse(hours, 2), orElse(slot, 0))), nil
}

// passwords are good for nothing, like the lock, but look like Noa's.
func (c *call) passwords(b *bicycle, number, hours, slot int) otpWire {
	end := stamp(c.now.Add(time.Duration(hours) * time.Hour))
	mac := hmac.New(sha256.New, c.secret)
	out := otpWire{Ekey: "00112233-sandbox-ekey", OTPs: []string{}, Expiration: end}
	for i := range number {
		mac.Reset()
		fmt.Fprint(mac, b.uuid, end, slot, i)
		out.OTPs = append(out.OTPs, hex.EncodeToString(mac.Sum(nil))[:8])
	}
	return out
}

// integer is a whole number between two, nil if it is not there.
func (f *filters) integer(name string, least, most int) *int {
	text := f.text(name)
	if text == "" {
		return nil
	}
	value, err := strconv.Atoi(text)
	if err != nil || value < least || value > most {
		f.wrong.add(name, fmt.Sprintf("Enter a whole number from %d to %d.", least, most), "invalid")
		return nil
	}
	return &value
}

func orElse(value *int, otherwise int) int {
	if value == nil {
		return otherwise
	}
	return *value
}
