package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/latchkey/latchkey/internal/server"
)

func newInitCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Set a data directory up without serving it",
		Long: `Init creates the data directory with one organization, one project, an owner key
and an example key, and prints their ids and private keys as JSON. The private
keys are nowhere else: keep what is printed.

A directory that is already set up is left as it is; the exit status is then 3.`,
		Example: `  # Keep the keys in a file that only you can read
  (umask 077; latchkey init --data /var/lib/latchkey > keys.json)

  # Without the example key
  latchkey init --data /var/lib/latchkey --no-example --output json`,
		Args: cobra.NoArgs,
	}
	addSettings(cmd, "data", "master-key-file", "no-example")
	outputFlag(cmd, "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		surviveClosedOutput()
		c, err := p.load(cmd)
		if err != nil {
			return err
		}
		return p.setUp(cmd.Context(), c)
	}
	return cmd
}

func (p *program) setUp(ctx context.Context, c config) (err error) {
	switch done, err := server.IsSetUp(c.data); {
	case err != nil:
		return err
	case done && server.WaitingKeys(c.data) != "":
		return fmt.Errorf("%w: %s; its keys were never shown and wait in %s: the next latchkey serve delivers them",
			server.ErrAlreadySetUp, c.data, server.WaitingKeys(c.data))
	case done:
		return fmt.Errorf("%w: %s", server.ErrAlreadySetUp, c.data)
	}
	data, err := server.OpenData(ctx, c.data, c.masterKeyFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	if _, err := data.FinishSetUp(ctx); err != nil {
		return err
	}
	keys, err := data.SetUp(ctx, !c.noExample)
	if err != nil {
		return err
	}
	return p.hand(data, keys, p.printJSON(keys))
}

// hand sees to it that somebody has the first keys although showing them
// failed with the error given: it leaves them in the data directory.
func (p *program) hand(data *server.Data, keys server.FirstKeys, shown error) error {
	if shown == nil {
		return data.KeysShown()
	}
	path, err := data.LeaveFirstKeys(keys)
	if err == nil {
		err = data.KeysShown()
	}
	if err != nil {
		return fmt.Errorf("%s is set up, but its keys could be neither shown (%w) nor written to a file (%w); make a new owner key with: latchkey recover-owner --data %s --org %s",
			data.Dir, shown, err, data.Dir, keys.OrgID)
	}
	return fmt.Errorf("%s is set up, but its keys could not be shown: %w; they are in %s", data.Dir, shown, path)
}
