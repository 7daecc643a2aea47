package op

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/latchkey/latchkey"
)

// ErrChainChanged is wrapped when the events of an organization, or its
// checkpoints, are not those that were recorded and signed. They are never
// signed again.
var ErrChainChanged = errors.New("the audit trail was changed: run latchkey audit verify")

// ChainError says why the events of an organization are not signed: Err wraps
// ErrChainChanged or latchkey.ErrCorrupt.
type ChainError struct {
	Org latchkey.OrgID
	Err error
}

// ChainErrors are the organizations whose events are not signed.
type ChainErrors []ChainError

// Error names the first of them.
func (c ChainErrors) Error() string {
	return fmt.Sprintf("%d organizations cannot be signed for; %s: %v", len(c), c[0].Org, c[0].Err)
}

// aboutChain reports whether an error is about what is stored of one
// organization, so that others may be whole.
func aboutChain(err error) bool {
	return errors.Is(err, ErrChainChanged) || errors.Is(err, latchkey.ErrCorrupt)
}

// link is an event of a chain: what a checkpoint is of.
type link struct {
	seq  int64
	hash [sha256.Size]byte
}

// relinkedAtOnce is how many events are read at a time.
const relinkedAtOnce = 250

// ends returns the newest event of the organization and its last checkpoint,
// each zero when there is none.
func ends(r latchkey.Reader, org latchkey.OrgID) (head link, last latchkey.Checkpoint, err error) {
	if head.seq, head.hash, err = r.ChainHead(org); err != nil {
		return head, last, err
	}
	last, err = r.LastCheckpoint(org)
	if errors.Is(err, latchkey.ErrNotFound) {
		return head, latchkey.Checkpoint{}, nil
	}
	return head, last, err
}

// check returns the newest event of the organization and the one that the last
// checkpoint is of, when the first may be signed: the last checkpoint must be
// what this process signed last, or newer, and signed with our key; none of
// those that come with every so many events may be missing before the newest
// event, so that there are never many to look at; and the events from the last
// checkpoint on must be chained, that of the checkpoint having the hash that was
// signed. If checked names a later event, which was found good before, it begins
// there. It returns what aboutChain is true of, and other errors of the store.
func (s *Service) check(r latchkey.Reader, org latchkey.OrgID, checked link, justAppended bool) (head, last link, err error) {
	head, c, err := ends(r, org)
	if err != nil {
		return head, last, err
	}
	last = link{c.Seq, c.Hash}
	before := head.seq
	if justAppended {
		before--
	}
	known, due := s.unsigned.lastSigned(org), before/checkpointEvery*checkpointEvery
	switch {
	case last.seq < known.seq:
		return head, last, changed("the last checkpoint is of event %d, but this server signed one of event %d", last.seq, known.seq)
	case last.seq == known.seq && last.hash != known.hash:
		return head, last, changed("the checkpoint of event %d is not that which this server signed", last.seq)
	case last.seq < due:
		return head, last, changed("the checkpoint of event %d is not there", due)
	case last.seq > head.seq:
		return head, last, changed("a checkpoint was signed of event %d, but the events end at %d", last.seq, head.seq)
	case head == last: // nothing is to be signed
		return head, last, nil
	case last.seq > 0 && (c.OrgID != org || !s.isSigned(&c)):
		return head, last, changed("the checkpoint of event %d is not signed with a key of this server", last.seq)
	}
	if seen := s.unsigned.lastSeen(org); seen.seq > 0 {
		// What this process recorded itself must be there as it was.
		if err := relink(r, org, seen, seen); err != nil {
			return head, last, err
		}
	}
	from := last
	if checked.seq > from.seq {
		from = checked
	}
	return head, last, relink(r, org, from, head)
}

// relink checks that the events between the two, and these, are chained.
func relink(r latchkey.Reader, org latchkey.OrgID, from, head link) error {
	if from.seq > 0 {
		events, err := r.Events(org, from.seq-1, 1)
		if err != nil {
			return err
		}
		if len(events) == 0 || events[0].Seq != from.seq || events[0].Hash != from.hash || !events[0].Verify(events[0].PrevHash) {
			return changed("event %d is not what it was", from.seq)
		}
	}
	for at := from; at.seq < head.seq; {
		events, err := r.Events(org, at.seq, relinkedAtOnce)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return changed("event %d is not there", at.seq+1)
		}
		for i := range events {
			e := &events[i]
			if e.OrgID != org || e.Seq != at.seq+1 || !e.Verify(at.hash) {
				return changed("event %d does not follow on event %d, or is not what it was", e.Seq, at.seq)
			}
			at = link{e.Seq, e.Hash}
		}
	}
	return nil
}

func changed(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrChainChanged)
}
