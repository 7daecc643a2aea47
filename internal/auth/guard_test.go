package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

func enter(t *testing.T, g *Guard, addr string) bool {
	t.Helper()
	suspect, leave, err := g.Enter(context.Background(), netip.MustParseAddr(addr))
	if err != nil {
		t.Fatal(err)
	}
	leave()
	return suspect
}

func TestGuard(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	g := NewGuard(func() time.Time { return now }, slog.New(slog.DiscardHandler))
	const bad, good = "192.0.2.1", "192.0.2.2"
	for range freeFailures {
		g.Failed(netip.MustParseAddr(bad))
	}
	if enter(t, g, bad) {
		t.Error("suspect before its free failures are used up")
	}
	g.Failed(netip.MustParseAddr(bad))
	if !enter(t, g, bad) {
		t.Error("not suspect after too many failures")
	}
	if !enter(t, g, "::ffff:"+bad) {
		t.Error("the same address in its IPv6 form is another one")
	}
	if enter(t, g, good) {
		t.Error("another address is suspect")
	}
	now = now.Add(suspectFor + time.Second)
	if enter(t, g, bad) {
		t.Error("suspect for ever")
	}
}

func TestGuardTakesOneAtATime(t *testing.T) {
	g := NewGuard(time.Now, slog.New(slog.DiscardHandler))
	bad := netip.MustParseAddr("2001:db8::1")
	for range freeFailures + 1 {
		g.Failed(bad)
	}
	_, leave, err := g.Enter(context.Background(), bad)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	neighbour := netip.MustParseAddr("2001:db8::2") // of the same /64
	if _, _, err := g.Enter(ctx, neighbour); !errors.Is(err, context.Canceled) {
		t.Errorf("a second look beside the first: %v", err)
	}
	leave()
	if _, leave, err := g.Enter(context.Background(), neighbour); err != nil {
		t.Error(err)
	} else {
		leave()
	}
}

func TestGuardKeepsABoundedNumberOfAddresses(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	g := NewGuard(func() time.Time { return now }, slog.New(slog.DiscardHandler))
	addr := netip.MustParseAddr("10.0.0.0")
	for range 3 * maxAddresses {
		g.Failed(addr)
		addr = addr.Next()
	}
	if len(g.suspects) > maxAddresses {
		t.Errorf("%d addresses are kept", len(g.suspects))
	}
	if enter(t, g, "192.0.2.1") {
		t.Error("an address that never failed is suspect because others did")
	}
	now = now.Add(time.Second)
	for range freeFailures + 1 {
		g.Failed(addr)
	}
	if !enter(t, g, addr.String()) {
		t.Error("a new address is not slowed down while many are kept")
	}
}

func TestGuardBoundsThoseWhoWait(t *testing.T) {
	g := NewGuard(time.Now, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	bad := netip.MustParseAddr("192.0.2.0")
	inLane := make([]func(), 0, maxWaitingAll)
	for g.waiting < maxWaitingAll {
		bad = bad.Next()
		for range freeFailures + 1 {
			g.Failed(bad)
		}
		_, leave, err := g.Enter(ctx, bad)
		if err != nil {
			t.Fatal(err)
		}
		inLane = append(inLane, leave)
		for range maxWaiting {
			done.Go(func() { _, _, _ = g.Enter(ctx, bad) })
		}
		for waiting := 0; waiting < maxWaiting; {
			g.mu.Lock()
			waiting = g.suspects[place(bad)].waiting
			g.mu.Unlock()
			time.Sleep(time.Millisecond)
		}
		if suspect, _, err := g.Enter(ctx, bad); !suspect || !errors.Is(err, latchkey.ErrUnavailable) {
			t.Fatalf("one more than may wait: %v, %v", suspect, err)
		}
	}
	other := bad.Next()
	for range freeFailures + 1 {
		g.Failed(other)
	}
	if _, _, err := g.Enter(ctx, other); !errors.Is(err, latchkey.ErrUnavailable) {
		t.Errorf("more than may wait in all: %v", err)
	}
	cancel()
	done.Wait()
	for _, leave := range inLane {
		leave()
	}
	if g.waiting != 0 {
		t.Errorf("%d still count as waiting", g.waiting)
	}
}
