package op

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/latchkey/latchkey"
)

// usedEntry says which access list entry let a request in.
type usedEntry struct {
	useKey
	addr netip.Addr
	at   time.Time
}

// uses sums the use of access list entries in memory, so that a request never
// writes for it. What was summed since the last flush is lost in a crash; it
// is no part of the audited state.
type uses struct {
	mu  sync.Mutex
	sum map[useKey]latchkey.AccessListUse
}

// useKey names an entry. One that was deleted and added again is another.
type useKey struct {
	org     latchkey.OrgID
	key     latchkey.KeyID
	prefix  netip.Prefix
	created int64 // the entry's, in Unix seconds
}

func newUses() *uses { return &uses{sum: make(map[useKey]latchkey.AccessListUse)} }

func (u *uses) note(e usedEntry) {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := u.sum[e.useKey]
	s.Prefix, s.LastUsed, s.LastAddress = e.prefix, e.at, e.addr
	s.Count++
	u.sum[e.useKey] = s
}

// of returns what was summed for an entry and is not written yet.
func (u *uses) of(k useKey) (latchkey.AccessListUse, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	s, ok := u.sum[k]
	return s, ok
}

func (u *uses) take() map[useKey]latchkey.AccessListUse {
	u.mu.Lock()
	defer u.mu.Unlock()
	sum := u.sum
	u.sum = make(map[useKey]latchkey.AccessListUse)
	return sum
}

// giveBack adds what could not be written to what came in since.
func (u *uses) giveBack(sum map[useKey]latchkey.AccessListUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for k, old := range sum {
		s, newer := u.sum[k]
		if !newer {
			u.sum[k] = old
			continue
		}
		s.Count += old.Count
		u.sum[k] = s
	}
}

// FlushUse writes the summed use of access list entries that are still there.
// It returns the store's error; then nothing is lost and the next call tries
// again.
func (s *Service) FlushUse(ctx context.Context) error {
	sum := s.uses.take()
	if len(sum) == 0 {
		return nil
	}
	err := s.store.Update(ctx, func(tx latchkey.Tx) error {
		lists := make(map[latchkey.KeyID]latchkey.AccessList)
		for k, use := range sum {
			list, read := lists[k.key]
			if !read {
				key, err := tx.Key(k.org, k.key)
				if err != nil && !errors.Is(err, latchkey.ErrNotFound) {
					return err
				}
				list = key.AccessList // none of a key that is gone
				lists[k.key] = list
			}
			if i := list.Index(k.prefix); i < 0 || list[i].Created.Unix() != k.created {
				continue
			}
			if err := tx.AddAccessListUse(k.org, k.key, k.prefix, use.Count, use.LastUsed, use.LastAddress); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.uses.giveBack(sum)
	}
	return err
}

// forgottenAtOnce is how many notes of nonces are dropped in one change, so
// that other changes need not wait for long.
const forgottenAtOnce = 2000

// rememberedFor is how long a note is kept after it expired, so that a clock
// that is set back a little brings no nonce back to life.
const rememberedFor = time.Minute

// ForgetNonces drops the notes of nonces that expired a while ago.
func (s *Service) ForgetNonces(ctx context.Context) error {
	for n := forgottenAtOnce; n == forgottenAtOnce; {
		err := s.store.Update(ctx, func(tx latchkey.Tx) (err error) {
			n, err = tx.ForgetNonces(tx.Now().Add(-rememberedFor), forgottenAtOnce)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
