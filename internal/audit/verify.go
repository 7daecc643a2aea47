package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/latchkey/latchkey"
)

// Sizes of the pages in which things are read. A principal can be large.
const (
	projectPage   = 500
	principalPage = 100
)

// Option narrows or widens what a verification looks at.
type Option func(*options)

type options struct {
	orgs    []latchkey.OrgID
	keys    PublicKeys
	source  string
	keep    []latchkey.Checkpoint
	from    int64
	covered bool
}

func chosen(list []Option) options {
	o := options{from: 1}
	for _, option := range list {
		option(&o)
	}
	return o
}

// Organizations names those to verify; without them it is all there are, or
// that of the export.
func Organizations(ids ...latchkey.OrgID) Option {
	return func(o *options) { o.orgs = append(o.orgs, ids...) }
}

// SignedBy checks the signatures of checkpoints; without it they are not looked at.
func SignedBy(keys PublicKeys) Option {
	return func(o *options) { o.keys = append(PublicKeys{}, keys...) }
}

// KeysFrom says where the keys of SignedBy came from, in words that follow on
// "the public key": the report repeats them.
func KeysFrom(source string) Option {
	return func(o *options) { o.source = source }
}

// AllCovered makes it a finding that events came after the last checkpoint.
func AllCovered() Option {
	return func(o *options) { o.covered = true }
}

// Containing wants these checkpoints, which were kept elsewhere, to be there:
// what was cut off at the end is found by nothing else. Each concerns its own
// organization, which must be among those that are verified.
func Containing(kept ...latchkey.Checkpoint) Option {
	return func(o *options) { o.keep = append(o.keep, kept...) }
}

// From accepts an export that begins with the event of that number. Without it
// an export must begin with the first one.
func From(seq int64) Option {
	return func(o *options) { o.from = seq }
}

// Verify checks the organizations, all of them or those named: that the events
// of each are numbered without a gap and chained by their hashes, that they can
// follow on one another, that what they add up to is what the tables say, and
// that each checkpoint is there, signed, and of an event that has its hash.
// Each organization is read in one snapshot, so it may be in use meanwhile.
//
// What is wrong with the data is in the report. The error is for what kept it
// from being looked at: latchkey.ErrUnavailable, the context's, or
// latchkey.ErrNotFound when a named organization is neither in the tables nor
// has events.
//
// What no event tells of is not seen: keys and hashes of secrets, times of
// creation, use, revoked tokens, the epoch of an organization's tokens, and which
// projects were there and are deleted. Nor is a tail that was cut off together
// with its checkpoints and everything it had changed, unless Containing names
// one of those.
func Verify(ctx context.Context, store latchkey.Store, list ...Option) (Report, error) {
	o := chosen(list)
	report := Report{Findings: []Finding{}, SignaturesChecked: o.keys != nil, KeySource: o.source, Covered: []Covered{}}
	for _, key := range o.keys {
		report.PublicKeys = append(report.PublicKeys, hex.EncodeToString(key))
	}
	orgs := o.orgs
	if len(orgs) == 0 {
		err := store.View(ctx, func(r latchkey.Reader) (err error) {
			orgs, err = r.Organizations()
			return err
		})
		if err != nil {
			return report, err
		}
	}
	for _, k := range o.keep {
		if !slices.Contains(orgs, k.OrgID) {
			report.Findings = append(report.Findings, Finding{Org: k.OrgID, Kind: KindCheckpoint, Seq: k.Seq,
				What: "the checkpoint that was given belongs to an organization that is not there, or was not asked for"})
		}
	}
	for _, org := range orgs {
		v := verification{chain: newChain(org, o.keys, o.keep)}
		err := store.View(ctx, func(r latchkey.Reader) error {
			v = verification{ctx: ctx, r: r, wantCovered: o.covered, chain: newChain(org, o.keys, o.keep)}
			return v.run()
		})
		if errors.Is(err, latchkey.ErrCorrupt) {
			v.find(Finding{Kind: KindUnreadable, What: err.Error() + "; nothing further was looked at"})
			err = nil
		}
		report.Organizations++
		report.Projects += v.projects
		report.Keys += v.keyCount
		report.Accounts += v.accountCount
		report.Events += v.events
		report.Checkpoints += v.checkpoints
		report.Covered = append(report.Covered, Covered{org, v.last, v.coveredUpTo()})
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
	chain
	ctx context.Context
	r   latchkey.Reader

	wantCovered                      bool
	projects, keyCount, accountCount int
}

func (v *verification) run() error {
	if err := v.readChain(); err != nil {
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
	if err := v.comparePrincipals(); err != nil {
		return err
	}
	if !v.stopped {
		v.compareOrganization(org)
	}
	return nil
}

// readChain checks every event and every checkpoint.
func (v *verification) readChain() error {
	at := place{math.MinInt64, math.MinInt64} // numbers below 1 are findings
	for more := true; more; {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		var page []Line
		var err error
		if page, more, err = nextPage(v.r, v.org, &at); err != nil {
			return err
		}
		for _, line := range page {
			v.line(line)
		}
	}
	v.covered(v.wantCovered)
	v.kept("the data")
	return nil
}
