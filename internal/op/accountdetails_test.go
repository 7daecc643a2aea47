package op

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/latchkey/latchkey"
)

// published is the pattern of the schema OrgServiceAccountRequest.
var published = regexp.MustCompile(`^[\p{L}\p{N}\-_.,' ]*$`)

func TestCheckAccountText(t *testing.T) {
	for _, c := range []struct {
		text              string
		nameOK, inDetails bool
	}{
		{"", false, false},
		{" ", true, true},
		{"deploy-bot_2, the 'new' one.", true, true},
		{"Ünïcödé 日本 ٣ Ⅷ ½", true, true},
		{strings.Repeat("é", 64), true, true},
		{strings.Repeat("é", 65), false, true},
		{strings.Repeat("日", 250), false, true},
		{strings.Repeat("x", 251), false, false},
		{"a/b", false, false}, {"a\nb", false, false}, {"a\tb", false, false}, {"a\x00b", false, false}, {"a&b", false, false},
		{"a\u202eb", false, false}, {"e\u0301", false, false}, {"a\xffb", false, false}, {"\ufffd", false, false}, {"a\u00a0b", false, false},
	} {
		for _, check := range []struct {
			field string
			err   *latchkey.Error
			want  bool
		}{{"name", CheckAccountName(c.text), c.nameOK}, {"description", CheckAccountDesc(c.text), c.inDetails}} {
			switch {
			case (check.err == nil) != check.want:
				t.Errorf("%s %q: %v", check.field, c.text, check.err)
			case check.err != nil && (check.err.Code != latchkey.CodeValidation || len(check.err.Fields) != 1 || check.err.Fields[0].Field != check.field):
				t.Errorf("%s %q: %+v", check.field, c.text, check.err)
			}
		}
	}
}

// FuzzCheckAccountName compares the check with the published pattern and lengths.
func FuzzCheckAccountName(f *testing.F) {
	for _, text := range []string{"", "x", "a b", "日本", "e\u0301", "\ufffd", "a\xffb", strings.Repeat("é", 65)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := utf8.RuneCountInString(text)
		fits := utf8.ValidString(text) && published.MatchString(text) && n >= 1
		if got := CheckAccountName(text) == nil; got != (fits && n <= 64) {
			t.Errorf("name %q: %v", text, got)
		}
		if got := CheckAccountDesc(text) == nil; got != (fits && n <= 250) {
			t.Errorf("description %q: %v", text, got)
		}
	})
}
