package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/latchkey/latchkey/internal/server"
)

func newAuditPublicKeyCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "public-key",
		Short: "Print the public key of audit checkpoints",
		Long: `Public-key prints the key that signatures of audit checkpoints are checked with,
newest first if there are several. It is no secret: keep it where exports are
checked. It is taken from the data with the master key, not from the file
` + server.CheckpointKeyFile + ` in the data directory, and works beside a running server.`,
		Example: `  latchkey audit public-key --data /var/lib/latchkey > checkpoint.pub
  latchkey audit public-key --output hex`,
		Args: cobra.NoArgs,
	}
	addSettings(cmd, "data", "master-key-file")
	output := outputFlag(cmd, "pem", "hex")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := p.load(cmd)
		if err != nil {
			return err
		}
		keys, err := server.CheckpointKeys(cmd.Context(), c.data, c.masterKeyFile)
		if err != nil {
			return err
		}
		text := keys.Hex()
		if output.value == "pem" {
			if text, err = keys.PEM(); err != nil {
				return err
			}
		}
		_, err = io.WriteString(p.stdout, text)
		return err
	}
	return cmd
}
