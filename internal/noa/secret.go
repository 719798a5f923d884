package noa

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// A secret is a text that no way of printing shows. It lies behind a pointer
// because package fmt does not ask unexported fields how they want to be printed.
type secret struct{ text *string }

func newSecret(text string) secret { return secret{&text} }

// reveal is the text itself, for the one header that carries it.
func (s secret) reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Format prints the same for every verb.
func (secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText keeps the text out of JSON and everything like it.
func (secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue keeps the text out of the log.
func (secret) LogValue() slog.Value { return slog.StringValue(redacted) }
