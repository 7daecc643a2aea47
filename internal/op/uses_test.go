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
	taken map[string]int64
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

func (tx useTx) AddUse(_ latchkey.OrgID, _ latchkey.PrincipalID, add latchkey.Use) error {
	tx.s.taken[add.What] += add.Count
	return nil
}

// Principal returns the key of all that is counted, with an entry of the first second.
func (tx useTx) Principal(org latchkey.OrgID, key latchkey.PrincipalID) (latchkey.Principal, error) {
	if key != "k" {
		return latchkey.Principal{}, latchkey.ErrNotFound
	}
	entry := latchkey.AccessListEntry{Prefix: netip.MustParsePrefix("192.0.2.0/24"), Created: time.Unix(1, 0)}
	return latchkey.Principal{OrgID: org, ID: key, AccessList: latchkey.AccessList{entry}}, nil
}

func TestFlushUse(t *testing.T) {
	store := &useStore{taken: make(map[string]int64)}
	s := NewService(Config{Store: store})
	p := "192.0.2.0/24"
	addr := netip.MustParseAddr("192.0.2.1")
	entry := useKey{"o", "k", p, 1}
	use := func(n int) {
		for range n {
			s.uses.note(&used{parts: [2]useKey{entry}, n: 1, addr: addr, at: time.Unix(1, 0)})
		}
	}
	use(3)
	if got := s.uses.with(latchkey.Use{Count: 4}, entry); got.Count != 7 || got.LastAddress != addr {
		t.Errorf("before the flush: %+v", got)
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
	if got := s.uses.with(latchkey.Use{}, entry); got != (latchkey.Use{}) {
		t.Error("still counted after the flush")
	}
}

// TestFlushUseOfWhatIsGone: the use of an entry or a key that is gone, or was
// added again since, is dropped.
func TestFlushUseOfWhatIsGone(t *testing.T) {
	store := &useStore{taken: make(map[string]int64)}
	s := NewService(Config{Store: store})
	addr := netip.MustParseAddr("192.0.2.1")
	there := "192.0.2.0/24"
	for _, k := range []useKey{
		{"o", "k", there, 0}, {"o", "k", "192.0.0.0/16", 1}, {"o", "gone", there, 1},
	} {
		s.uses.note(&used{parts: [2]useKey{k}, n: 1, addr: addr, at: time.Unix(1, 0)})
	}
	if err := s.FlushUse(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(store.taken) != 0 {
		t.Errorf("written %v, want nothing", store.taken)
	}
}
