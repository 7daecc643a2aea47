package op

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/latchkey/latchkey"
)

// useKey names a part of a principal that can be used. One that was deleted and
// made again is another.
type useKey struct {
	org       latchkey.OrgID
	principal latchkey.PrincipalID
	what      string // as in latchkey.Use
	created   int64  // the part's, in Unix seconds
}

// useOfEntry names an entry of the principal's access list.
func useOfEntry(p *latchkey.Principal, e latchkey.AccessListEntry) useKey {
	return useKey{p.OrgID, p.ID, e.Prefix.String(), e.Created.Unix()}
}

// useOfSecret names a secret of the service account.
func useOfSecret(p *latchkey.Principal, s *latchkey.Secret) useKey {
	return useKey{p.OrgID, p.ID, string(s.ID), s.Created.Unix()}
}

// used says what a request used: at most an entry and a secret, at one time
// from one address.
type used struct {
	parts [2]useKey
	n     int
	addr  netip.Addr
	at    time.Time

	recorded recorded
}

func (u *used) add(k useKey) {
	u.parts[u.n] = k
	u.n++
}

// addSecret adds the secret that proved the credential; none if that was a key.
func (u *used) addSecret(cred *latchkey.Credential) {
	c := &cred.Caller
	if s := cred.Secrets.Find(c.Secret); s != nil {
		u.add(useKey{c.OrgID, c.ID, string(s.ID), s.Created.Unix()})
	}
}

// uses sums the use of access list entries and secrets in memory, so that a
// request never writes for it. What was summed since the last flush is lost in
// a crash; it is no part of the audited state.
type uses struct {
	mu  sync.Mutex
	sum map[useKey]latchkey.Use
}

func newUses() *uses { return &uses{sum: make(map[useKey]latchkey.Use)} }

func (u *uses) note(x *used) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, k := range x.parts[:x.n] {
		s := u.sum[k]
		s.What, s.LastUsed, s.LastAddress = k.what, x.at, x.addr
		s.Count++
		u.sum[k] = s
	}
}

// with returns what was written of a use together with what was summed since.
// The clock may have gone back between the two.
func (u *uses) with(written latchkey.Use, k useKey) latchkey.Use {
	u.mu.Lock()
	defer u.mu.Unlock()
	s, ok := u.sum[k]
	if !ok {
		return written
	}
	s.Count += written.Count
	if written.LastUsed.After(s.LastUsed) {
		s.LastUsed, s.LastAddress = written.LastUsed, written.LastAddress
	}
	return s
}

func (u *uses) take() map[useKey]latchkey.Use {
	u.mu.Lock()
	defer u.mu.Unlock()
	sum := u.sum
	u.sum = make(map[useKey]latchkey.Use)
	return sum
}

// giveBack adds what could not be written to what came in since.
func (u *uses) giveBack(sum map[useKey]latchkey.Use) {
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

// FlushUse writes the summed use of access list entries and secrets that are
// still there. It returns the store's error; then nothing is lost and the next
// call tries again.
func (s *Service) FlushUse(ctx context.Context) error {
	sum := s.uses.take()
	if len(sum) == 0 {
		return nil
	}
	err := s.store.Update(ctx, func(tx latchkey.Tx) error {
		there := make(map[latchkey.PrincipalID]map[useKey]bool)
		for k, use := range sum {
			parts, read := there[k.principal]
			if !read {
				var err error
				if parts, err = partsOf(tx, k.org, k.principal); err != nil {
					return err
				}
				there[k.principal] = parts
			}
			if !parts[k] {
				continue
			}
			if err := tx.AddUse(k.org, k.principal, use); err != nil {
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

// partsOf returns what of a principal can be used; nothing of one that is gone.
func partsOf(r latchkey.Reader, org latchkey.OrgID, id latchkey.PrincipalID) (map[useKey]bool, error) {
	parts := make(map[useKey]bool)
	p, err := r.Principal(org, id)
	if errors.Is(err, latchkey.ErrNotFound) {
		return parts, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range p.AccessList {
		parts[useOfEntry(&p, e)] = true
	}
	if !id.IsAccount() {
		return parts, nil
	}
	account, err := r.Account(org, id)
	for i := range account.Secrets {
		parts[useOfSecret(&p, &account.Secrets[i])] = true
	}
	return parts, err
}

// ForgetTokens drops the notes of revoked tokens that expired a while ago.
func (s *Service) ForgetTokens(ctx context.Context) error {
	return s.forget(ctx, latchkey.Tx.ForgetTokens)
}

// forgottenAtOnce is how many notes of nonces are dropped in one change, so
// that other changes need not wait for long.
const forgottenAtOnce = 2000

// rememberedFor is how long a note is kept after it expired, so that a clock
// that is set back a little brings no nonce back to life.
const rememberedFor = time.Minute

// ForgetNonces drops the notes of nonces that expired a while ago.
func (s *Service) ForgetNonces(ctx context.Context) error {
	return s.forget(ctx, latchkey.Tx.ForgetNonces)
}

// forget drops notes a part at a time until none is left that expired a while ago.
func (s *Service) forget(ctx context.Context, some func(tx latchkey.Tx, before time.Time, limit int) (int, error)) error {
	for n := forgottenAtOnce; n == forgottenAtOnce; {
		err := s.store.Update(ctx, func(tx latchkey.Tx) (err error) {
			n, err = some(tx, tx.Now().Add(-rememberedFor), forgottenAtOnce)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
