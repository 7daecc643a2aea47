package latchkey

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxNameLength is the length of the longest name of an organization or a
// project, in code points (schemas AtlasOrganization, Group).
const MaxNameLength = 64

// NameSigns are the characters that a name may have beside letters and digits.
const NameSigns = " -_.(),:&@+'"

// ValidName reports whether text can name an organization or a project: 1 to
// MaxNameLength letters, digits and signs of the published pattern, and the
// space, which the pattern lacks and recorded names have, though not at an end.
func ValidName(text string) bool {
	n := utf8.RuneCountInString(text)
	if n < 1 || n > MaxNameLength || !utf8.ValidString(text) || text[0] == ' ' || text[len(text)-1] == ' ' {
		return false
	}
	for _, c := range text {
		if !unicode.IsLetter(c) && !unicode.IsNumber(c) && !strings.ContainsRune(NameSigns, c) {
			return false
		}
	}
	return true
}
