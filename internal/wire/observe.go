package wire

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/metrics"
)

// unknownOperation stands for the operation of requests that no row serves.
const unknownOperation = "unknown"

// noGeneration stands for the generation of what is below no base.
const noGeneration = "none"

// observed is what is told of an exchange when it is over.
type observed struct {
	series    *metrics.Operation
	id        [1]string // the request's, as a header's value
	began     time.Time // zero when nobody asks
	status    int       // 0 until the answer begins
	code      latchkey.Code
	errorCode string // "" for success
	bytes     int    // of the body
}

// begin starts an exchange: from here on it has an id, is timed, and is told of
// by end.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, gen Generation, row *Row, series *metrics.Operation) *exchange {
	x := &exchange{s: s, w: w, r: r, gen: gen, row: row}
	x.id[0], x.series = requestID(r), series
	w.Header()[requestIDHeader] = x.id[:]
	if s.observes {
		x.began = time.Now()
	}
	return x
}

// end counts and logs an exchange that was answered.
func (x *exchange) end() {
	if !x.s.observes || x.status == 0 {
		return
	}
	took := time.Since(x.began)
	x.series.Answered(x.status, x.code, x.errorCode, took)
	if x.s.accessLog {
		x.logAccess(took)
	}
}

// answered sends the status. The first answer counts: what a panic adds to one
// that has begun reaches nobody.
func (x *exchange) answered(status int) {
	if x.status == 0 {
		x.status = status
	}
	x.w.WriteHeader(status)
}

// body sends the body, or what is next of it.
func (x *exchange) body(b []byte) {
	x.bytes += len(b)
	_, _ = x.w.Write(b) // the caller went away: nobody to tell
}

// refusedAs notes what the answer refuses, and what that is called.
func (x *exchange) refusedAs(code latchkey.Code, errorCode string) {
	if x.status == 0 {
		x.code, x.errorCode = code, errorCode
	}
}

// operation returns the name for logs and labels.
func (x *exchange) operation() string {
	if x.row.Op.Name == "" {
		return unknownOperation
	}
	return x.row.Op.Name
}

// generationName returns the name for logs and labels of a generation that
// serves the row.
func (row *Row) generationName(gen Generation) string {
	if row.Absolute {
		return noGeneration
	}
	return gen.Name()
}

func (x *exchange) generationName() string { return x.row.generationName(x.gen) }

// logAccess writes one line for an answer, whatever the level of the log:
// names from tables, ids and numbers, and nothing else of what the caller sent.
func (x *exchange) logAccess(took time.Duration) {
	line := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
	line.AddAttrs(
		slog.String("requestId", x.id[0]),
		slog.String("operation", x.operation()),
		slog.String("generation", x.generationName()),
		slog.Int("status", x.status),
	)
	if x.errorCode != "" {
		line.AddAttrs(slog.String("errorCode", x.errorCode))
	}
	if x.call.Caller != "" {
		line.AddAttrs(slog.String("principal", string(x.call.Caller)))
	}
	if x.addr.IsValid() {
		line.AddAttrs(slog.String("address", x.addr.String()))
	}
	line.AddAttrs(slog.Int64("microseconds", took.Microseconds()), slog.Int("bytes", x.bytes))
	_ = x.s.log.Handler().Handle(context.WithoutCancel(x.r.Context()), line) // a log that cannot be written has nobody to tell
}
