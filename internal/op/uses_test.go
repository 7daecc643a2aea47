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

// Key returns the key of all that is counted, with an entry of the first second.
func (tx useTx) Key(_ latchkey.OrgID, key latchkey.KeyID) (latchkey.APIKey, error) {
	if key != "k" {
		return latchkey.APIKey{}, latchkey.ErrNotFound
	}
	entry := latchkey.AccessListEntry{Prefix: netip.MustParsePrefix("192.0.2.0/24"), Created: time.Unix(1, 0)}
	return latchkey.APIKey{ID: key, AccessList: latchkey.AccessList{entry}}, nil
}

func TestFlushUse(t *testing.T) {
	store := &useStore{taken: make(map[netip.Prefix]int64)}
	s := NewService(Config{Store: store})
	p := netip.MustParsePrefix("192.0.2.0/24")
	addr := netip.MustParseAddr("192.0.2.1")
	entry := useKey{"o", "k", p, 1}
	use := func(n int) {
		for range n {
			s.uses.note(usedEntry{entry, addr, time.Unix(1, 0)})
		}
	}
	use(3)
	if got, ok := s.uses.of(entry); !ok || got.Count != 3 || got.LastAddress != addr {
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
	if _, ok := s.uses.of(entry); ok {
		t.Error("still counted after the flush")
	}
}

// TestFlushUseOfWhatIsGone: the use of an entry or a key that is gone, or was
// added again since, is dropped.
func TestFlushUseOfWhatIsGone(t *testing.T) {
	store := &useStore{taken: make(map[netip.Prefix]int64)}
	s := NewService(Config{Store: store})
	addr := netip.MustParseAddr("192.0.2.1")
	there := netip.MustParsePrefix("192.0.2.0/24")
	for _, k := range []useKey{
		{"o", "k", there, 0}, {"o", "k", netip.MustParsePrefix("192.0.0.0/16"), 1}, {"o", "gone", there, 1},
	} {
		s.uses.note(usedEntry{k, addr, time.Unix(1, 0)})
	}
	if err := s.FlushUse(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(store.taken) != 0 {
		t.Errorf("written %v, want nothing", store.taken)
	}
}
