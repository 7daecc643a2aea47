package op

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/latchkey/latchkey"
)

// SignFunc fills Signer and Signature of a checkpoint that is complete
// otherwise.
type SignFunc func(*latchkey.Checkpoint)

// checkpointEvery is after how many events of an organization a checkpoint is
// signed with the event itself. What comes between is signed by SignCheckpoints.
const checkpointEvery = 1000

// checkpointsAtOnce is how many organizations are looked at in one transaction,
// so that other changes need not wait for long.
const checkpointsAtOnce = 100

// appendEvent appends the event to its organization's chain, with a checkpoint
// when its turn has come.
func (s *Service) appendEvent(tx latchkey.Tx, e *latchkey.Event) error {
	err := tx.AppendEvent(e)
	if err == nil && e.Seq%checkpointEvery == 0 && s.sign != nil {
		err = s.checkpoint(tx, e.OrgID)
	}
	return err
}

// recorded notes that the organization, if one is named, may have a new event.
// It comes after the commit, or SignCheckpoints could look too early; it also
// comes when that failed, because a commit may be made that is not acknowledged.
func (s *Service) recorded(org latchkey.OrgID) {
	if org != "" && s.sign != nil {
		s.unsigned.note(org)
	}
}

// checkpoint signs how far the organization's chain goes, unless that is signed.
func (s *Service) checkpoint(tx latchkey.Tx, org latchkey.OrgID) error {
	seq, hash, last, err := heads(tx, org)
	if err != nil || seq <= last {
		return err
	}
	c := latchkey.Checkpoint{
		OrgID: org, Seq: seq, Hash: hash, Previous: last, Created: tx.Now().UTC().Truncate(time.Millisecond),
	}
	s.sign(&c)
	return tx.InsertCheckpoint(c)
}

// heads returns the newest event of the organization and the number of the last
// one that a checkpoint was signed for.
func heads(r latchkey.Reader, org latchkey.OrgID) (seq int64, hash [sha256.Size]byte, last int64, err error) {
	if seq, hash, err = r.ChainHead(org); err != nil {
		return 0, hash, 0, err
	}
	c, err := r.LastCheckpoint(org)
	if errors.Is(err, latchkey.ErrNotFound) {
		err = nil
	}
	return seq, hash, c.Seq, err
}

// SignCheckpoints signs a checkpoint of each organization that has events which
// came after its last one. The first call looks at all organizations for what an
// earlier process left; later ones know which had events since. It returns the
// store's error; then nothing is forgotten and the next call goes on.
func (s *Service) SignCheckpoints(ctx context.Context) error {
	if s.sign == nil {
		return nil
	}
	if err := s.unsigned.findOld(ctx, s.store); err != nil {
		return err
	}
	return inPieces(ctx, s.unsigned.take(), s.signSome, s.unsigned.note)
}

// signSome signs a checkpoint of each of a few organizations.
func (s *Service) signSome(ctx context.Context, orgs []latchkey.OrgID) error {
	return s.store.Update(ctx, func(tx latchkey.Tx) error {
		for _, org := range orgs {
			switch _, err := tx.LockOrganization(org); {
			case errors.Is(err, latchkey.ErrNotFound): // only its events are left
				continue
			case err != nil:
				return err
			}
			if err := s.checkpoint(tx, org); err != nil {
				return err
			}
		}
		return nil
	})
}

// inPieces does a few organizations at a time. When it fails it gives those back
// that were not done.
func inPieces(ctx context.Context, orgs []latchkey.OrgID, do func(context.Context, []latchkey.OrgID) error, giveBack func(...latchkey.OrgID)) error {
	for len(orgs) > 0 {
		piece := orgs[:min(len(orgs), checkpointsAtOnce)]
		err := ctx.Err()
		if err == nil {
			err = do(ctx, piece)
		}
		if err != nil {
			giveBack(orgs...)
			return err
		}
		orgs = orgs[len(piece):]
	}
	return nil
}

// unsigned remembers which organizations may have events after their last
// checkpoint, so that those that lie idle cost nothing. To name one that has
// none does no harm.
type unsigned struct {
	mu     sync.Mutex
	orgs   map[latchkey.OrgID]struct{}
	old    []latchkey.OrgID // not looked at yet for what an earlier process left
	listed bool             // whether old was read
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
	return inPieces(ctx, old, func(ctx context.Context, orgs []latchkey.OrgID) error {
		return store.View(ctx, func(r latchkey.Reader) error {
			for _, org := range orgs {
				seq, _, last, err := heads(r, org)
				if err != nil {
					return err
				}
				if seq > last {
					u.note(org)
				}
			}
			return nil
		})
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
