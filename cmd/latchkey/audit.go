package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
	"github.com/latchkey/latchkey/internal/server"
)

func newAuditCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "audit",
		Short:   "Look at the audit trail",
		Example: `  latchkey audit verify --data /var/lib/latchkey`,
	}
	cmd.AddCommand(newAuditVerifyCommand(p))
	return needsSubcommand(cmd)
}

// errNotWhole says that an audit found something.
var errNotWhole = errors.New("the audit trail and the data do not agree; what was found is listed above")

func newAuditVerifyCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check the chain of audit events, and the data against it",
		Long: `Verify checks that no event of an organization was changed, added or taken away,
and that the events, played again from the first one, give exactly the data.

It only reads, beside a running server too. The exit status is 1 when it finds
anything.`,
		Example: `  latchkey audit verify --data /var/lib/latchkey
  latchkey audit verify --org 6b01f55a7b0e6aa035a9e522 --output json`,
		Args: cobra.NoArgs,
	}
	addSettings(cmd, "data")
	output := outputFlag(cmd, "text", "json")
	orgs := cmd.Flags().StringArray("org", nil, "id of an organization to check; may be repeated (default: all of them)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		c, err := p.load(cmd)
		if err != nil {
			return err
		}
		ids, err := parseOrgs(*orgs)
		if err != nil {
			return err
		}
		store, err := server.OpenDataReadOnly(c.data)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, store.Close()) }()
		report, err := audit.Verify(cmd.Context(), store, ids...)
		switch {
		case errors.Is(err, latchkey.ErrNotFound):
			return fmt.Errorf("there is no such organization in %s: %w", c.data, err)
		case err != nil:
			return err
		case output.value == "json":
			err = p.printJSON(report)
		default:
			err = report.WriteText(p.stdout)
		}
		if err == nil && !report.OK() {
			err = errNotWhole
		}
		return err
	}
	return cmd
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
