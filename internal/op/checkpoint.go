package op

import (
	"context"
	"errors"
	"time"

	"github.com/latchkey/latchkey"
)

// SignFunc fills Signer and Signature of a checkpoint that is complete
// otherwise.
type SignFunc func(*latchkey.Checkpoint)

// SignedFunc reports whether a checkpoint was signed with one of the keys that
// a SignFunc has or had.
type SignedFunc func(*latchkey.Checkpoint) bool

// checkpointEvery is after how many events of an organization a checkpoint is
// signed with the event itself. What comes between is signed by SignCheckpoints.
const checkpointEvery = 1000

// checkpointsAtOnce is how many organizations are looked at in one transaction,
// so that other changes need not wait for long.
const checkpointsAtOnce = 100

// recorded is what one change recorded: the events of one organization.
type recorded struct {
	org    latchkey.OrgID // "" for none
	events int
	head   link // the last of them
}

// appendEvent appends the event to its organization's chain, with a checkpoint
// when its turn has come. Of what came before it only that is read which this
// process does not know by itself, or the events of one organization could keep
// all others waiting. A chain that must not be signed gets no checkpoint; the
// next SignCheckpoints tells, and until then it is not even looked at here:
// nobody shall be kept from changes by what happened to old events.
func (s *Service) appendEvent(tx latchkey.Tx, e *latchkey.Event, kept *recorded) error {
	if err := tx.AppendEvent(e); err != nil {
		return err
	}
	kept.org, kept.head = e.OrgID, link{e.Seq, e.Hash}
	kept.events++
	if e.Seq%checkpointEvery != 0 || s.sign == nil || s.unsigned.isRefused(e.OrgID) {
		return nil
	}
	_, err := s.checkpoint(tx, e.OrgID, s.unsigned.lastSeen(e.OrgID), true)
	if aboutChain(err) {
		s.unsigned.refuse(e.OrgID)
	}
	if errors.Is(err, ErrChainChanged) {
		return nil
	}
	return err
}

// recorded notes that the organization, if one is named, may have new events,
// and which was the last, and counts them, when they were kept, which err says.
// It comes after the commit, or SignCheckpoints could look too early; it also
// comes when that failed, because a commit may be made that is not acknowledged.
func (s *Service) recorded(r recorded, err error) {
	if err == nil {
		s.events.Add(int64(r.events))
	}
	if r.org == "" || s.sign == nil {
		return
	}
	s.unsigned.note(r.org)
	if err == nil {
		s.unsigned.see(r.org, r.head)
	}
}

// checkpoint signs how far the organization's chain goes, unless that is signed,
// and returns what the last checkpoint is of. It checks what it signs: from the
// event that checked names on, if there is one; justAppended says that the last
// event came in this transaction.
func (s *Service) checkpoint(tx latchkey.Tx, org latchkey.OrgID, checked link, justAppended bool) (link, error) {
	head, last, err := s.check(tx, org, checked, justAppended)
	if err != nil || head == last {
		return last, err
	}
	c := latchkey.Checkpoint{
		OrgID: org, Seq: head.seq, Hash: head.hash, Previous: last.seq, Created: tx.Now().UTC().Truncate(time.Millisecond),
	}
	s.sign(&c)
	return head, tx.InsertCheckpoint(c)
}

// SignCheckpoints signs a checkpoint of each organization that has events which
// came after its last one. The first call looks at all organizations for what an
// earlier process left; later ones know which had events since.
//
// A chain that is not what was recorded or signed, or cannot be read, is not
// signed. It is in the ChainErrors that are returned after all others were
// signed, and again at the next call. SignCheckpoints also returns the store's
// error; then nothing is forgotten and the next call goes on.
func (s *Service) SignCheckpoints(ctx context.Context) error {
	if s.sign == nil {
		return nil
	}
	began := time.Now()
	if err := s.unsigned.findOld(ctx, s.store); err != nil {
		return err
	}
	var refused ChainErrors
	err := inPieces(ctx, s.unsigned.take(), func(ctx context.Context, orgs []latchkey.OrgID) error {
		return s.signSome(ctx, orgs, &refused)
	}, s.unsigned.note)
	switch {
	case err != nil && len(refused) > 0:
		return errors.Join(refused, err)
	case len(refused) > 0:
		return refused
	case err == nil:
		s.signed.Store(&began)
	}
	return err
}

// signSome signs a checkpoint of each of a few organizations. It looks at each
// chain in a snapshot of its own first: what is damaged must not cost the
// changes of others that share the transaction, nor keep them waiting.
func (s *Service) signSome(ctx context.Context, orgs []latchkey.OrgID, refused *ChainErrors) error {
	var good []latchkey.OrgID
	var heads []link
	for _, org := range orgs {
		var head, last link
		err := s.store.View(ctx, func(r latchkey.Reader) (err error) {
			head, last, err = s.check(r, org, link{}, false)
			return err
		})
		switch {
		case aboutChain(err):
			s.unsigned.refuse(org)
			*refused = append(*refused, ChainError{org, err})
		case err != nil:
			return err
		case head == last:
			s.unsigned.remember(org, last)
			s.unsigned.see(org, last)
		default:
			s.unsigned.see(org, head)
			good, heads = append(good, org), append(heads, head)
		}
	}
	if len(good) == 0 {
		return nil
	}
	var signed map[latchkey.OrgID]link
	var changed ChainErrors
	err := s.store.Update(ctx, func(tx latchkey.Tx) error {
		signed, changed = make(map[latchkey.OrgID]link, len(good)), nil
		for i, org := range good {
			switch _, err := tx.LockOrganization(org); {
			case errors.Is(err, latchkey.ErrNotFound): // only its events are left
				continue
			case err != nil:
				return err
			}
			at, err := s.checkpoint(tx, org, heads[i], false)
			switch {
			case errors.Is(err, ErrChainChanged):
				changed = append(changed, ChainError{org, err})
				continue
			case err != nil:
				return err
			}
			signed[org] = at
		}
		return nil
	})
	if err != nil {
		return err
	}
	for org, at := range signed {
		s.unsigned.remember(org, at)
	}
	for _, c := range changed {
		s.unsigned.refuse(c.Org)
	}
	*refused = append(*refused, changed...)
	return nil
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
