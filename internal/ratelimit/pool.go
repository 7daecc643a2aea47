package ratelimit

import (
	"math"
	"net/netip"
	"sync"
	"time"
)

// Bounds of a Pool.
const (
	maxBuckets  = 50_000 // kept at once; further ones push others out
	firstSweep  = 256    // buckets from which on full ones are forgotten
	comparedOut = 16     // among how many buckets the one to push out is chosen
)

// Key names a bucket: the id of a project, of an organization or of a caller,
// or an address. Revocations draw on buckets of their own.
type Key struct {
	ID      string
	Revokes bool
}

// AddressKey returns the key of what counts as one address: all of an IPv4
// address, the first 64 bits of an IPv6 one, which is what one host can choose
// from.
func AddressKey(addr netip.Addr) Key {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		p, err := addr.Prefix(64)
		if err == nil {
			return Key{ID: p.String()}
		}
	}
	return Key{ID: addr.String()}
}

// Token is what a Pool answers.
type Token struct {
	Granted   bool
	Remaining int           // whole tokens left
	Wait      time.Duration // until there is one, when none was granted

	from *bucket
}

// RetryAfter returns the wait in seconds, rounded up, and at least 1.
func (t Token) RetryAfter() int { return max(1, int(math.Ceil(t.Wait.Seconds()))) }

// Pool holds the buckets of one limit. Those that are full are as good as none
// and are forgotten, so that it holds little more than who called of late.
type Pool struct {
	limit   Limit
	perSec  float64
	mu      sync.Mutex
	buckets map[Key]*bucket
	sweepAt int
}

// bucket is how many tokens there were when the last one was taken.
type bucket struct {
	left float64
	at   time.Time
}

// slack is what sums of fractions of a token may be off.
const slack = 1e-6

// NewPool returns a pool whose buckets are all full.
func NewPool(l Limit) *Pool {
	return &Pool{limit: l, perSec: float64(l.Refill) / RefillSeconds, buckets: make(map[Key]*bucket), sweepAt: firstSweep}
}

// Limit returns the limit of every bucket of the pool.
func (p *Pool) Limit() Limit { return p.limit }

// Take takes one token of the bucket, if it has one.
func (p *Pool) Take(k Key, now time.Time) Token {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.buckets[k]
	if b == nil {
		b = p.add(k, now)
	}
	tokens := p.tokens(b, now)
	if tokens < 1-slack {
		return Token{Wait: time.Duration((1 - tokens) / p.perSec * float64(time.Second)), from: b}
	}
	b.left, b.at = tokens-1, now
	return Token{Granted: true, Remaining: int(b.left + slack), from: b}
}

// GiveBack undoes a Take that was granted.
func (p *Pool) GiveBack(t Token) {
	if !t.Granted {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t.from.left++ // tokens bounds it
}

// tokens returns how many there are now: what was left and what came since, and
// never more than the capacity. When the clock goes back nothing comes.
func (p *Pool) tokens(b *bucket, now time.Time) float64 {
	came := max(0, now.Sub(b.at).Seconds()) * p.perSec
	return min(b.left+came, float64(p.limit.Capacity))
}

func (p *Pool) add(k Key, now time.Time) *bucket {
	if len(p.buckets) >= p.sweepAt {
		p.sweep(now)
	}
	b := &bucket{left: float64(p.limit.Capacity), at: now}
	p.buckets[k] = b
	return b
}

// sweep forgets full buckets. It comes again when there are twice as many as
// it left, so that each bucket pays for it once.
func (p *Pool) sweep(now time.Time) {
	for k, b := range p.buckets {
		if p.tokens(b, now) >= float64(p.limit.Capacity) {
			delete(p.buckets, k)
		}
	}
	if len(p.buckets) >= maxBuckets {
		for len(p.buckets) > maxBuckets*3/4 {
			p.pushOut(now)
		}
	}
	p.sweepAt = min(max(firstSweep, 2*len(p.buckets)), maxBuckets)
}

// pushOut forgets the fullest of a few buckets, which a map yields in no order
// that anybody could choose.
func (p *Pool) pushOut(now time.Time) {
	var fullest Key
	most, n := -1.0, 0
	for k, b := range p.buckets {
		if tokens := p.tokens(b, now); tokens > most {
			fullest, most = k, tokens
		}
		if n++; n == comparedOut {
			break
		}
	}
	delete(p.buckets, fullest)
}
