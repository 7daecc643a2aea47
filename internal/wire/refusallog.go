package wire

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
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
// path, and never what a caller sent. An internal fault also gets an id, which
// the caller sees in a header.
func (s *Server) logRefusal(x *exchange, operation string, e *latchkey.Error) {
	level := slog.LevelInfo
	switch e.Code {
	case latchkey.CodeUnauthenticated, latchkey.CodeStaleNonce:
		level = slog.LevelDebug // every other request of common clients is one
	case latchkey.CodeRouteNotFound, latchkey.CodeMethodNotAllowed:
		level = slog.LevelDebug // anybody can send these without credentials
	case latchkey.CodeInternal:
		level = slog.LevelError
		var id [8]byte
		_, _ = rand.Read(id[:]) // never fails
		x.w.Header()["X-Request-Id"] = []string{hex.EncodeToString(id[:])}
	case latchkey.CodeUnavailable:
		level = slog.LevelWarn
		if !s.firstThisSecond() {
			level = slog.LevelDebug // when it happens, it happens to many
		}
	}
	if !s.log.Enabled(x.r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("operation", operation),
		slog.String("generation", x.gen.Name()),
		slog.String("errorCode", x.gen.Problem(e, "").ErrorCode),
		slog.String("address", x.addr.String()),
	}
	if id := x.w.Header()["X-Request-Id"]; id != nil {
		attrs = append(attrs, slog.String("requestId", id[0]))
	}
	if e.Reason != "" {
		attrs = append(attrs, slog.String("reason", e.Reason))
	}
	s.log.LogAttrs(x.r.Context(), level, "refused", attrs...)
}

// firstThisSecond reports whether no request was unavailable this second yet.
func (s *Server) firstThisSecond() bool {
	now := time.Now().Unix()
	return s.unavailable.Swap(now) != now
}
