package op

import (
	"context"
	"slices"
	"sync"

	"github.com/latchkey/latchkey"
)

// unsigned remembers which organizations may have events after their last
// checkpoint, so that those that lie idle cost nothing. To name one that has
// none does no harm.
type unsigned struct {
	mu     sync.Mutex
	orgs   map[latchkey.OrgID]struct{}
	old    []latchkey.OrgID // not looked at yet for what an earlier process left
	listed bool             // whether old was read

	signed  map[latchkey.OrgID]link     // what the last checkpoint of this process was of
	seen    map[latchkey.OrgID]link     // the newest event that this process recorded or found good
	refused map[latchkey.OrgID]struct{} // whose chain was found not to be what it was
}

func (u *unsigned) note(orgs ...latchkey.OrgID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.orgs == nil {
		u.orgs = make(map[latchkey.OrgID]struct{})
	}
	for _, org := range orgs {
		u.orgs[org] = struct{}{}
	}
}

// take returns what was noted, in order, and forgets it.
func (u *unsigned) take() []latchkey.OrgID {
	u.mu.Lock()
	defer u.mu.Unlock()
	orgs := make([]latchkey.OrgID, 0, len(u.orgs))
	for org := range u.orgs {
		orgs = append(orgs, org)
	}
	slices.Sort(orgs)
	u.orgs = nil
	return orgs
}

// findOld notes the organizations that have events after their last checkpoint,
// once in a process.
func (u *unsigned) findOld(ctx context.Context, store latchkey.Store) error {
	old, err := u.takeOld(ctx, store)
	if err != nil {
		return err
	}
	look := func(ctx context.Context, orgs ...latchkey.OrgID) error {
		return store.View(ctx, func(r latchkey.Reader) error {
			for _, org := range orgs {
				head, c, err := ends(r, org)
				if err != nil {
					return err
				}
				if last := (link{c.Seq, c.Hash}); head != last {
					u.note(org)
				} else {
					u.remember(org, last)
				}
			}
			return nil
		})
	}
	return inPieces(ctx, old, func(ctx context.Context, orgs []latchkey.OrgID) error {
		err := look(ctx, orgs...)
		if !aboutChain(err) {
			return err
		}
		for _, org := range orgs { // one of them cannot be read: each by itself
			if err = look(ctx, org); aboutChain(err) {
				u.note(org) // who signs says so
			} else if err != nil {
				return err
			}
		}
		return nil
	}, u.giveBackOld)
}

func (u *unsigned) takeOld(ctx context.Context, store latchkey.Store) (old []latchkey.OrgID, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.listed {
		err := store.View(ctx, func(r latchkey.Reader) (err error) {
			u.old, err = r.Organizations()
			return err
		})
		if err != nil {
			return nil, err
		}
		u.listed = true
	}
	old, u.old = u.old, nil
	return old, nil
}

func (u *unsigned) giveBackOld(orgs ...latchkey.OrgID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.old = orgs
}

// remember notes that this process signed a checkpoint there, or saw the last
// one there, at the end of the chain.
func (u *unsigned) remember(org latchkey.OrgID, at link) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.signed == nil {
		u.signed = make(map[latchkey.OrgID]link)
	}
	u.signed[org] = at
	delete(u.refused, org)
}

// see notes that this process recorded the event, or found it and all before it
// good.
func (u *unsigned) see(org latchkey.OrgID, at link) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.seen == nil {
		u.seen = make(map[latchkey.OrgID]link)
	}
	if at.seq > u.seen[org].seq {
		u.seen[org] = at
	}
}

// lastSeen returns the newest event that was noted, zero for none.
func (u *unsigned) lastSeen(org latchkey.OrgID) link {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.seen[org]
}

// lastSigned returns what was remembered last, zero for nothing.
func (u *unsigned) lastSigned(org latchkey.OrgID) link {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.signed[org]
}

// refuse notes that the organization's chain must not be signed, and that the
// next round shall look at it again.
func (u *unsigned) refuse(org latchkey.OrgID) {
	u.note(org)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.refused == nil {
		u.refused = make(map[latchkey.OrgID]struct{})
	}
	u.refused[org] = struct{}{}
}

func (u *unsigned) isRefused(org latchkey.OrgID) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, refused := u.refused[org]
	return refused
}
