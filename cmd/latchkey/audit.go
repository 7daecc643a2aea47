package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
	"github.com/latchkey/latchkey/internal/server"
)

func newAuditCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Look at the audit trail",
		Example: `  latchkey audit verify --data /var/lib/latchkey
  latchkey audit export --out audit.jsonl --data /var/lib/latchkey`,
	}
	cmd.AddCommand(newAuditVerifyCommand(p), newAuditExportCommand(p), newAuditPublicKeyCommand(p))
	return needsSubcommand(cmd)
}

// Errors that say that an audit found something.
var (
	errNotWhole       = errors.New("the audit trail and the data do not agree; what was found is listed above")
	errExportNotWhole = errors.New("the export is not what was recorded; what was found is listed above")
)

// verifyFlags are what audit verify is asked.
type verifyFlags struct {
	orgs        []string
	export      string
	publicKey   string
	checkpoints []string
	from        int64
	covered     bool
	output      *choice
}

func newAuditVerifyCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check the chain of audit events, and the data against it, or an export",
		Long: `Verify checks that no event of an organization was changed, added or taken away;
that the events, played again from the first one, give exactly the data; and that
every checkpoint is there, signed, and of an event that still is what it was. It
says which public key it used (that of the master key where it can be read, else
that of ` + server.CheckpointKeyFile + `), and up to which event of each organization a
checkpoint was signed: later events only hang together. With --covered they are a
fault.

With --export it checks an export by itself, on any machine: it needs no data,
only the public key that latchkey audit public-key prints where the data is. It
says up to which event the export is vouched for. Checkpoints cannot tell that
an export was cut off right after one of them: only one that was kept elsewhere
can, with --checkpoint, which takes a file or the line itself. That of the event
before --from joins an export to the one before it.

It only reads, beside a running server too. The exit status is 1 when it finds
anything.`,
		Example: `  latchkey audit verify --data /var/lib/latchkey
  latchkey audit verify --org 6b01f55a7b0e6aa035a9e522 --output json
  latchkey audit verify --export audit.jsonl --public-key checkpoint.pub --checkpoint kept.json`,
		Args: cobra.NoArgs,
	}
	addSettings(cmd, "data", "master-key-file")
	f := verifyFlags{output: outputFlag(cmd, "text", "json")}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.orgs, "org", nil, "id of an organization to check; may be repeated (default: all of them)")
	flags.StringVar(&f.export, "export", "", "file that latchkey audit export wrote, to be checked instead of the data; - is standard input")
	flags.StringVar(&f.publicKey, "public-key", "", "public key of checkpoints: a file, or its 64 hex digits (default: those of the master key, or "+server.CheckpointKeyFile+" in the data directory)")
	flags.StringArrayVar(&f.checkpoints, "checkpoint", nil, "checkpoint that was kept elsewhere and must be there: a file or the line itself; may be repeated")
	flags.Int64Var(&f.from, "from", 1, "number of the event that the export begins with")
	flags.BoolVar(&f.covered, "covered", false, "fail when the newest events have no checkpoint yet")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if f.from < 1 {
			return usageError("--from: events are numbered from 1 on")
		}
		options, err := f.options()
		if err != nil {
			return err
		}
		if f.export != "" {
			return p.verifyExport(cmd, f, options)
		}
		if flags.Changed("from") {
			return usageError("--from is for exports: give --export, too")
		}
		return p.verifyData(cmd, f, options)
	}
	return cmd
}

// options reads the flags that both verifications share.
func (f *verifyFlags) options() ([]audit.Option, error) {
	ids, err := parseOrgs(f.orgs)
	if err != nil {
		return nil, err
	}
	options := []audit.Option{audit.Organizations(ids...)}
	if f.covered {
		options = append(options, audit.AllCovered())
	}
	for _, text := range f.checkpoints {
		if !strings.HasPrefix(strings.TrimSpace(text), "{") {
			content, err := os.ReadFile(text)
			if err != nil {
				return nil, usageError(fmt.Sprintf("--checkpoint: %v", err))
			}
			text = string(content)
		}
		c, err := audit.ParseCheckpoint(text)
		if err != nil {
			return nil, usageError(fmt.Sprintf("--checkpoint: %v; give a line of an export that begins with {\"line\":\"checkpoint\"", err))
		}
		options = append(options, audit.Containing(c))
	}
	return options, nil
}

