package wire

import (
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// Request is what a row's decode reads. Whatever is wrong is kept: the first
// refusal of the lowest rank is answered when its turn comes.
type Request struct {
	Generation Generation
	Query      Query
	Paging     Paging

	x       *exchange
	body    []byte
	form    Query
	refusal *op.Refusal
}

// Refuse keeps a refusal.
func (r *Request) Refuse(rank op.Rank, err *latchkey.Error) {
	if err != nil && (r.refusal == nil || rank < r.refusal.Rank) {
		r.refusal = &op.Refusal{Rank: rank, Err: err}
	}
}

// RefuseBody keeps a refusal of the body.
func (r *Request) RefuseBody(err *latchkey.Error) { r.Refuse(op.RankBody, err) }

// Path returns the parameter of the path, unescaped once.
func (r *Request) Path(name string) string {
	raw := r.x.param(name)
	text, err := url.PathUnescape(raw)
	if err != nil || !utf8.ValidString(text) {
		return raw
	}
	return text
}

// OrgID returns the organization's id in the path.
func (r *Request) OrgID() latchkey.OrgID {
	return pathID[latchkey.OrgID](r, "orgId", latchkey.CodeMalformedOrgID)
}

// ProjectID returns the project's id in the path.
func (r *Request) ProjectID() latchkey.ProjectID {
	return pathID[latchkey.ProjectID](r, "groupId", latchkey.CodeMalformedProjectID)
}

// KeyID returns the key's id in the path.
func (r *Request) KeyID() latchkey.PrincipalID {
	return pathID[latchkey.PrincipalID](r, "apiUserId", latchkey.CodeMalformedKeyID)
}

// ClientID returns the service account's client id in the path.
func (r *Request) ClientID() latchkey.PrincipalID {
	text := r.Path("clientId")
	id, ok := latchkey.ParseClientID(text)
	if !ok {
		r.Refuse(op.RankPath, latchkey.Refuse(latchkey.CodeMalformedClientID, text))
	}
	return id
}

// SecretID returns the secret's id in the path.
func (r *Request) SecretID() latchkey.SecretID {
	return pathID[latchkey.SecretID](r, "secretId", latchkey.CodeMalformedSecretID)
}

// EventID returns the event's id in the path.
func (r *Request) EventID() latchkey.EventID {
	return pathID[latchkey.EventID](r, "eventId", latchkey.CodeMalformedEventID)
}

// pathID parses an id of the path in one place, so that the id that is judged
// is the id that is used.
func pathID[T ~string](r *Request, name string, malformed latchkey.Code) T {
	text := r.Path(name)
	id, ok := latchkey.ParseID[T](text)
	if !ok {
		r.Refuse(op.RankPath, latchkey.Refuse(malformed, text))
	}
	return id
}

// QueryText returns a parameter that may be given once, and whether it was.
func (r *Request) QueryText(name string) (string, bool) {
	value, ok, err := r.Query.Single(name)
	r.Refuse(op.RankQuery, err)
	return value, ok
}

// QueryBool reads a parameter that is true or false and may be given once; it
// is false when it was not.
func (r *Request) QueryBool(name string) bool {
	value, err := r.Query.Bool(name, false)
	r.Refuse(op.RankQuery, err)
	return value
}

// QueryList returns a parameter that is a list.
func (r *Request) QueryList(name string) []string {
	list, err := r.Query.List(name)
	r.Refuse(op.RankQuery, err)
	return list
}

// QueryTime returns a parameter that is a time, and whether it was given.
func (r *Request) QueryTime(name string) (time.Time, bool) {
	t, ok, err := r.Query.Time(name)
	r.Refuse(op.RankQuery, err)
	return t, ok
}

// Object parses the body as the row declares it.
func (r *Request) Object() Object {
	if r.refusal != nil && r.refusal.Rank == op.RankBody {
		return Object{}
	}
	o, err := ParseObject(r.body, r.x.row.Body.Members)
	r.RefuseBody(err)
	return o
}

// Objects parses the body, an array, as the row declares it.
func (r *Request) Objects() []Object {
	if r.refusal != nil && r.refusal.Rank == op.RankBody {
		return nil
	}
	b := r.x.row.Body
	list, err := ParseArray(r.body, b.Members, b.MaxItems)
	r.RefuseBody(err)
	return list
}

// BodyBroken reports whether the body was refused already, so that what
// follows from its members needs no look.
func (r *Request) BodyBroken() bool { return r.refusal != nil && r.refusal.Rank == op.RankBody }

// read reads everything of a request that decode may need.
func (x *exchange) read() *Request {
	req := &x.request
	*req = Request{Generation: x.gen, Query: x.query, x: x, Paging: Paging{Page: latchkey.Page{Number: 1, Size: 100}, IncludeCount: true}}
	req.Refuse(op.RankQuery, x.queryFault)
	if x.gen.Versioned() && !x.row.Absolute {
		v, ok := Negotiate(x.r.Header["Accept"], x.row.Versions)
		if !ok {
			req.Refuse(op.RankVersion, latchkey.Refuse(latchkey.CodeVersionNotAcceptable))
		}
		x.version = v
	}
	if x.row.Paged {
		paging, err := ParsePaging(req.Query, x.row.Counted)
		req.Refuse(op.RankQuery, err)
		if err == nil {
			req.Paging = paging
		}
	}
	switch {
	case x.row.Body != nil:
		req.readBody()
	case x.row.Form:
		req.readForm()
	default:
		x.drain()
	}
	return req
}

func (r *Request) readBody() {
	if r.x.r.Method == http.MethodGet || r.x.r.Method == http.MethodDelete {
		r.x.drain()
		return
	}
	if ct := r.x.r.Header["Content-Type"]; len(ct) > 1 || len(ct) == 1 && !ContentTypeAccepted(r.Generation, ct[0]) {
		r.Refuse(op.RankContentType, latchkey.Refuse(latchkey.CodeUnsupportedMediaType, ct[0]))
	}
	body, err := r.x.readAll()
	r.RefuseBody(err)
	r.body = body
}
