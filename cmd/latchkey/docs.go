package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/latchkey/latchkey/internal/reference"
	"github.com/latchkey/latchkey/internal/server"
)

// newDocsCommand returns the command that writes the reference pages.
func newDocsCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "docs",
		Short: "Write the reference pages: one for each operation",
		Long: `Writes one Markdown page for each operation and an index. A page says what the
operation does, the role that it needs, its path, parameters, bodies and errors
on each API generation, with a captured request and answer.

Pages of operations that are no more are removed; other files stay.`,
		Example: `  latchkey docs
  latchkey docs --out /usr/share/doc/latchkey/reference`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, err := reference.Write(out, server.Rows(server.ReadBuild()))
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "wrote %d pages to %s\n", n, out)
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", filepath.FromSlash("docs/reference"), "directory to write to")
	_ = cmd.MarkFlagDirname("out") // fails for unknown flags only
	return cmd
}
