package wire

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/latchkey/latchkey"
)

// Problem is a refusal in the words of one generation: the members of the
// published ApiError object. It is the one way from an error of the domain to
// an answer. The 401 that carries a challenge has a body of its own and is
// not made here.
type Problem struct {
	Status    int                       // the HTTP status, repeated in the body as "error"
	ErrorCode string                    // what clients match on; also the header X-Error-Code
	Detail    string                    // the filled template
	Params    []any                     // strings or ints that fill the template, in order
	Fields    []latchkey.FieldViolation // badRequestDetail; empty on generations without it
	Reason    string                    // the reason phrase of the status, such as "Bad Request"
}

// Problem returns how the generation says e. requestPath is the path as it
// was asked, still escaped; some errors name it. A nil e and an unknown code
// are internal faults.
func (g Generation) Problem(e *latchkey.Error, requestPath string) Problem {
	if e == nil {
		e = latchkey.Refuse(latchkey.CodeInternal)
	}
	row := problemOf(e.Code)
	s := row.on(g)
	p := Problem{
		Status:    s.status,
		ErrorCode: s.errorCode,
		Params:    s.wireParams(e.Params, requestPath),
		Reason:    http.StatusText(s.status),
	}
	p.Detail = fill(s.template, p.Params)
	if g != PublicV1 {
		p.Fields = e.Fields
	}
	return p
}

// fill puts the parameters in the place of %s and %d, in order. It never
// fails: what has no parameter is left out.
func fill(template string, params []any) string {
	b := make([]byte, 0, len(template)+64)
	for i := 0; i < len(template); i++ {
		if template[i] != '%' || i+1 == len(template) {
			b = append(b, template[i])
			continue
		}
		i++
		if len(params) > 0 {
			b = appendPlain(b, params[0])
			params = params[1:]
		}
	}
	return string(b)
}

func appendPlain(b []byte, param any) []byte {
	switch v := param.(type) {
	case string:
		return append(b, v...)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	}
	return fmt.Append(b, param)
}

// AppendJSON appends the body: compact JSON with its members in alphabetical
// order, as the real service prints it. "parameters" is always there.
func (p Problem) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	if len(p.Fields) > 0 {
		dst = append(dst, `"badRequestDetail":{"fields":[`...)
		for i, f := range p.Fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, `{"description":`...)
			dst = AppendString(dst, f.Description)
			dst = append(dst, `,"field":`...)
			dst = AppendString(dst, f.Field)
			dst = append(dst, '}')
		}
		dst = append(dst, `]},`...)
	}
	dst = append(dst, `"detail":`...)
	dst = AppendString(dst, p.Detail)
	dst = append(dst, `,"error":`...)
	dst = AppendInt(dst, p.Status)
	dst = append(dst, `,"errorCode":`...)
	dst = AppendString(dst, p.ErrorCode)
	dst = append(dst, `,"parameters":[`...)
	for i, param := range p.Params {
		if i > 0 {
			dst = append(dst, ',')
		}
		switch v := param.(type) {
		case int:
			dst = AppendInt(dst, v)
		case int64:
			dst = AppendInt(dst, v)
		case string:
			dst = AppendString(dst, v)
		default:
			dst = AppendString(dst, fmt.Sprint(v))
		}
	}
	dst = append(dst, `],"reason":`...)
	dst = AppendString(dst, p.Reason)
	return append(dst, '}')
}

// Description says what one code looks like on one generation.
type Description struct {
	Code      latchkey.Code
	Status    int
	ErrorCode string
	Template  string // %s and %d stand for the parameters, in order
	Ours      bool   // neither published nor seen on the real service: our own name
}

// Describe lists every code as the generation says it, in the order of the
// codes, for the tests that must cover them all.
func Describe(g Generation) []Description {
	codes := latchkey.Codes()
	all := make([]Description, 0, len(codes))
	for _, c := range codes {
		all = append(all, describe(c, g))
	}
	return all
}

func describe(c latchkey.Code, g Generation) Description {
	row := problemOf(c)
	s := row.on(g)
	return Description{Code: c, Status: s.status, ErrorCode: s.errorCode, Template: s.template, Ours: row.ours}
}
