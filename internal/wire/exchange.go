package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"os"

	"github.com/go-chi/chi/v5"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// MaxBody is the size of the largest body that is read, in bytes.
const MaxBody = 64 << 10

// exchange is one request and its answer.
type exchange struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	row     *Row
	gen     Generation
	addr    netip.Addr // the caller's
	version Version    // negotiated; "" on an unversioned generation
	params  *chi.RouteParams

	query      Query
	queryFault *latchkey.Error
	pretty     bool
	envelope   bool
	request    Request
	call       op.Call // of the operation
	late       bool    // whether the body did not arrive in time
	draw
	observed
}

// open reads what decides the form of every answer, refusals included. It
// returns false when the request is answered.
func (x *exchange) open() bool {
	setStandingHeaders(x.w.Header(), x.s.versionHeader, x.r.TLS != nil)
	x.query, x.queryFault = ParseQuery(x.r.URL.RawQuery)
	x.pretty = x.form("pretty")
	x.envelope = x.form("envelope")
	addr, err := x.s.proxies.ClientAddress(x.r.RemoteAddr, x.r.Header["X-Forwarded-For"])
	if err != nil {
		x.refuse(latchkey.Refuse(latchkey.CodeAddressNotAllowed, "unknown").Because("the caller's address cannot be told: %v", err))
		return false
	}
	x.addr = addr
	return true
}

// form reads a parameter that changes the form of the answer.
func (x *exchange) form(name string) bool {
	v, err := x.query.Bool(name, false)
	if err != nil && x.queryFault == nil {
		x.queryFault = err
	}
	return v
}

// readAll reads the whole body. It refuses with CodeBodyTooLarge or
// CodeBodyTimeout; the connection is then of no more use and is closed.
func (x *exchange) readAll() ([]byte, *latchkey.Error) {
	if x.r.ContentLength == 0 {
		return nil, nil
	}
	if x.r.ContentLength > MaxBody {
		x.closeAfter()
		return nil, latchkey.Refuse(latchkey.CodeBodyTooLarge, MaxBody)
	}
	body := make([]byte, 0, min(max(x.r.ContentLength, 512), 4096)+1) // what was declared need not come
	for {
		if len(body) > MaxBody {
			x.closeAfter()
			return nil, latchkey.Refuse(latchkey.CodeBodyTooLarge, MaxBody)
		}
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := x.r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case err == io.EOF:
			return body, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			x.closeAfter()
			x.late = true
			return nil, latchkey.Refuse(latchkey.CodeBodyTimeout)
		case err != nil:
			x.closeAfter()
			return nil, latchkey.Refuse(latchkey.CodeMalformedJSON).Because("reading the body: %v", err)
		}
	}
}

// context returns the context of the call. net/http ends a request's context
// with the read that failed, but whoever was too slow is still to be told.
func (x *exchange) context() context.Context {
	if x.late {
		return context.WithoutCancel(x.r.Context())
	}
	return x.r.Context()
}

// drain reads a body that is not needed away, so that the connection can be
// used again; a large or slow one ends it.
func (x *exchange) drain() {
	if x.r.ContentLength == 0 {
		return
	}
	if x.r.ContentLength > MaxBody {
		x.closeAfter()
		return
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(x.r.Body, MaxBody+1)); err != nil || n > MaxBody {
		x.closeAfter()
	}
}

func (x *exchange) closeAfter() { x.w.Header()["Connection"] = connectionClose }

// param returns the parameter of the path as it was sent.
func (x *exchange) param(name string) string {
	for i := len(x.params.Keys) - 1; i >= 0; i-- {
		if x.params.Keys[i] == name {
			return x.params.Values[i]
		}
	}
	return ""
}
