package server

import (
	"strconv"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/metrics"
	"github.com/latchkey/latchkey/internal/ratelimit"
	"github.com/latchkey/latchkey/internal/wire"
)

// attemptLimit counts wrong credentials at the token endpoint, by address. It is
// asked once they are known to be wrong: a right secret is never refused by it.
type attemptLimit struct {
	pool    *ratelimit.Pool
	clock   func() time.Time
	refused *metrics.Counter
}

// newAttemptLimit returns nil when nothing limits the token endpoint.
func newAttemptLimit(l ratelimit.Limits, clock func() time.Time, m *metrics.Metrics) *attemptLimit {
	limit, ok := l[ratelimit.TokenSet]
	if !ok {
		return nil
	}
	return &attemptLimit{ratelimit.NewPool(limit), clock, m.RateLimitRefusals(ratelimit.TokenSet)}
}

// wrong counts wrong credentials. It returns a refusal, which is answered in the
// place of any other, when too many came from the address.
func (a *attemptLimit) wrong(p *wire.Plain) *latchkey.Error {
	if a == nil {
		return nil
	}
	token := a.pool.Take(ratelimit.AddressKey(p.Address()), a.clock())
	if token.Granted {
		return nil
	}
	a.refused.Inc()
	p.AnswerHeader()["Retry-After"] = []string{strconv.Itoa(token.RetryAfter())}
	return latchkey.Refuse(latchkey.CodeAttemptsLimited, p.Request().URL.Path, a.pool.Limit().Refill, ratelimit.RefillSeconds/60)
}
