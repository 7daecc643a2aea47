package body

import (
	"fmt"
	"unicode/utf8"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// nameSchema says for the documents what latchkey.ValidName decides.
var nameSchema = &wire.Schema{
	MinLength: 1, MaxLength: latchkey.MaxNameLength,
	Pattern: `^[\p{L}\p{N}\-_.(),:&@+']([\p{L}\p{N}\-_.(),:&@+' ]*[\p{L}\p{N}\-_.(),:&@+'])?$`,
}

// invalidMember refuses a member whose value breaks a rule of its schema.
func invalidMember(r *wire.Request, name, rule string) {
	r.RefuseBody(op.Invalid(name, rule))
}

// checkSame refuses an id in the body that differs from the one in the path.
func checkSame(r *wire.Request, o wire.Object, name, want string) {
	if got, ok := o.String(name); ok && got != want {
		r.RefuseBody(latchkey.Refuse(latchkey.CodeValidation, "The "+name+" in the body differs from the one in the path"))
	}
}

// checkInt refuses a number outside least and most.
func checkInt(r *wire.Request, o wire.Object, name string, least, most int64) {
	if n, ok := o.Int(name); ok && (n < least || n > most) {
		invalidMember(r, name, fmt.Sprintf("must be between %d and %d", least, most))
	}
}

// maxContactLength is the length of the longest address of a contact.
const maxContactLength = 320

var contactSchema = &wire.Schema{MaxLength: maxContactLength}

func checkContact(r *wire.Request, o wire.Object, name string) {
	if s, ok := o.String(name); ok && utf8.RuneCountInString(s) > maxContactLength {
		invalidMember(r, name, fmt.Sprintf("must have at most %d characters", maxContactLength))
	}
}

func setBool(o wire.Object, name string, to *bool) {
	if v, ok := o.Bool(name); ok {
		*to = v
	}
}

func setInt(o wire.Object, name string, to *int) {
	if v, ok := o.Int(name); ok {
		*to = int(v)
	}
}

func setString(o wire.Object, name string, to *string) {
	if v, ok := o.String(name); ok {
		*to = v
	}
}
