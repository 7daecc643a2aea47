package wire

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/latchkey/latchkey"
)

// asRefusal returns the refusal in err; any other error is an internal fault.
func asRefusal(err error) *latchkey.Error {
	var e *latchkey.Error
	if errors.As(err, &e) {
		return e
	}
	return latchkey.Refuse(latchkey.CodeInternal).Because("%v", err)
}

// logRefusal writes one line for a refused call: the operation's name, never a
// path, and never what a caller sent. The id of the request is what its caller
// sees in a header.
func (x *exchange) logRefusal(e *latchkey.Error) {
	level := slog.LevelInfo
	switch e.Code {
	case latchkey.CodeUnauthenticated, latchkey.CodeStaleNonce:
		level = slog.LevelDebug // every other request of common clients is one
	case latchkey.CodeRouteNotFound, latchkey.CodeMethodNotAllowed:
		level = slog.LevelDebug // anybody can send these without credentials
	case latchkey.CodeRateLimited, latchkey.CodeAttemptsLimited:
		if !firstThisSecond(&x.s.limited) {
			level = slog.LevelDebug // who is limited goes on calling
		}
	case latchkey.CodeInternal:
		level = slog.LevelError
	case latchkey.CodeUnavailable:
		level = slog.LevelWarn
		if !firstThisSecond(&x.s.unavailable) {
			level = slog.LevelDebug // when it happens, it happens to many
		}
	}
	if !x.s.log.Enabled(x.r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("requestId", x.id[0]),
		slog.String("operation", x.operation()),
		slog.String("generation", x.generationName()),
		slog.String("errorCode", x.gen.Problem(e, "").ErrorCode),
		slog.String("address", x.addr.String()),
	}
	if e.Reason != "" {
		attrs = append(attrs, slog.String("reason", e.Reason))
	}
	x.s.log.LogAttrs(x.r.Context(), level, "refused", attrs...)
}

// firstThisSecond reports whether this is the first time in a second: last is
// when it was asked about before.
func firstThisSecond(last *atomic.Int64) bool {
	now := time.Now().Unix()
	return last.Swap(now) != now
}
