package views

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFingerprintsComeInGroupsOfFour(t *testing.T) {
	t.Parallel()
	whole := strings.Repeat("0fe67b771b4ebca8", 4)
	for got, want := range map[string]string{
		fingerprint(""): "", fingerprint("abc"): "abc", fingerprint("abcd"): "abcd", fingerprint("abcde"): "abcd e", shortFingerprint("ab"): "ab",
		shortFingerprint(whole): "0fe6 7b77 1b4e bca8", auditObject(whole): "0fe6 7b77 1b4e bca8 …", auditObject("Berlin"): "Berlin", auditObject(""): "",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := strings.Count(fingerprint(whole), " "); got != 15 {
		t.Errorf("got %d spaces", got)
	}
	if got := auditObject(strings.Repeat("ü", 32)); !utf8.ValidString(got) {
		t.Errorf("%q is cut within a letter", got)
	}
}

func TestTextsAreCutBetweenLetters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"", 5, ""},
		{"Größe", 5, "Größe"},
		{"Größen", 5, "Größ…"},
		{"🚲🚲🚲", 2, "🚲…"},
		{"ab", 1, "…"},
		{"a\nb\tc", 9, "a\nb\tc"},
		{"a\x00\x1b\r\u0085b", 9, "ab"},
		{"a\u202eb\u2066c\u2069\u200e\u200f\u061cd", 9, "abcd"},
		{strings.Repeat("\u202e", 10_000) + "x", 3, "x"},
		{strings.Repeat("ж", 10_000), 4, "жжж…"},
	} {
		if got := clip(c.text, c.most); got != c.want {
			t.Errorf("%.20q to %d: got %q, want %q", c.text, c.most, got, c.want)
		}
	}
	if got := firstWords("  Kette\n\n gerissen\u2028am  Ostbahnhof ", 16); got != "Kette gerissen …" {
		t.Errorf("got %q", got)
	}
}

func FuzzCutTextsAreShortAndHarmless(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, 5)
	}
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = max(1, most%10_000)
		got := clip(text, most)
		if utf8.RuneCountInString(got) > most || strings.ContainsFunc(got, turns) || strings.ContainsRune(got, 0) {
			t.Errorf("%q to %d: got %q", text, most, got)
		}
	})
}

func TestNumbersAreGrouped(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{
		0: "0", 999: "999", 1000: "1\u202f000", 12345: "12\u202f345", 123456: "123\u202f456", 1234567: "1\u202f234\u202f567",
		-1: "-1", -999: "-999", -123456: "-123\u202f456", -1 << 63: "-9\u202f223\u202f372\u202f036\u202f854\u202f775\u202f808",
	} {
		if got := thousands(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "0 trips", 1: "1 trip", 2: "2 trips", 1200: "1\u202f200 trips"} {
		if got := count(n, "trip"); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestIgnoredParametersAreNamed(t *testing.T) {
	t.Parallel()
	names := []string{"colour", "<b>\u202e", strings.Repeat("x", 41)}
	kept := slices.Clone(names)
	want := "This page does not know the parameters “colour”, “<b>”, “" + strings.Repeat("x", 39) + "…” and ignored them."
	if got := ignored(names); got != want || !slices.Equal(names, kept) {
		t.Errorf("got %q and left %q", got, names)
	}
	if got := ignored(names[:1]); got != "This page does not know the parameter “colour” and ignored it." {
		t.Errorf("got %q", got)
	}
}

func TestAddressesThatComeBackStayHere(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"": "", "/": "/", "/o/berlin/bicycles?q=//x": "/o/berlin/bicycles?q=//x", "//evil.example": "", `/\evil.example`: "", "evil": "", "https://evil.example/": "", "javascript:x": "", "?x": "",
	} {
		if got := local(address); got != want {
			t.Errorf("%q: got %q", address, got)
		}
	}
}

func TestStatusesHaveWords(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{404: "404 · Not Found", 502: "502 · Bad Gateway", 422: "422 · Unprocessable Entity"} {
		if got := statusLine(status); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
