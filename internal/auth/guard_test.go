package auth

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// newGuard returns a guard with a clock that stands still, and what it logs.
func newGuard() (*Guard, *time.Time, *strings.Builder) {
	now := time.Unix(1_000_000, 0)
	var log strings.Builder
	return NewGuard(func() time.Time { return now }, slog.New(slog.NewTextHandler(&log, nil))), &now, &log
}

func fail(g *Guard, addr string, times int) {
	for range times {
		g.Failed(netip.MustParseAddr(addr))
	}
}

// suspected reports whether the address is suspect, without waiting.
func suspected(g *Guard, addr string) bool {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	suspect, _ := g.Pace(ctx, netip.MustParseAddr(addr))
	return suspect
}

func TestGuard(t *testing.T) {
	g, now, log := newGuard()
	const bad, good = "192.0.2.1", "192.0.2.2"
	fail(g, bad, freeFailures)
	if suspected(g, bad) {
		t.Error("suspect before its free failures are used up")
	}
	fail(g, bad, 3)
	for addr, want := range map[string]bool{bad: true, "::ffff:" + bad: true, good: false} {
		if got := suspected(g, addr); got != want {
			t.Errorf("%s is suspect: %v", addr, got)
		}
	}
	if n := strings.Count(log.String(), "slowed down"); n != 1 || !strings.Contains(log.String(), bad) {
		t.Errorf("logged %d times, want once with the address: %s", n, log)
	}
	*now = now.Add(suspectFor + time.Second)
	if suspected(g, bad) {
		t.Error("suspect for ever")
	}
}

func TestGuardPaces(t *testing.T) {
	g := NewGuard(time.Now, slog.New(slog.DiscardHandler))
	bad := netip.MustParseAddr("2001:db8::1")
	fail(g, bad.String(), freeFailures+1)
	const requests = 10
	began := time.Now()
	var all sync.WaitGroup
	for range requests {
		bad = bad.Next() // of the same /64
		from := bad
		all.Go(func() {
			if suspect, err := g.Pace(context.Background(), from); !suspect || err != nil {
				t.Errorf("%v, %v", suspect, err)
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took < (requests-2)*time.Second/suspectPace {
		t.Errorf("%d requests had their turns in %v", requests, took)
	}
}

// TestGuardNeverWaitsForLong holds that a line grows no further than the
// longest wait, however many come, and gets shorter again.
func TestGuardNeverWaitsForLong(t *testing.T) {
	g, now, _ := newGuard()
	const bad = "192.0.2.1"
	fail(g, bad, freeFailures+1)
	for range 100 {
		var crowd sync.WaitGroup
		for range 50 {
			crowd.Go(func() {
				if wait, suspect := g.turn(netip.MustParseAddr(bad)); !suspect || wait > longestWait {
					t.Errorf("%v, %v", wait, suspect)
				}
			})
		}
		crowd.Wait()
	}
	*now = now.Add(longestWait)
	if wait, _ := g.turn(netip.MustParseAddr(bad)); wait > time.Second/suspectPace {
		t.Errorf("the line is still %v long after nobody came for a while", wait)
	}
}

func TestGuardKeepsABoundedNumberOfAddresses(t *testing.T) {
	g, now, _ := newGuard()
	addr := netip.MustParseAddr("10.0.0.0")
	for range 3 * maxAddresses {
		g.Failed(addr)
		addr = addr.Next()
	}
	if len(g.suspects) > maxAddresses {
		t.Errorf("%d addresses are kept", len(g.suspects))
	}
	if suspected(g, "192.0.2.1") {
		t.Error("an address that never failed is suspect because others did")
	}
	*now = now.Add(time.Second)
	fail(g, addr.String(), freeFailures+1)
	if !suspected(g, addr.String()) {
		t.Error("a new address is not slowed down while many are kept")
	}
}

// TestGuardTellsWhomItSlows: for the operator, how many addresses and requests.
func TestGuardTellsWhomItSlows(t *testing.T) {
	g, now, _ := newGuard()
	fail(g, "192.0.2.1", freeFailures+1)
	fail(g, "192.0.2.2", freeFailures)
	if n := g.Suspects(); n != 1 {
		t.Errorf("%d suspects", n)
	}
	for range 3 { // the first need not wait
		suspected(g, "192.0.2.1")
		suspected(g, "192.0.2.2")
	}
	if n := g.Paced(); n != 2 {
		t.Errorf("%d requests were paced", n)
	}
	*now = now.Add(suspectFor)
	if n := g.Suspects(); n != 0 {
		t.Errorf("%d suspects when all is forgiven", n)
	}
}
