package audit

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/latchkey/latchkey"
)

// Kind says what a finding is about.
type Kind string

// The kinds of findings.
const (
	KindChain        Kind = "chain"        // a number, hash or previous hash of an event is wrong
	KindReplay       Kind = "replay"       // an event cannot follow on those before it
	KindUnreadable   Kind = "unreadable"   // something stored does not have its form
	KindOrganization Kind = "organization" // the organization's row differs from the replay
	KindProject      Kind = "project"      // a project's row differs from the replay
	KindKey          Kind = "key"          // a key's row differs from the replay or breaks a rule of its own
	KindAccount      Kind = "account"      // a service account's row does
	KindIndex        Kind = "index"        // what follows from principals' rows does not: membership, owners, credentials
	KindCheckpoint   Kind = "checkpoint"   // a checkpoint is missing, not signed, or of another event
	KindOwner        Kind = "owner"        // nobody owns the organization any more; a warning
)

// Finding is one thing that is not as it should be.
type Finding struct {
	Org       latchkey.OrgID       `json:"orgId"`
	Kind      Kind                 `json:"kind"`
	Warning   bool                 `json:"warning,omitempty"`     // the data is whole all the same
	Line      int64                `json:"line,omitempty"`        // of an export; 0 for none
	Seq       int64                `json:"seq,omitempty"`         // of an event; 0 for none
	Principal latchkey.PrincipalID `json:"principalId,omitempty"` // "" for none
	Project   latchkey.ProjectID   `json:"projectId,omitempty"`   // "" for none
	What      string               `json:"what"`
}

// String returns the finding in one line.
func (f Finding) String() string {
	var b strings.Builder
	if f.Warning {
		b.WriteString("warning: ")
	}
	if f.Org != "" {
		fmt.Fprintf(&b, "organization %s: ", f.Org)
	}
	b.WriteString(string(f.Kind))
	if f.Line != 0 {
		fmt.Fprintf(&b, ": line %d", f.Line)
	}
	if f.Seq != 0 {
		fmt.Fprintf(&b, ": event %d", f.Seq)
	}
	if f.Principal != "" {
		fmt.Fprintf(&b, ": %s", describe(f.Principal))
	}
	if f.Project != "" {
		fmt.Fprintf(&b, ": project %s", f.Project)
	}
	b.WriteString(": ")
	b.WriteString(f.What)
	return b.String()
}

// MaxFindings is how many findings of one organization a report lists; what is
// beyond is only counted.
const MaxFindings = 100

// Report is what a verification looked at and found.
type Report struct {
	Organizations     int       `json:"organizations"`
	Projects          int       `json:"projects"`
	Keys              int       `json:"apiKeys"`
	Accounts          int       `json:"serviceAccounts"`
	Events            int64     `json:"events"`
	Checkpoints       int       `json:"checkpoints"`
	SignaturesChecked bool      `json:"signaturesChecked"` // of the checkpoints
	Findings          []Finding `json:"findings"`
	Omitted           int       `json:"omitted,omitempty"` // findings beyond MaxFindings
}

// OK reports whether everything is as it should be; warnings do not count.
func (r *Report) OK() bool {
	for _, f := range r.Findings {
		if !f.Warning {
			return false
		}
	}
	return true
}

// WriteText writes the report for people: a line for each finding, then the
// counts. It returns the error of w.
func (r *Report) WriteText(w io.Writer) error {
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
	fmt.Fprintf(b, "%s: %d organizations, %d projects, %d keys, %d service accounts, %d events, %d checkpoints\n",
		verdict, r.Organizations, r.Projects, r.Keys, r.Accounts, r.Events, r.Checkpoints)
	return b.Flush()
}
