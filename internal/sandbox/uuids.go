package sandbox

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
)

// formatUUID makes 16 random bytes a version 4 uuid.
func formatUUID(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var out [36]byte
	hex.Encode(out[:8], b[:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:], b[10:])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

func randomUUID() string {
	var b [16]byte
	rand.Read(b[:])
	return formatUUID(b)
}

// parseUUID reads a uuid of any version, with its hyphens or without, into
// the form that the fleet uses.
func parseUUID(text string) (string, bool) {
	text = strings.ToLower(text)
	if len(text) == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-' {
		text = strings.ReplaceAll(text, "-", "")
	}
	if len(text) != 32 {
		return "", false
	}
	if _, err := hex.DecodeString(text); err != nil {
		return "", false
	}
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:], true
}
