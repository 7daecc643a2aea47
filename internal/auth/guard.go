package auth

import (
	"context"
	"errors"
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
	freeFailures = 20               // wrong credentials that an address may send at once
	failurePace  = 1                // and how many a second for ever
	suspectFor   = 30 * time.Second // how long after its last one too many an address is suspect
	suspectPace  = 50               // requests a second of a suspect address that are looked at
	longestWait  = 5 * time.Second  // of a request for its turn, however long the line
	maxAddresses = 10_000           // addresses kept; further ones push quiet ones out
)

// Guard slows addresses down that send wrong credentials: their requests wait
// for a turn at a bounded pace, and none longer than five seconds, before anything of them is read, so that
// guessing costs the server little and callers from other addresses wait for
// none of it. It refuses nothing: right credentials from a suspect address are
// only later. It is a wire.Guard.
type Guard struct {
	clock    func() time.Time
	log      *slog.Logger
	some     atomic.Bool // whether any address is kept
	paced    atomic.Int64
	mu       sync.Mutex
	suspects map[netip.Prefix]*suspect
}

// suspect is an address that sent wrong credentials.
type suspect struct {
	failures *rate.Limiter
	turns    *rate.Limiter
	until    time.Time // suspect up to then
	seen     time.Time
}

// NewGuard returns a guard in whose eyes every address is in good standing. It
// logs each address that becomes suspect.
func NewGuard(clock func() time.Time, log *slog.Logger) *Guard {
	return &Guard{clock: clock, log: log, suspects: make(map[netip.Prefix]*suspect)}
}

// Pace implements wire.Guard.
func (g *Guard) Pace(ctx context.Context, addr netip.Addr) (bool, error) {
	if !g.some.Load() {
		return false, nil
	}
	wait, suspect := g.turn(addr)
	if wait <= 0 {
		return suspect, nil
	}
	g.paced.Add(1)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true, nil
	case <-ctx.Done():
		return true, ctx.Err()
	}
}

// turn returns how long a request of the address has to wait, and whether the
// address is suspect. Beyond the longest wait the line does not grow: the
// secret might be right.
func (g *Guard) turn(addr netip.Addr) (time.Duration, bool) {
	now := g.clock()
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.suspects[place(addr)]
	if s == nil || !now.Before(s.until) {
		return 0, false
	}
	turn := s.turns.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > longestWait {
		turn.CancelAt(now)
		wait = longestWait
	}
	return wait, true
}

// Paced returns how many requests had to wait for their turn.
func (g *Guard) Paced() int64 { return g.paced.Load() }

// Suspects returns how many addresses are suspect now.
func (g *Guard) Suspects() int {
	now := g.clock()
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, s := range g.suspects {
		if now.Before(s.until) {
			n++
		}
	}
	return n
}

// Failed implements wire.Guard.
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
			turns:    rate.NewLimiter(suspectPace, 1),
		}
		g.suspects[place(addr)] = s
		g.some.Store(true)
	}
	s.seen = now
	if s.failures.AllowN(now, 1) {
		return
	}
	if !now.Before(s.until) {
		g.log.Warn("an address sends wrong credentials and is slowed down", slog.String("address", addr.String()))
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
