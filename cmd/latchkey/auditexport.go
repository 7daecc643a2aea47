package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
	"github.com/latchkey/latchkey/internal/server"
)

func newAuditExportCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the audit events of an organization as lines of JSON",
		Long: `Export writes the audit events of an organization, one a line, with everything
that their hashes are made of, and the signed checkpoints between them. What it
writes is checked with latchkey audit verify --export.

With --out it goes on where an earlier export to the same file ended, also when
that was cut off, and writes only what is new. Run it often, and carry the file to
another machine: that is what can prove that the data was not changed since.

It only reads, beside a running server too.`,
		Example: `  latchkey audit export --out audit.jsonl --data /var/lib/latchkey
  latchkey audit export --org 6b01f55a7b0e6aa035a9e522 --from 12001 | gzip > part.jsonl.gz`,
		Args: cobra.NoArgs,
	}
	addSettings(cmd, "data")
	flags := cmd.Flags()
	org := flags.String("org", "", "id of the organization (default: the only one; with several, they are listed)")
	out := flags.String("out", "", "file to write to or to continue (default: standard output)")
	from := flags.Int64("from", 1, "number of the first event")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		c, err := p.load(cmd)
		if err != nil {
			return err
		}
		if *from < 1 {
			return usageError("--from: events are numbered from 1 on")
		}
		store, err := server.OpenDataReadOnly(c.data)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, store.Close()) }()
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		id, err := exportedOrg(ctx, store, *org)
		if err != nil {
			return err
		}
		e := exportRun{progress: progress{w: p.stderr, terminal: isTerminal(p.stderr)}, out: *out}
		var done audit.Exported
		if *out == "" {
			if isClosed(os.Stdout) {
				return errors.New("standard output is closed: name a file with --out")
			}
			done, err = audit.Export(ctx, store, id, *from, p.stdout, e.progress.show)
		} else {
			first := *from
			if !flags.Changed("from") {
				first = 0 // that of the file
			}
			done, err = audit.ExportFile(ctx, store, id, first, *out, e.progress.show)
		}
		return e.end(ctx, id, c.data, done, err)
	}
	return cmd
}

// isClosed reports whether the file was closed when the process began: the Go
// runtime puts the null device there, for reading and writing. Who throws output
// away opens that for writing only.
func isClosed(f *os.File) bool {
	info, err := f.Stat()
	null, nullErr := os.Stat(os.DevNull)
	if err != nil || nullErr != nil || !os.SameFile(info, null) {
		return false
	}
	mode, _, errno := syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), syscall.F_GETFL, 0)
	return errno == 0 && mode&syscall.O_ACCMODE == syscall.O_RDWR
}

// exportedOrg returns the organization with that id, or without one the only
// one there is.
func exportedOrg(ctx context.Context, store latchkey.Store, id string) (latchkey.OrgID, error) {
	if id != "" {
		ids, err := parseOrgs([]string{id})
		if err != nil {
			return "", err
		}
		return ids[0], nil
	}
	var ids []latchkey.OrgID
	err := store.View(ctx, func(r latchkey.Reader) (err error) {
		ids, err = r.Organizations()
		return err
	})
	if err != nil || len(ids) == 1 {
		return append(ids, "")[0], err
	}
	var list strings.Builder
	for _, id := range ids[:min(len(ids), listedOrgs)] {
		list.WriteString("\n  " + string(id))
	}
	if len(ids) > listedOrgs {
		list.WriteString("\n  …")
	}
	return "", usageError(fmt.Sprintf("there are %d organizations; name one with --org:%s", len(ids), list.String()))
}

// listedOrgs is how many organizations a message lists.
const listedOrgs = 20

// exportRun tells how an export goes.
type exportRun struct {
	progress progress
	out      string // the file; "" is standard output
}

// end says what was written, or what kept it from that and what helps.
func (e *exportRun) end(ctx context.Context, org latchkey.OrgID, data string, done audit.Exported, err error) error {
	e.progress.clear()
	to := e.out
	if to == "" {
		to = "standard output"
	}
	switch {
	case errors.Is(err, audit.ErrAnotherExport):
		return err
	case errors.Is(err, latchkey.ErrNotFound):
		return fmt.Errorf("organization %s has no such event in %s: %w", org, data, err)
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("stopped after event %d; with --out the same command goes on from there", done.Last)
	case err != nil:
		return fmt.Errorf("the export goes up to event %d: %w", done.Last, err)
	case done.Last < done.First && done.Checkpoints == 0:
		fmt.Fprintf(e.progress.w, "%s is complete up to event %d\n", to, done.Last)
	case done.Last < done.First:
		fmt.Fprintf(e.progress.w, "%s is complete up to event %d, now with its checkpoint\n", to, done.Last)
	default:
		fmt.Fprintf(e.progress.w, "wrote events %d to %d and %d checkpoints to %s\n", done.First, done.Last, done.Checkpoints, to)
	}
	return nil
}

// progress shows how far an export is: on a terminal in one line that changes,
// elsewhere in a line every few seconds.
type progress struct {
	w        io.Writer
	terminal bool
	next     time.Time
	width    int // of the line that stands on the terminal
}

// Times between two words of progress.
const (
	onTerminalEvery = 200 * time.Millisecond
	elsewhereEvery  = 5 * time.Second
)

func (p *progress) show(seq, newest int64) {
	every := elsewhereEvery
	if p.terminal {
		every = onTerminalEvery
	}
	now := time.Now()
	if p.next.IsZero() && !p.terminal {
		p.next = now.Add(every) // a short export needs no words
	}
	if now.Before(p.next) || newest == 0 {
		return
	}
	p.next = now.Add(every)
	line := fmt.Sprintf("exported %d of %d events (%d %%)", seq, newest, seq*100/newest)
	if !p.terminal {
		fmt.Fprintln(p.w, line)
		return
	}
	fmt.Fprintf(p.w, "\r%-*s", p.width, line)
	p.width = len(line)
}

// clear takes the line from the terminal.
func (p *progress) clear() {
	if p.width > 0 {
		fmt.Fprintf(p.w, "\r%*s\r", p.width, "")
	}
}
