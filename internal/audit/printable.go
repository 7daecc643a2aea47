package audit

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What an export says goes to terminals, and may be meant to: no more than this
// many bytes of one value, and of what a finding says.
const (
	maxValue = 120
	maxWhat  = 600
)

// limited cuts a value.
func limited(s string) string {
	if len(s) > maxValue {
		return s[:maxValue] + "…"
	}
	return s
}

// printable returns the text with everything escaped that is not seen, control
// characters and what turns the direction of writing above all, and cut to about
// that many bytes.
func printable(s string, limit int) string {
	plain := len(s) <= limit && utf8.ValidString(s)
	for _, r := range s[:min(len(s), limit)] {
		plain = plain && unicode.IsPrint(r)
	}
	if plain {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if b.Len() > limit {
			b.WriteString("…")
			break
		}
		switch {
		case unicode.IsPrint(r) && r != utf8.RuneError:
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}
