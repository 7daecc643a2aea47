package op

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// useStore is a store that only takes use counters, or refuses.
type useStore struct {
	latchkey.Store
	fail  error
	taken map[netip.Prefix]int64
}

type useTx struct {
	latchkey.Tx
	s *useStore
}

func (s *useStore) Update(_ context.Context, f func(latchkey.Tx) error) error {
	if s.fail != nil {
		return s.fail
	}
	return f(useTx{s: s})
}

func (tx useTx) AddAccessListUse(_ latchkey.OrgID, _ latchkey.KeyID, p netip.Prefix, add int64, _ time.Time, _ netip.Addr) error {
	tx.s.taken[p] += add
	return nil
}

func TestFlushUse(t *testing.T) {
	store := &useStore{taken: make(map[netip.Prefix]int64)}
	s := NewService(Config{Store: store})
	p := netip.MustParsePrefix("192.0.2.0/24")
	addr := netip.MustParseAddr("192.0.2.1")
	use := func(n int) {
		for range n {
			s.uses.note(usedEntry{"o", "k", p, addr, time.Unix(1, 0)})
		}
	}
	use(3)
	if got, ok := s.uses.of("o", "k", p); !ok || got.Count != 3 || got.LastAddress != addr {
		t.Errorf("before the flush: %+v, %v", got, ok)
	}
	store.fail = errors.New("no")
	if err := s.FlushUse(context.Background()); !errors.Is(err, store.fail) {
		t.Errorf("flush: %v, want the store's error", err)
	}
	use(2)
	store.fail = nil
	if err := s.FlushUse(context.Background()); err != nil {
		t.Fatal(err)
	}
	if store.taken[p] != 5 {
		t.Errorf("written %d, want 5: a failed flush must lose nothing", store.taken[p])
	}
	if _, ok := s.uses.of("o", "k", p); ok {
		t.Error("still counted after the flush")
	}
}
