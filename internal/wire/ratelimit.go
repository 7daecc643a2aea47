package wire

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/metrics"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/ratelimit"
)

// limiter is what limits the rows of one endpoint set, on all generations
// together.
type limiter struct {
	scope    ratelimit.Scope
	pool     *ratelimit.Pool
	capacity []string // the header's value
	refused  *metrics.Counter
}

// limiters makes one limiter for each set that is limited.
func limiters(l ratelimit.Limits, m *metrics.Metrics) map[string]*limiter {
	all := make(map[string]*limiter)
	for _, set := range ratelimit.Sets() {
		if limit, ok := l[set.ID]; ok {
			all[set.ID] = &limiter{set.Scope, ratelimit.NewPool(limit), []string{strconv.Itoa(limit.Capacity)}, m.RateLimitRefusals(set.ID)}
		}
	}
	return all
}

// key names the bucket of a call. A revocation draws on one that is the
// caller's alone, whatever the scope: no other traffic uses it up.
func (l *limiter) key(d *op.Drawn, x *exchange) ratelimit.Key {
	switch {
	case d.Revokes:
		return ratelimit.Key{ID: string(d.Caller.ID), Revokes: true}
	case l.scope == ratelimit.ScopeProject && d.Project != "":
		return ratelimit.Key{ID: string(d.Project)}
	case l.scope == ratelimit.ScopeOrganization:
		return ratelimit.Key{ID: string(d.Caller.OrgID)}
	case l.scope == ratelimit.ScopeAddress:
		return ratelimit.AddressKey(x.addr)
	}
	return ratelimit.Key{ID: string(d.Caller.ID)}
}

// draw is what an exchange drew of its limiter.
type draw struct {
	limiter *limiter // nil when nothing limits the row
	drew    bool
	revokes bool // whether as a revocation
	token   ratelimit.Token
}

// limit returns the limit of the call, nil when there is none.
func (x *exchange) limit() op.Limit {
	if x.limiter == nil {
		return nil
	}
	return x
}

// Draw implements op.Limit.
func (x *exchange) Draw(d *op.Drawn) *latchkey.Error {
	if !x.drew || !x.token.Granted && d.Revokes && !x.draw.revokes {
		x.take(x.limiter.key(d, x), d.Now)
		x.draw.revokes = d.Revokes
	}
	return x.overdrawn()
}

// drawOpen draws for a row that answers everybody.
func (x *exchange) drawOpen() *latchkey.Error {
	if x.limiter == nil {
		return nil
	}
	x.take(ratelimit.AddressKey(x.addr), time.Now())
	return x.overdrawn()
}

func (x *exchange) take(k ratelimit.Key, now time.Time) {
	x.token, x.drew = x.limiter.pool.Take(k, now), true
}

// overdrawn returns the refusal of a request that got no token, or nil.
func (x *exchange) overdrawn() *latchkey.Error {
	if x.token.Granted {
		return nil
	}
	l := x.limiter.pool.Limit()
	return latchkey.Refuse(latchkey.CodeRateLimited, x.r.URL.EscapedPath()[1:], x.token.RetryAfter(), l.Capacity, l.Refill, ratelimit.RefillSeconds)
}

// giveBack undoes what was drawn for a request that is challenged: the same
// request comes again with a fresh nonce.
func (x *exchange) giveBack() {
	if x.drew {
		x.limiter.pool.GiveBack(x.token)
	}
}

// tellLimit sets the headers of an exchange that drew, or tried to.
func (x *exchange) tellLimit(h http.Header) {
	if x.drew {
		h["Ratelimit-Limit"] = x.limiter.capacity
		h["Ratelimit-Remaining"] = []string{strconv.Itoa(x.token.Remaining)}
	}
}

// EndpointSet returns the set that the row belongs to, the zero Set when none
// limits it. It returns false for a path that nobody thought of.
func (row *Row) EndpointSet() (ratelimit.Set, bool) { return ratelimit.Find(row.Patterns[0]) }

// EndpointSets returns the endpoint sets of the rows with their limits, and of
// endpoints that are no rows. Of the generations the dated one is listed: the
// rows of the others belong to the same sets.
func EndpointSets(rows []Row, l ratelimit.Limits, others ...ratelimit.Endpoint) []ratelimit.EndpointSet {
	return ratelimit.EndpointSets(l, func(yield func(string, ratelimit.Endpoint) bool) {
		for i := range rows {
			row := &rows[i]
			if !row.Absolute && !slices.Contains(row.Generations, AtlasV2) {
				continue
			}
			if !yield(row.Patterns[0], ratelimit.Endpoint{Method: row.Method, Path: row.Paths(AtlasV2)[0]}) {
				return
			}
		}
		for _, e := range others {
			if !yield(e.Path, e) {
				return
			}
		}
	})
}
