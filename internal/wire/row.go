// Package wire owns what all API generations share: the rows that bind an
// operation to a method and a path, the router made from them, how a request
// is read and an answer written, and the one bridge from errors of the domain
// to errors on the wire.
package wire

import (
	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// Spec says how an operation looks on the generations it is published in.
type Spec struct {
	Method      string
	Patterns    []string     // below the base; the first is the published one
	Generations []Generation // the bases that publish it
	Absolute    bool         // whether Patterns are below no base, as under /api/private
	Versions    []Version    // on a versioned generation, those that it serves
	Status      int          // of success
	Located     bool         // whether the answer says in a Location header where what it created is
	Paged       bool         // whether pageNum, itemsPerPage and includeCount are read
	Counted     bool         // whether includeCount is not: a list always has its count
	Query       []Param      // other query parameters that are read
	Body        *Body        // nil when none is read
	Form        bool         // whether a form is read in the place of Body
	Answer      *Schema      // nil when the answer has no body
}

// Param is a query parameter, for the documents.
type Param struct {
	Name        string
	Description string
	Schema      *Schema
	Codes       []latchkey.Code // the refusals that a value may get
}

// Body declares the body that a row reads.
type Body struct {
	Name     string // of the published schema
	Members  []Member
	Required []string // members that must be there, for the documents
	AnyOf    []string // members of which at least one must be there, for the documents
	Array    bool     // whether the body is an array of such objects
	MaxItems int      // of the array
	// Codes are the refusals that a body may get whose members are right each
	// by itself, for the documents.
	Codes []latchkey.Code
}

// Row binds an operation to the wire. Nothing else declares an endpoint.
type Row struct {
	Spec
	Op   op.Info
	Open bool // whether it answers without credentials

	serve func(s *Server, x *exchange)
}

// Bind returns the row that serves the operation as spec says: decode makes
// the input from a request, encode writes the output. Decode keeps what is
// wrong with the request as a refusal and is never asked to stop.
func Bind[I op.Input, O any](spec Spec, o *op.Op[I, O], decode func(*Request) I, encode func(*Answer, O)) Row {
	return Row{Spec: spec, Op: o.Info, serve: func(s *Server, x *exchange) {
		proof, suspect, ok := x.authenticate()
		if !ok {
			return
		}
		req := x.read()
		in := decode(req)
		x.call = op.Call{Proof: proof, Address: x.addr, Suspect: suspect, Refusal: req.refusal, Limit: x.limit()}
		out, err := op.Do(x.context(), s.service, o, &x.call, in)
		if err != nil {
			x.refuse(err)
			return
		}
		a := x.answer()
		if encode != nil {
			encode(a, out)
		}
		x.send(a, spec.Status)
	}}
}

// BindOpen returns a row that answers everybody the same, without credentials
// and without a transaction.
func BindOpen(spec Spec, info op.Info, encode func(*Answer)) Row {
	return Row{Spec: spec, Op: info, Open: true, serve: func(_ *Server, x *exchange) {
		req := x.read()
		if req.refusal == nil || req.refusal.Rank > op.RankVersion {
			if refusal := x.drawOpen(); refusal != nil {
				x.refuse(refusal)
				return
			}
		}
		if req.refusal != nil {
			x.refuse(req.refusal.Err)
			return
		}
		a := x.answer()
		encode(a)
		x.send(a, spec.Status)
	}}
}
