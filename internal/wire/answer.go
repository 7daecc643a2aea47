package wire

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/metrics"
)

// Answer is the body that a row's encode writes: compact JSON with its members
// in alphabetical order. Pretty printing and envelopes are put on afterwards.
type Answer struct {
	Buf        []byte
	Generation Generation
	Paging     Paging
	Location   string // the header of that name; "" for none
	Plain      bool   // whether Buf is text/plain
	NoStore    bool   // whether no cache may keep it

	x    *exchange
	list bool
}

// answers keeps buffers between answers.
var answers = sync.Pool{New: func() any { return &Answer{Buf: make([]byte, 0, 4096)} }}

// maxKeptBuffer is the size above which a buffer is not kept.
const maxKeptBuffer = 2 << 20

func (x *exchange) answer() *Answer {
	a := answers.Get().(*Answer)
	*a = Answer{Buf: a.Buf[:0], Generation: x.gen, Paging: x.request.Paging, x: x}
	return a
}

func (a *Answer) release() {
	a.x = nil
	if cap(a.Buf) <= maxKeptBuffer {
		answers.Put(a)
	}
}

// Single reports whether the answer is one object and no list.
func (a *Answer) Single() bool { return !a.list }

// Raw appends JSON text.
func (a *Answer) Raw(s string) { a.Buf = append(a.Buf, s...) }

// String appends a JSON string.
func (a *Answer) String(s string) { a.Buf = AppendString(a.Buf, s) }

// Int appends a number.
func (a *Answer) Int(n int64) { a.Buf = AppendInt(a.Buf, n) }

// Bool appends true or false.
func (a *Answer) Bool(b bool) { a.Buf = AppendBool(a.Buf, b) }

// Time appends a time in RFC 3339, UTC, whole seconds.
func (a *Answer) Time(t time.Time) { a.Buf = AppendTime(a.Buf, t) }

// Asked reports whether the request sets a parameter that is true or false to
// true; decode has refused other values.
func (a *Answer) Asked(name string) bool {
	value, _ := a.x.query.Bool(name, false)
	return value
}

// Base appends the public address of the generation that was asked, without
// quotation marks; it needs no escaping.
func (a *Answer) Base() { a.Buf = append(a.Buf, a.x.s.bases[a.Generation]...) }

// PublicURL returns the configured address of the server, which is the only
// source of links.
func (a *Answer) PublicURL() string { return a.x.s.publicURL }

// ServiceVersion returns what the header X-MongoDB-Service-Version says.
func (a *Answer) ServiceVersion() string { return a.x.s.versionHeader[0] }

// Link appends one link: the base of the generation, the parts, and the
// relation. The parts must need no escaping.
func (a *Answer) Link(rel string, parts ...string) {
	a.Raw(`{"href":"`)
	a.Base()
	for _, p := range parts {
		a.Buf = append(a.Buf, p...)
	}
	a.Raw(`","rel":"`)
	a.Buf = append(a.Buf, rel...)
	a.Raw(`"}`)
}

// List appends the object around a page: its links, the n items that item
// appends one after the other, and the count unless the request declined it.
func (a *Answer) List(n, total int, item func(i int)) {
	a.list = true
	href := a.x.s.publicURL + a.x.r.URL.EscapedPath()
	a.Raw("{")
	a.Buf = AppendLinks(a.Buf, href, a.x.query, a.Paging, total, n)
	a.Raw(`,"results":[`)
	for i := range n {
		if i > 0 {
			a.Raw(",")
		}
		item(i)
	}
	a.Raw("]")
	if a.Paging.IncludeCount {
		a.Raw(`,"totalCount":`)
		a.Int(int64(total))
	}
	a.Raw("}")
}

// send writes the answer of a call that succeeded.
func (x *exchange) send(a *Answer, status int) {
	defer a.release()
	h := x.w.Header()
	x.tellLimit(h)
	switch {
	case a.Plain:
		h["Content-Type"] = []string{"text/plain"}
	case x.version != "":
		h["Content-Type"] = vendorContentType[x.version]
	default:
		h["Content-Type"] = applicationJSON
	}
	if a.NoStore {
		h["Cache-Control"] = noStore
	}
	if a.Location != "" {
		h["Location"] = []string{a.Location}
	}
	if status == http.StatusNoContent {
		x.answered(status)
		return
	}
	x.write(a.Buf, status, a.list, a.Plain)
}

