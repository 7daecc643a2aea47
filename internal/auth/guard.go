package auth

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/latchkey/latchkey"
)

func isNotFound(err error) bool { return errors.Is(err, latchkey.ErrNotFound) }

// Limits of a Guard.
const (
	freeFailures  = 20               // wrong responses that an address may send at once
	failurePace   = 1                // wrong responses a second that it may send for ever
	suspectFor    = 30 * time.Second // how long an address that sent more is suspect
	suspectChecks = 100              // checks a second that a suspect address gets
	maxAddresses  = 10_000           // addresses kept; the rest share one place
)

// Guard slows addresses down that send wrong responses: each gets its checks
// one at a time and at a bounded pace, so that guessing costs the server little
// and other callers wait for none of it. It never refuses: a right response
// from a suspect address is only later. It is an op.Guard.
type Guard struct {
	clock    func() time.Time
	some     atomic.Bool // whether any address is kept
	mu       sync.Mutex
	suspects map[netip.Prefix]*suspect
	forgot   time.Time // when quiet addresses were last dropped
}

type suspect struct {
	failures *rate.Limiter
	checks   *rate.Limiter
	lane     chan struct{}
	until    time.Time // suspect up to then
	seen     time.Time
}

// NewGuard returns a guard in whose eyes every address is in good standing.
func NewGuard(clock func() time.Time) *Guard {
	return &Guard{clock: clock, suspects: make(map[netip.Prefix]*suspect)}
}

// Enter implements op.Guard.
func (g *Guard) Enter(ctx context.Context, addr netip.Addr) (bool, func(), error) {
	if !g.some.Load() {
		return false, leaveNothing, nil
	}
	now := g.clock()
	g.mu.Lock()
	s := g.suspects[place(addr)]
	if s == nil && len(g.suspects) > maxAddresses {
		s = g.suspects[netip.Prefix{}]
	}
	watched := s != nil && now.Before(s.until)
	g.mu.Unlock()
	if !watched {
		return false, leaveNothing, nil
	}
	select {
	case s.lane <- struct{}{}:
	case <-ctx.Done():
		return true, leaveNothing, ctx.Err()
	}
	leave := func() { <-s.lane }
	if err := s.checks.Wait(ctx); err != nil {
		leave()
		return true, leaveNothing, err
	}
	return true, leave, nil
}

func leaveNothing() {}

// Failed implements op.Guard.
func (g *Guard) Failed(addr netip.Addr) {
	now := g.clock()
	g.mu.Lock()
	defer g.mu.Unlock()
	at := place(addr)
	s := g.suspects[at]
	if s == nil {
		if len(g.suspects) >= maxAddresses && now.Sub(g.forgot) >= time.Second {
			g.forget(now)
		}
		if len(g.suspects) >= maxAddresses {
			at = netip.Prefix{}
			s = g.suspects[at]
		}
	}
	if s == nil {
		s = &suspect{
			failures: rate.NewLimiter(failurePace, freeFailures),
			checks:   rate.NewLimiter(suspectChecks, suspectChecks),
			lane:     make(chan struct{}, 1),
		}
		g.suspects[at] = s
		g.some.Store(true)
	}
	s.seen = now
	if !s.failures.AllowN(now, 1) {
		s.until = now.Add(suspectFor)
	}
}

// forget drops the addresses that have been quiet for a while.
func (g *Guard) forget(now time.Time) {
	g.forgot = now
	for at, s := range g.suspects {
		if now.Sub(s.seen) > suspectFor {
			delete(g.suspects, at)
		}
	}
}

// place is what counts as one address: all of an IPv4 address, the first 64
// bits of an IPv6 one, which is what one host can choose from.
func place(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap()
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
