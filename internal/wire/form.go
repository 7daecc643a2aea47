package wire

import (
	"mime"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// readForm reads a body that is a form, as OAuth 2 has it.
func (r *Request) readForm() {
	ct := r.x.r.Header["Content-Type"]
	if len(ct) != 1 || !isForm(ct[0]) {
		r.Refuse(op.RankContentType, latchkey.Refuse(latchkey.CodeUnsupportedMediaType, append(ct, "")[0]))
	}
	body, refusal := r.x.readAll()
	r.RefuseBody(refusal)
	if r.form, refusal = ParseQuery(string(body)); refusal != nil {
		r.RefuseBody(latchkey.Refuse(latchkey.CodeValidation, "the form is too long"))
	}
}

func isForm(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/x-www-form-urlencoded"
}

// FormText returns a parameter of the form, which must be given once.
func (r *Request) FormText(name string) string {
	value, given, refusal := r.form.Single(name)
	if refusal == nil && (!given || value == "") {
		refusal = latchkey.Refuse(latchkey.CodeMissingAttribute, name)
	}
	r.RefuseBody(refusal)
	return value
}