// write puts envelope, pretty printing and compression on a body and sends it.
func (x *exchange) write(body []byte, status int, list, plain bool) {
	if !plain && (x.envelope || x.pretty) {
		work := answers.Get().(*Answer)
		defer work.release()
		if x.envelope {
			body = AppendEnvelope(nil, body, status, list)
		}
		if x.pretty {
			work.Buf = AppendPretty(work.Buf[:0], body)
			body = work.Buf
		}
	}
	h := x.w.Header()
	if len(body) > minCompressed && acceptsGzip(x.r.Header["Accept-Encoding"]) {
		h["Content-Encoding"] = gzipEncoding
		h["Vary"] = varyByEncoding
		body = compress(body)
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	x.answered(status)
	x.body(body)
}

// minCompressed is the size in bytes up to which compression saves nothing: a
// body that fits one packet.
const minCompressed = 1400

// acceptsGzip reports whether the request asks for gzip by name.
func acceptsGzip(lines []string) bool {
	for _, line := range lines {
		for item := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(item, ";")
			if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
				continue
			}
			q := strings.TrimSpace(params)
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

var compressors = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	return w
}}

func compress(body []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(body) / 4)
	z := compressors.Get().(*gzip.Writer)
	defer compressors.Put(z)
	z.Reset(&out)
	_, _ = z.Write(body) // a bytes.Buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// challenge answers 401 with the one body that every caller without a proof
// gets, whatever was wrong, or without a body to one that offered a token. It
// is never put in an envelope.
func (x *exchange) challenge(stale bool) {
	if x.r.Body != nil {
		x.drain()
	}
	h := x.w.Header()
	body := x.s.auth.Challenge(x.r, h, stale)
	if body != "" {
		h["Content-Type"] = applicationJSON
	}
	h["Cache-Control"] = noStore
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	x.refusedAs(latchkey.CodeUnauthenticated, problemOf(latchkey.CodeUnauthenticated).on(x.gen).errorCode)
	x.answered(http.StatusUnauthorized)
	x.body([]byte(body))
}

// refuse answers an error.
func (x *exchange) refuse(err error) {
	e := asRefusal(err)
	x.logRefusal(e)
	switch e.Code {
	case latchkey.CodeUnauthenticated:
		x.s.metrics.AuthenticationFailed(x.wrongCredentials())
		x.giveBack()
		x.s.guard.Failed(x.addr)
		x.challenge(false)
		return
	case latchkey.CodeStaleNonce:
		x.s.metrics.AuthenticationFailed(metrics.StaleNonce)
		x.giveBack()
		x.challenge(true)
		return
	}
	h := x.w.Header()
	p := x.gen.Problem(e, x.r.URL.EscapedPath())
	switch e.Code {
	case latchkey.CodeUnavailable:
		h["Retry-After"] = retryInASecond
	case latchkey.CodeAddressNotAllowed, latchkey.CodeAccessListRequired:
		if x.call.Caller != "" {
			x.s.metrics.AuthenticationFailed(metrics.WrongAddress)
		}
	case latchkey.CodeRateLimited:
		x.limiter.refused.Inc()
		h["Retry-After"] = []string{strconv.Itoa(x.token.RetryAfter())}
	case latchkey.CodeNotAuthorized:
		if e.Reason != "" {
			h["X-Latchkey-Reason"] = []string{e.Reason}
		}
	}
	if e.Code != latchkey.CodeProjectNotFound { // which the real service tells nothing of
		x.tellLimit(h)
	}
	h["Content-Type"] = applicationJSON
	h["X-Error-Code"] = []string{p.ErrorCode}
	x.refusedAs(e.Code, p.ErrorCode)
	x.write(p.AppendJSON(nil), p.Status, false, false)
}
