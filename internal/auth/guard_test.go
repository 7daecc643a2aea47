package auth

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"
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
	g := NewGuard(func() time.Time { return now })
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
	g := NewGuard(time.Now)
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
	g := NewGuard(func() time.Time { return now })
	addr := netip.MustParseAddr("10.0.0.0")
	for range 3 * maxAddresses {
		g.Failed(addr)
		addr = addr.Next()
	}
	if len(g.suspects) > maxAddresses+1 {
		t.Errorf("%d addresses are kept", len(g.suspects))
	}
	if !enter(t, g, addr.String()) {
		t.Error("addresses beyond the bound are not slowed down")
	}
	now = now.Add(2 * suspectFor)
	g.Failed(addr)
	if len(g.suspects) > 2 {
		t.Errorf("%d addresses are kept after they were quiet", len(g.suspects))
	}
}
