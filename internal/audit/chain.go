package audit

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/latchkey/latchkey"
)

// checkpointEvery is how many events lie between two checkpoints at the most:
// the server signs one with every event whose number this divides.
const checkpointEvery = 1000

// eventPage is how many events are read at a time.
const eventPage = 1000

// chain checks the events and checkpoints of one organization in their order,
// wherever they come from, and replays the events.
type chain struct {
	org       latchkey.OrgID
	keys      PublicKeys // nil: signatures are not looked at
	keep      []latchkey.Checkpoint
	keepFound []bool // which of keep were met

	first  int64 // number of the first event
	last   int64 // number of the last event
	prev   [sha256.Size]byte
	events int64
	state  State
	// stopped says that an event could not be applied, or that the first one
	// is not there: the state is not that of the end.
	stopped bool

	checkpoints int
	newest      *latchkey.Checkpoint // the last one that was right
	lastSigned  int64                // the number of the last one, right or not; -1 when it is one before the first event, or none

	findings []Finding
	omitted  int
}

// newChain returns one that has seen nothing yet; of the checkpoints that were
// kept it takes those of the organization.
func newChain(org latchkey.OrgID, keys PublicKeys, keep []latchkey.Checkpoint) chain {
	c := chain{org: org, keys: keys, first: 1}
	for _, k := range keep {
		if k.OrgID == org {
			c.keep = append(c.keep, k)
		}
	}
	c.keepFound = make([]bool, len(c.keep))
	return c
}

// line takes the next event or checkpoint.
func (c *chain) line(l Line) {
	if l.Event != nil {
		c.event(l.Event)
	} else {
		c.checkpoint(l.Checkpoint)
	}
}

func (c *chain) find(f Finding) {
	f.Org, f.What = c.org, printable(f.What, maxWhat)
	f.Principal = latchkey.PrincipalID(printable(string(f.Principal), maxValue))
	f.Project = latchkey.ProjectID(printable(string(f.Project), maxValue))
	if len(c.findings) >= MaxFindings {
		c.omitted++
		return
	}
	c.findings = append(c.findings, f)
}

// event checks the next event and replays it.
func (c *chain) event(e *latchkey.Event) {
	if c.linked(e) {
		c.replay(e)
	}
}

// linked checks that the event is the next one of the chain, and goes on there.
// It returns false for what has no place in any chain.
func (c *chain) linked(e *latchkey.Event) bool {
	c.events++
	if e.Seq < 1 {
		c.find(Finding{Kind: KindChain, Seq: e.Seq, What: "there is an event with this number: they are numbered from 1 on"})
		return false
	}
	c.link(e)
	c.last, c.prev = e.Seq, e.Hash
	return true
}

// replay applies the event to the state.
func (c *chain) replay(e *latchkey.Event) {
	if c.stopped {
		return
	}
	if err := c.state.Apply(*e); err != nil {
		c.stopped = true
		c.find(Finding{Kind: KindReplay, Seq: e.Seq, Principal: e.TargetID, Project: e.ProjectID,
			What: printable(err.Error(), maxWhat) + "; nothing after it was replayed or compared"})
	}
}

// link checks that the event is the next one of the chain.
func (c *chain) link(e *latchkey.Event) {
	bad := func(format string, args ...any) {
		c.find(Finding{Kind: KindChain, Seq: e.Seq, What: fmt.Sprintf(format, args...)})
	}
	switch {
	case e.Seq <= c.last:
		bad("it comes after event %d", c.last)
	case e.Seq > c.last+1:
		bad("events %d to %d are missing", c.last+1, e.Seq-1)
	}
	if e.OrgID != c.org {
		bad("it belongs to organization %s", limited(string(e.OrgID)))
	}
	if e.PrevHash != c.prev {
		bad("the previous hash is not that of the event before")
	}
	if !e.Verify(e.PrevHash) {
		bad("the hash is not that of what is stored")
	}
}

// checkpoint checks a checkpoint, which comes right after its event.
func (c *chain) checkpoint(p *latchkey.Checkpoint) {
	right := true
	bad := func(format string, args ...any) {
		right = false
		c.find(Finding{Kind: KindCheckpoint, Seq: p.Seq, What: fmt.Sprintf(format, args...)})
	}
	if p.Seq < 1 {
		bad("there is a checkpoint of an event with this number: they are numbered from 1 on")
		return
	}
	switch {
	case p.OrgID != c.org:
		bad("the checkpoint belongs to organization %s", limited(string(p.OrgID)))
	case p.Seq > c.last:
		bad("a checkpoint was signed for it, but it is not there: events were taken away")
	case p.Seq < c.last:
		bad("its checkpoint does not come right after it")
	case p.Hash != c.prev:
		bad("it is not the event that its checkpoint was signed for: events up to it were changed")
	}
	switch {
	case c.lastSigned < 0 && p.Previous >= c.first:
		bad("its checkpoint follows one at event %d, which is not there: checkpoints were taken away or added", p.Previous)
	case c.lastSigned >= 0 && p.Previous != c.lastSigned || p.Previous >= p.Seq:
		bad("its checkpoint follows one at event %d, but the one before it is at event %d: checkpoints were taken away or added", p.Previous, c.lastSigned)
	}
	if right && c.keys != nil && !c.keys.signed(p) {
		bad("its checkpoint, of signer %d, was not signed with a key whose public key was given", p.Signer)
	}
	c.lastSigned = p.Seq
	c.checkpoints++
	if right {
		c.newest = p
	}
	for i := range c.keep {
		if k := &c.keep[i]; bytes.Equal(k.Message(), p.Message()) && bytes.Equal(k.Signature, p.Signature) {
			c.keepFound[i] = true
		}
	}
}

// covered checks, after the last event, that the checkpoints that come with every
// so many events are there and, if that is wanted, that the last event has one.
func (c *chain) covered(wanted bool) {
	due := c.last / checkpointEvery * checkpointEvery
	if due > max(c.lastSigned, c.first-1) {
		c.find(Finding{Kind: KindCheckpoint, Seq: due, What: "it came with a checkpoint, which is not there: checkpoints were taken away"})
	} else if wanted && c.events > 0 && c.last > c.coveredUpTo() {
		c.find(Finding{Kind: KindCheckpoint, Seq: c.last, What: "no checkpoint was signed for it yet, which takes the server a minute"})
	}
}

// coveredUpTo is the number of the last event that a checkpoint was signed for.
func (c *chain) coveredUpTo() int64 {
	if c.newest == nil {
		return 0
	}
	return c.newest.Seq
}

// kept checks, after the last event, that the checkpoints that were kept
// elsewhere came by.
func (c *chain) kept(where string) {
	for i := range c.keep {
		k := &c.keep[i]
		bad := func(format string, args ...any) {
			c.find(Finding{Kind: KindCheckpoint, Seq: k.Seq, What: fmt.Sprintf(format, args...)})
		}
		switch {
		case c.keepFound[i]: // and its signature looked at
		case c.keys != nil && !c.keys.signed(k):
			bad("the checkpoint that was given, of signer %d, was not signed with a key whose public key was given", k.Signer)
		case k.Seq > c.last:
			bad("the checkpoint that was given was signed for it, but %s ends at event %d: what follows was cut off, or the checkpoint is newer", where, c.last)
		default:
			bad("the checkpoint that was given is not in %s", where)
		}
	}
}
