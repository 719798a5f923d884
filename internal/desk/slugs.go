package desk

import (
	"fmt"
	"strings"

	"noadesk/internal/store"
)

// slugOf writes a name with what an address may hold. A name in letters that
// it does not know, such as Cyrillic ones, becomes "fleet".
func slugOf(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case plain[r] != "":
			b.WriteString(plain[r])
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := b.String()
	slug = strings.Trim(slug[:min(len(slug), 32)], "-")
	if !usableSlug(slug) {
		return "fleet"
	}
	return slug
}

// plain writes the letters of Europe's Latin alphabets as people do in addresses.
var plain = map[rune]string{
	'ä': "ae", 'ö': "oe", 'ü': "ue", 'ß': "ss", 'æ': "ae", 'ø': "oe", 'å': "aa", 'œ': "oe",
	'á': "a", 'à': "a", 'â': "a", 'ã': "a", 'ą': "a", 'é': "e", 'è': "e", 'ê': "e", 'ë': "e", 'ę': "e", 'ě': "e",
	'í': "i", 'ì': "i", 'î': "i", 'ï': "i", 'ı': "i", 'ó': "o", 'ò': "o", 'ô': "o", 'õ': "o", 'ő': "o",
	'ú': "u", 'ù': "u", 'û': "u", 'ů': "u", 'ű': "u", 'ý': "y", 'ç': "c", 'č': "c", 'ć': "c", 'ď': "d",
	'ğ': "g", 'ł': "l", 'ñ': "n", 'ń': "n", 'ň': "n", 'ř': "r", 'š': "s", 'ś': "s", 'ş': "s", 'ť': "t",
	'ž': "z", 'ź': "z", 'ż': "z",
}

// freeSlug puts a number behind a slug that another organisation has.
func freeSlug(tx *store.Tx, slug string) (string, error) {
	for n := 1; n < 1000; n++ {
		try := slug
		if n > 1 {
			suffix := fmt.Sprintf("-%d", n)
			try = strings.TrimRight(slug[:min(len(slug), 32-len(suffix))], "-") + suffix
		}
		var taken int
		if err := tx.QueryRow(`SELECT count(*) FROM organisations WHERE slug = $1`, try).Scan(&taken); err != nil {
			return "", fmt.Errorf("desk: look for slug: %w", err)
		}
		if taken == 0 {
			return try, nil
		}
	}
	return "", Invalid{"slug", "Give the organisation a short name, as too many have one like it."}
}
