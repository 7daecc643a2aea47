package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey/latchkey/internal/server"
)

func newOrgCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "org",
		Short:   "Work on organizations",
		Example: `  latchkey org create "Second organization"`,
	}
	cmd.AddCommand(newOrgCreateCommand(p))
	return needsSubcommand(cmd)
}

func newOrgCreateCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Create an organization with its first owner key",
		Long: `Create makes an organization and one key that holds ORG_OWNER in it, and prints
their ids and the private key, which is nowhere else: keep what is printed.

It works beside a running server, which then does the work, and without one.`,
		Example: `  latchkey org create "Second organization" --data /var/lib/latchkey
  latchkey org create Payments --output json > payments-owner.json`,
		Args: cobra.ExactArgs(1),
	}
	return ownerKeyCommand(p, cmd, func(ctx context.Context, c *server.Commands, args []string) (server.OwnerKey, error) {
		return c.CreateOrganization(ctx, args[0])
	})
}

func newRecoverOwnerCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recover-owner [--org ID]",
		Short: "Make a new owner key for an organization whose keys were lost",
		Long: `Recover-owner makes a new key that holds ORG_OWNER in the organization, and
prints its id and private key, which is nowhere else: keep what is printed. The
audit trail shows that it was made by this command. Other keys stay as they are.

It works beside a running server, which then does the work, and without one.
Whoever may read the data directory and its master key may do this.`,
		Example: `  latchkey recover-owner --org 6b01f55a7b0e6aa035a9e522 --data /var/lib/latchkey`,
		Args:    cobra.NoArgs,
	}
	org := cmd.Flags().String("org", "", "id of the organization (default: the only one; with several, they are listed)")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if *org == "" {
			return nil
		}
		_, err := parseOrgs([]string{*org})
		return err
	}
	return ownerKeyCommand(p, cmd, func(ctx context.Context, c *server.Commands, _ []string) (server.OwnerKey, error) {
		return c.RecoverOwner(ctx, *org)
	})
}

// ownerKeyCommand completes a command that makes an owner key.
func ownerKeyCommand(p *program, cmd *cobra.Command, do func(context.Context, *server.Commands, []string) (server.OwnerKey, error)) *cobra.Command {
	addSettings(cmd, "data", "master-key-file")
	output := outputFlag(cmd, "text", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		surviveClosedOutput()
		c, err := p.load(cmd)
		if err != nil {
			return err
		}
		commands, err := server.OpenCommands(cmd.Context(), c.data, c.masterKeyFile)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, commands.Close()) }()
		key, err := do(cmd.Context(), commands, args)
		if err != nil {
			return err
		}
		if err := p.showOwnerKey(key, output.value); err != nil {
			return fmt.Errorf("organization %s has a new owner key %s, but it could not be shown: %w; make another with: latchkey recover-owner --data %s --org %s",
				key.OrgID, key.KeyID, err, c.data, key.OrgID)
		}
		return nil
	}
	return cmd
}

func (p *program) showOwnerKey(key server.OwnerKey, form string) error {
	if form == "json" {
		return p.printJSON(key)
	}
	_, err := fmt.Fprintf(p.stdout, "organization  %s\nkey           %s\npublic key    %s\nprivate key   %s\nThe private key is shown this once and stored nowhere: keep it.\n",
		key.OrgID, key.KeyID, key.PublicKey, key.PrivateKey)
	return err
}

// needsSubcommand makes a command that only has others below it refuse to be
// called alone or with a name that it does not know.
func needsSubcommand(cmd *cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var names []string
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				names = append(names, c.Name())
			}
		}
		if len(args) == 0 {
			return usageError(fmt.Sprintf("%s needs one of its commands: %s", cmd.CommandPath(), strings.Join(names, ", ")))
		}
		return usageError(fmt.Sprintf("%s has no command %q%s", cmd.CommandPath(), args[0], didYouMean(args[0], names)))
	}
	return cmd
}
