package wire

import (
	"net/http"
	"net/netip"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/metrics"
	"github.com/latchkey/latchkey/internal/op"
)

// Plain is one request for a path that no generation publishes, and its answer,
// in the form that all have: the standing headers, the limits of bodies,
// pretty and envelope.
type Plain struct{ x *exchange }

// Plain returns a handler of requests with the method, one after the other
// given to serve; others get 405. The name is that of the operation, for the log.
func (s *Server) Plain(name, method string, serve func(*Plain)) http.Handler {
	row, series := s.plainRow(name)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := s.begin(w, r, AtlasV2, row, series)
		defer x.end()
		if !x.open() {
			return
		}
		defer x.survive()
		if r.Method != method {
			x.drain()
			w.Header()["Allow"] = []string{method}
			x.refuse(latchkey.Refuse(latchkey.CodeMethodNotAllowed, r.Method))
			return
		}
		serve(&Plain{x})
	})
}

// Request returns the request; its body is read with Body.
func (p *Plain) Request() *http.Request { return p.x.r }

// Address returns the address of the caller.
func (p *Plain) Address() netip.Addr { return p.x.addr }

// AnswerHeader returns the headers of the answer.
func (p *Plain) AnswerHeader() http.Header { return p.x.w.Header() }

// Pace waits for the turn of an address that sent wrong credentials. It refuses
// with CodeUnavailable when nobody waits for the answer any more.
func (p *Plain) Pace() error {
	if _, err := p.x.s.guard.Pace(p.x.r.Context(), p.x.addr); err != nil {
		return latchkey.Refuse(latchkey.CodeUnavailable).Because("nobody waits for the answer any more: %v", err)
	}
	return nil
}

// Failed notes that the caller's address sent wrong credentials.
func (p *Plain) Failed() {
	p.x.s.metrics.AuthenticationFailed(metrics.WrongSecret)
	p.x.s.guard.Failed(p.x.addr)
}

// Authenticated notes who the caller proved to be, for the log.
func (p *Plain) Authenticated(id latchkey.PrincipalID) { p.x.call.Caller = id }

// Body reads the whole body. It refuses with CodeInvalidQuery when the query
// string does not read well, and with CodeBodyTooLarge, CodeBodyTimeout or
// CodeMalformedJSON when the body does not arrive.
func (p *Plain) Body() ([]byte, *latchkey.Error) {
	body, refusal := p.x.readAll()
	if refusal == nil {
		refusal = p.x.queryFault
	}
	return body, refusal
}

// Answer sends the body, which is compact JSON, or none if it is empty.
func (p *Plain) Answer(status int, body []byte) {
	if len(body) > 0 {
		p.x.w.Header()["Content-Type"] = applicationJSON
	}
	p.x.write(body, status, false, false)
}

// Refuse answers an error of the domain as Atlas v2 does.
func (p *Plain) Refuse(err error) { p.x.refuse(err) }

// LogRefusal writes the line about a refused call, for one that is not answered
// with Refuse.
func (p *Plain) LogRefusal(e *latchkey.Error) { p.x.logRefusal(e) }

// AnswerError sends the body of a refusal that the table of refusals does not
// have. errorCode is what it is called in the log and in labels: a constant.
func (p *Plain) AnswerError(status int, errorCode string, body []byte) {
	p.x.refusedAs(0, errorCode)
	p.Answer(status, body)
}

// plainRow returns what stands for the row of a path that has none.
func (s *Server) plainRow(name string) (*Row, *metrics.Operation) {
	return &Row{Spec: Spec{Absolute: true}, Op: op.Info{Name: name}}, s.metrics.Operation(name, noGeneration)
}

// Aside returns a handler that is no part of any API: its requests have an id
// and are counted and logged under the name, and that is all.
func (s *Server) Aside(name string, h http.Handler) http.Handler {
	row, series := s.plainRow(name)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := s.begin(w, r, AtlasV2, row, series)
		defer x.end()
		x.addr, _ = s.proxies.ClientAddress(r.RemoteAddr, r.Header["X-Forwarded-For"]) // one that cannot be told is not logged
		h.ServeHTTP(asideWriter{x}, r)
	})
}

// asideWriter notes what is answered.
type asideWriter struct{ x *exchange }

func (w asideWriter) Header() http.Header    { return w.x.w.Header() }
func (w asideWriter) WriteHeader(status int) { w.x.answered(status) }

func (w asideWriter) Write(b []byte) (int, error) {
	if w.x.status == 0 {
		w.x.status = http.StatusOK // as net/http has it
	}
	n, err := w.x.w.Write(b)
	w.x.bytes += n
	return n, err
}
