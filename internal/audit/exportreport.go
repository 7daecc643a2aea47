package audit

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/latchkey/latchkey"
)

// ExportReport is what the verification of an export looked at and found.
type ExportReport struct {
	Org         latchkey.OrgID `json:"orgId"`
	First       int64          `json:"first"` // the number of the first event
	Last        int64          `json:"last"`  // and of the last
	Events      int64          `json:"events"`
	Checkpoints int            `json:"checkpoints"`
	// Covered is the number of the last event that a signature vouches for,
	// with all before it; 0 for none.
	Covered int64 `json:"covered"`
	// Newest is the line of the checkpoint at that event: what to keep
	// elsewhere. It is empty without one.
	Newest json.RawMessage `json:"newestCheckpoint,omitempty"`
	// Replayed says whether the events that are covered were played again, from
	// the first one on.
	Replayed bool `json:"replayed"`
	// Anchored says whether a checkpoint that was kept elsewhere is in the
	// export: only up to that one it is certain that nothing was cut off.
	Anchored bool      `json:"anchored"`
	Findings []Finding `json:"findings"`
	Omitted  int       `json:"omitted,omitempty"` // findings beyond MaxFindings

	newest *latchkey.Checkpoint
	kept   int64 // the highest number of a kept checkpoint that is in the export
	joined bool  // whether one is of the event before the first
}

func (x *exportVerification) report() ExportReport {
	r := ExportReport{
		Org: x.org, Last: x.last, Events: x.events, Checkpoints: x.checkpoints, Replayed: !x.stopped,
		Findings: append([]Finding{}, x.findings...), Omitted: x.omitted,
	}
	if x.header != nil {
		r.First = x.header.First
	}
	if len(r.Findings) > 0 {
		return r // what is not whole is vouched for by nothing
	}
	if x.newest != nil {
		r.newest, r.Covered = x.newest, x.newest.Seq
		r.Newest = AppendCheckpoint(nil, x.newest)
	}
	r.joined = x.joined != nil
	for _, k := range x.keep {
		if k.Seq >= r.First {
			r.Anchored, r.kept = true, max(r.kept, k.Seq)
		}
	}
	return r
}

// OK reports whether nothing is wrong with the export. What it is good for is
// in Covered and Anchored all the same.
func (r *ExportReport) OK() bool { return len(r.Findings) == 0 }

// WriteText writes the report for people. It returns the error of w.
func (r *ExportReport) WriteText(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, f := range r.Findings {
		fmt.Fprintln(b, f)
	}
	if r.Omitted > 0 {
		fmt.Fprintf(b, "and %d more\n", r.Omitted)
	}
	verdict := "ok"
	if !r.OK() {
		verdict = "NOT OK"
	}
	fmt.Fprintf(b, "%s: organization %s, events %d to %d, %d checkpoints\n", verdict, r.Org, r.First, r.Last, r.Checkpoints)
	if r.newest == nil {
		return b.Flush()
	}
	fmt.Fprintf(b, "covered: events %d to %d, by the checkpoint that signer %d signed at %s\n",
		r.First, r.Covered, r.newest.Signer, r.newest.Created.Format(time.RFC3339))
	if r.Last > r.Covered {
		fmt.Fprintf(b, "not covered yet: events %d to %d came after the last checkpoint, and nothing signed vouches for them\n", r.Covered+1, r.Last)
	}
	if !r.Replayed {
		fmt.Fprintln(b, "not replayed: the export does not begin with the first event")
	}
	if r.joined {
		fmt.Fprintf(b, "joined: it goes on where the checkpoint that was given is, event %d\n", r.First-1)
	}
	if r.Anchored {
		fmt.Fprintf(b, "complete: up to event %d, where the checkpoint that was given is\n", r.kept)
	} else {
		fmt.Fprintf(b, "not checked: whether events after %d were cut off; a checkpoint that was kept elsewhere tells, with --checkpoint\n", r.Last)
	}
	return b.Flush()
}
