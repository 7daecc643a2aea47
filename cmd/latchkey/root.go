package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// program is what the commands share.
type program struct {
	stdout, stderr io.Writer
	env            environment
	started        bool // whether a command was found and its flags and arguments are right
}

// newRootCommand returns the latchkey command with everything below it.
func newRootCommand(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   "latchkey",
		Short: "A self-hosted control plane for programmatic API keys",
		Long: `Latchkey keeps organizations, projects, API keys and the roles they hold. It
speaks the Atlas Administration API v2 and the Ops Manager Public API v1.0.

Latchkey is independent of MongoDB, Inc.`,
		Example: `  # Serve on http://127.0.0.1:8080 with the data in ./latchkey-data;
  # the first start prints keys and commands to try them with
  latchkey serve

  # Set a data directory up without serving, for scripts
  latchkey init --data /var/lib/latchkey

  # Which roles are there, and what does each imply?
  latchkey roles`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRun:  func(*cobra.Command, []string) { p.started = true },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	root.AddCommand(
		newServeCommand(p),
		newInitCommand(p),
		newOrgCommand(p),
		newRecoverOwnerCommand(p),
		newAuditCommand(p),
		newRolesCommand(p),
		newOperationsCommand(p),
		newDocsCommand(),
		newVersionCommand(p),
	)
	return root
}

// load reads the command's settings and shows the warnings about them.
func (p *program) load(cmd *cobra.Command) (config, error) {
	c, warnings, err := p.env.load(cmd)
	for _, w := range warnings {
		fmt.Fprintln(p.stderr, "latchkey: warning:", w)
	}
	return c, err
}

// printJSON writes the value, indented, to standard output.
func (p *program) printJSON(v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = p.stdout.Write(append(text, '\n'))
	return err
}

// outputFlag gives the command --output; the first form is the default.
func outputFlag(cmd *cobra.Command, forms ...string) *choice {
	c := &choice{forms[0], forms}
	cmd.Flags().VarP(c, "output", "o", "form of the answer")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoFileComp)) // fails for unknown flags only
	return c
}

// choice is a flag with a few values.
type choice struct {
	value string
	forms []string
}

func (c *choice) String() string { return c.value }

func (c *choice) Set(text string) error {
	return choose(text, &c.value, index(c.forms))
}

func (c *choice) Type() string {
	kind := c.forms[0]
	for _, f := range c.forms[1:] {
		kind += "|" + f
	}
	return kind
}

func index(forms []string) map[string]string {
	m := make(map[string]string, len(forms))
	for _, f := range forms {
		m[f] = f
	}
	return m
}