// keys reads the public keys that were given, nil if none were.
func (f *verifyFlags) keys() (audit.PublicKeys, error) {
	if f.publicKey == "" {
		return nil, nil
	}
	if keys, err := audit.ParsePublicKeys(f.publicKey); err == nil {
		return keys, nil
	}
	text, err := os.ReadFile(f.publicKey)
	if err != nil {
		return nil, usageError(fmt.Sprintf("--public-key: %v", err))
	}
	keys, err := audit.ParsePublicKeys(string(text))
	if err != nil {
		return nil, usageError(fmt.Sprintf("--public-key: %s: %v", f.publicKey, err))
	}
	return keys, nil
}

func (p *program) verifyData(cmd *cobra.Command, f verifyFlags, options []audit.Option) (err error) {
	c, err := p.load(cmd)
	if err != nil {
		return err
	}
	keys, err := f.keys()
	source := ", which was given"
	if err != nil {
		return err
	}
	store, err := server.OpenDataReadOnly(c.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if keys == nil {
		keys, source, err = dataKeys(cmd.Context(), c)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fmt.Fprintf(p.stderr, "latchkey: warning: signatures of checkpoints are not checked, because %v; the next start of the server writes it, or give --public-key\n", err)
	case err != nil:
		return err
	default:
		options = append(options, audit.SignedBy(keys), audit.KeysFrom(source))
	}
	report, err := audit.Verify(cmd.Context(), store, options...)
	switch {
	case errors.Is(err, latchkey.ErrNotFound):
		return fmt.Errorf("there is no such organization in %s: %w", c.data, err)
	case err != nil:
		return err
	case f.output.value == "json":
		err = p.printJSON(report)
	default:
		err = report.WriteText(p.stdout)
	}
	if err == nil && !report.OK() {
		err = errNotWhole
	}
	return err
}

// dataKeys returns the public keys of checkpoints of a data directory, and in
// words where they are from. The master key is believed rather than a file that
// whoever changes the data could change, too.
func dataKeys(ctx context.Context, c config) (audit.PublicKeys, string, error) {
	keys, err := server.CheckpointKeys(ctx, c.data, c.masterKeyFile)
	if err == nil {
		return keys, ", made from the master key", nil
	}
	keys, err = server.ReadCheckpointKeys(c.data)
	return keys, " that " + server.CheckpointKeyFile + " in the data directory has: the master key could not be read", err
}

func (p *program) verifyExport(cmd *cobra.Command, f verifyFlags, options []audit.Option) error {
	keys, err := f.keys()
	switch {
	case cmd.Flags().Changed("data"):
		return usageError("--export is checked by itself: leave --data out")
	case err != nil:
		return err
	case keys == nil:
		return usageError("--export needs --public-key: the key in a file, or its 64 hex digits, as latchkey audit public-key prints it where the data is")
	}
	in := os.Stdin
	if f.export != "-" {
		if in, err = os.Open(f.export); err != nil {
			return err
		}
		defer in.Close()
	}
	report, err := audit.VerifyExport(cmd.Context(), in, keys, append(options, audit.From(f.from))...)
	switch {
	case err != nil:
		return err
	case f.output.value == "json":
		err = p.printJSON(report)
	default:
		err = report.WriteText(p.stdout)
	}
	if err == nil && !report.OK() {
		err = errExportNotWhole
	}
	return err
}

// parseOrgs reads ids of organizations.
func parseOrgs(texts []string) ([]latchkey.OrgID, error) {
	var ids []latchkey.OrgID
	for _, text := range texts {
		id, ok := latchkey.ParseID[latchkey.OrgID](text)
		if !ok {
			return nil, usageError(fmt.Sprintf("--org: %q is no id, which has %d lower-case hex digits", text, latchkey.IDLength))
		}
		ids = append(ids, id)
	}
	return ids, nil
}
