package op

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/latchkey/latchkey"
)

// Lengths of what people call a service account, in code points (schema
// OrgServiceAccountRequest).
const (
	MaxAccountNameLength = 64
	MaxAccountDescLength = 250
)

// AccountSigns are the characters that the name and the description of a
// service account may have beside letters and digits (same schema).
const AccountSigns = "-_.,' "

// CheckAccountName checks the name of a service account, CheckAccountDesc its
// description. They refuse with CodeValidation what has no character, too many,
// or one that is no letter, digit or sign of AccountSigns.
func CheckAccountName(text string) *latchkey.Error {
	return checkAccountText("name", text, MaxAccountNameLength)
}

// CheckAccountDesc is described at CheckAccountName.
func CheckAccountDesc(text string) *latchkey.Error {
	return checkAccountText("description", text, MaxAccountDescLength)
}

func checkAccountText(field, text string, most int) *latchkey.Error {
	if n := utf8.RuneCountInString(text); n < 1 || n > most {
		return Invalid(field, fmt.Sprintf("must have between 1 and %d characters", most))
	}
	for _, c := range text {
		if !unicode.IsLetter(c) && !unicode.IsNumber(c) && !strings.ContainsRune(AccountSigns, c) || c == utf8.RuneError {
			return Invalid(field, "must have letters, digits, spaces and the signs -_.,' only")
		}
	}
	return nil
}

// Invalid refuses a member of a body whose value breaks a rule: CodeValidation
// that names the member.
func Invalid(field, rule string) *latchkey.Error {
	return latchkey.Refuse(latchkey.CodeValidation, field+" "+rule).In(latchkey.FieldViolation{Field: field, Description: rule})
}
