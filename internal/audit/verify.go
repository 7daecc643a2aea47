package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/latchkey/latchkey"
)

// Sizes of the pages in which things are read. A key can be large.
const (
	eventPage   = 1000
	projectPage = 500
	keyPage     = 100
)

// Verify checks the organizations named, or all of them: that the events of
// each are numbered without a gap and chained by their hashes, that they can
// follow on one another, and that what they add up to is what the tables say.
// Each organization is read in one snapshot, so it may be in use meanwhile.
//
// What is wrong with the data is in the report. The error is for what kept it
// from being looked at: latchkey.ErrUnavailable, the context's, or
// latchkey.ErrNotFound when a named organization is neither in the tables nor
// has events.
//
// What no event tells of is not seen: secrets, times of creation, and the use
// of access lists. Nor is a tail that was cut off together with everything it
// had changed.
func Verify(ctx context.Context, store latchkey.Store, orgs ...latchkey.OrgID) (Report, error) {
	report := Report{Findings: []Finding{}}
	if len(orgs) == 0 {
		err := store.View(ctx, func(r latchkey.Reader) (err error) {
			orgs, err = r.Organizations()
			return err
		})
		if err != nil {
			return report, err
		}
	}
	for _, org := range orgs {
		v := verification{org: org}
		err := store.View(ctx, func(r latchkey.Reader) error {
			v = verification{org: org, ctx: ctx, r: r}
			return v.run()
		})
		if errors.Is(err, latchkey.ErrCorrupt) {
			v.find(Finding{Kind: KindUnreadable, What: err.Error() + "; nothing further was looked at"})
			err = nil
		}
		report.Organizations++
		report.Projects += v.projects
		report.Keys += v.keys
		report.Events += v.events
		report.Findings = append(report.Findings, v.findings...)
		report.Omitted += v.omitted
		if err != nil {
			return report, fmt.Errorf("organization %s: %w", org, err)
		}
	}
	return report, nil
}

// verification is that of one organization in one snapshot.
type verification struct {
	org latchkey.OrgID
	ctx context.Context
	r   latchkey.Reader

	state   State
	stopped bool // an event could not be applied: the state is not that of the end

	events         int64
	projects, keys int
	findings       []Finding
	omitted        int
}

func (v *verification) find(f Finding) {
	f.Org = v.org
	if len(v.findings) >= MaxFindings {
		v.omitted++
		return
	}
	v.findings = append(v.findings, f)
}

func (v *verification) run() error {
	if err := v.chain(); err != nil {
		return err
	}
	org, err := v.r.Organization(v.org)
	switch {
	case errors.Is(err, latchkey.ErrNotFound) && v.events > 0:
		v.find(Finding{Kind: KindOrganization, What: "it has events, but there is no such organization"})
		return nil
	case err != nil:
		return err
	case v.events == 0:
		v.find(Finding{Kind: KindChain, What: "there are no events"})
		v.stopped = true
	}
	if err := v.compareProjects(); err != nil {
		return err
	}
	if err := v.compareKeys(); err != nil {
		return err
	}
	if !v.stopped {
		v.compareOrganization(org)
	}
	return nil
}

// chain checks every event and replays it.
func (v *verification) chain() error {
	var prev [sha256.Size]byte
	last := int64(0)
	for {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		page, err := v.r.Events(v.org, last, eventPage)
		if err != nil {
			return err
		}
		for i := range page {
			e := &page[i]
			v.link(e, last, prev)
			v.replay(e)
			last, prev = e.Seq, e.Hash
			v.events++
		}
		if len(page) < eventPage {
			return nil
		}
	}
}

// link checks that the event is the next one of the chain.
func (v *verification) link(e *latchkey.Event, last int64, prev [sha256.Size]byte) {
	if e.Seq != last+1 {
		v.find(Finding{Kind: KindChain, Seq: e.Seq, What: fmt.Sprintf("events %d to %d are missing", last+1, e.Seq-1)})
	}
	if e.PrevHash != prev {
		v.find(Finding{Kind: KindChain, Seq: e.Seq, What: "the previous hash is not that of the event before"})
	}
	if !e.Verify(e.PrevHash) {
		v.find(Finding{Kind: KindChain, Seq: e.Seq, What: "the hash is not that of what is stored"})
	}
}

// replay applies the event, unless one before it could not be.
func (v *verification) replay(e *latchkey.Event) {
	if v.stopped {
		return
	}
	if err := v.state.Apply(*e); err != nil {
		v.stopped = true
		v.find(Finding{Kind: KindReplay, Seq: e.Seq, Key: e.TargetID, Project: e.ProjectID,
			What: err.Error() + "; the tables were not compared with the events"})
	}
}
