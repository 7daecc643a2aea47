package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	suspectFor    = 30 * time.Second // how long after its last one too many an address is suspect
	suspectChecks = 100              // checks a second that a suspect address gets
	maxAddresses  = 10_000           // addresses kept; further ones push quiet ones out
	maxWaiting    = 32               // requests of one suspect address that may wait for their turn
	maxWaitingAll = 256              // and those of all suspect addresses together
)

// Guard slows addresses down that send wrong responses: each gets its checks
// one at a time and at a bounded pace, so that guessing costs the server little
// and callers from other addresses wait for none of it. A right response from a
// suspect address is only later, unless so many wait there that it is told to
// come again. It is an op.Guard.
type Guard struct {
	clock    func() time.Time
	log      *slog.Logger
	some     atomic.Bool // whether any address is kept
	mu       sync.Mutex
	suspects map[netip.Prefix]*suspect
	waiting  int
}

// suspect is an address that sent wrong responses. All but its lane is guarded
// by the guard's lock.
type suspect struct {
	failures *rate.Limiter
	checks   *rate.Limiter
	lane     chan struct{}
	until    time.Time // suspect up to then
	seen     time.Time
	waiting  int
}

// NewGuard returns a guard in whose eyes every address is in good standing. It
// logs each address that becomes suspect.
func NewGuard(clock func() time.Time, log *slog.Logger) *Guard {
	return &Guard{clock: clock, log: log, suspects: make(map[netip.Prefix]*suspect)}
}

// Enter implements op.Guard. It returns latchkey.ErrUnavailable when too many
// requests wait already.
func (g *Guard) Enter(ctx context.Context, addr netip.Addr) (bool, func(), error) {
	if !g.some.Load() {
		return false, leaveNothing, nil
	}
	s, err := g.queue(addr)
	if s == nil {
		return err != nil, leaveNothing, err
	}
	defer g.dequeue(s)
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

// queue returns nil for an address in good standing; a suspect one it counts
// among those that wait.
func (g *Guard) queue(addr netip.Addr) (*suspect, error) {
	now := g.clock()
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.suspects[place(addr)]
	if s == nil || !now.Before(s.until) {
		return nil, nil
	}
	if s.waiting >= maxWaiting || g.waiting >= maxWaitingAll {
		return nil, fmt.Errorf("%w: too many requests wait at an address that sent wrong responses", latchkey.ErrUnavailable)
	}
	s.waiting++
	g.waiting++
	return s, nil
}

func (g *Guard) dequeue(s *suspect) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.waiting--
	g.waiting--
}

// Failed implements op.Guard.
func (g *Guard) Failed(addr netip.Addr) {
	now := g.clock()
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.suspects[place(addr)]
	if s == nil {
		if len(g.suspects) >= maxAddresses {
			g.pushOut()
		}
		s = &suspect{
			failures: rate.NewLimiter(failurePace, freeFailures),
			checks:   rate.NewLimiter(suspectChecks, suspectChecks),
			lane:     make(chan struct{}, 1),
		}
		g.suspects[place(addr)] = s
		g.some.Store(true)
	}
	s.seen = now
	if s.failures.AllowN(now, 1) {
		return
	}
	if !now.Before(s.until) {
		g.log.Warn("an address sends wrong responses and is slowed down", slog.String("address", addr.String()))
	}
	s.until = now.Add(suspectFor)
}

// pushedOutOf is among how many addresses the quietest is pushed out.
const pushedOutOf = 16

// pushOut forgets one address: the quietest of a few, which a map yields in no
// order that anybody could choose.
func (g *Guard) pushOut() {
	var quietest netip.Prefix
	var seen time.Time
	n := 0
	for at, s := range g.suspects {
		if n == 0 || s.seen.Before(seen) {
			quietest, seen = at, s.seen
		}
		if n++; n == pushedOutOf {
			break
		}
	}
	delete(g.suspects, quietest)
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
