package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/latchkey/latchkey/internal/server"
)

func newVersionCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print which build of Latchkey this is",
		Example: `  latchkey version
  latchkey version --output json`,
		Args: cobra.NoArgs,
	}
	output := outputFlag(cmd, "text", "json")
	cmd.RunE = func(*cobra.Command, []string) error {
		b := server.ReadBuild()
		if output.value == "json" {
			return p.printJSON(map[string]string{"version": b.Version, "hash": b.Hash, "go": b.Go})
		}
		_, err := fmt.Fprintf(p.stdout, "latchkey %s (%s, %s)\n", b.Version, b.Hash, b.Go)
		return err
	}
	return cmd
}
