package audit

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
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
		fmt.Fprintf(&b, "organization %s: ", printable(string(f.Org), maxValue))
	}
	b.WriteString(string(f.Kind))
	if f.Line != 0 {
		fmt.Fprintf(&b, ": line %d", f.Line)
	}
	if f.Seq != 0 {
		fmt.Fprintf(&b, ": event %d", f.Seq)
	}
	if f.Principal != "" {
		fmt.Fprintf(&b, ": %s", printable(describe(f.Principal), maxValue+len("service account ")))
	}
	if f.Project != "" {
		fmt.Fprintf(&b, ": project %s", printable(string(f.Project), maxValue))
	}
	b.WriteString(": ")
	b.WriteString(printable(f.What, 2*maxWhat))
	return b.String()
}

// MaxFindings is how many findings of one organization a report lists; what is
// beyond is only counted.
const MaxFindings = 100

// Report is what a verification looked at and found.
type Report struct {
	Organizations     int   `json:"organizations"`
	Projects          int   `json:"projects"`
	Keys              int   `json:"apiKeys"`
	Accounts          int   `json:"serviceAccounts"`
	Events            int64 `json:"events"`
	Checkpoints       int   `json:"checkpoints"`
	SignaturesChecked bool  `json:"signaturesChecked"` // of the checkpoints
	// PublicKeys are those that the signatures were checked with, in hex
	// digits, and KeySource is where they came from, as it was told.
	PublicKeys []string  `json:"publicKeys,omitempty"`
	KeySource  string    `json:"keySource,omitempty"`
	Covered    []Covered `json:"covered"`
	Findings   []Finding `json:"findings"`
	Omitted    int       `json:"omitted,omitempty"` // findings beyond MaxFindings
}

// Covered says how far checkpoints vouch for the events of an organization.
type Covered struct {
	Org  latchkey.OrgID `json:"orgId"`
	Last int64          `json:"last"` // the number of the last event; 0 for none
	// UpTo is the number of the last event that a checkpoint was signed for; 0
	// for none. It counts only while there are no findings.
	UpTo int64 `json:"upTo"`
}

// maxCovered is how many organizations the report for people lists.
const maxCovered = 20

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
// counts, the keys, and how far checkpoints go, those that do not go to the end
// first. It returns the error of w.
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
	for _, key := range r.PublicKeys {
		fmt.Fprintf(b, "signatures were checked with the public key %s%s\n", key, r.KeySource)
	}
	r.writeCovered(b)
	return b.Flush()
}

func (r *Report) writeCovered(b *bufio.Writer) {
	list := slices.Clone(r.Covered)
	slices.SortStableFunc(list, func(x, y Covered) int { return cmp.Compare(y.Last-y.UpTo, x.Last-x.UpTo) })
	for i, c := range list {
		if i == maxCovered {
			fmt.Fprintf(b, "and %d more organizations: --output json lists them\n", len(list)-i)
			break
		}
		switch {
		case c.UpTo == 0:
			fmt.Fprintf(b, "warning: organization %s: no checkpoint vouches for its %d events yet\n", c.Org, c.Last)
		case c.UpTo < c.Last:
			fmt.Fprintf(b, "organization %s: covered up to event %d; nothing signed vouches for events %d to %d yet\n", c.Org, c.UpTo, c.UpTo+1, c.Last)
		default:
			fmt.Fprintf(b, "organization %s: covered up to event %d, its last one\n", c.Org, c.UpTo)
		}
	}
}
