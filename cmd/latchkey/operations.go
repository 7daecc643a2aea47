package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/wire"
)

func newOperationsCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "operations",
		Short: "List the operations, their paths and the roles they need",
		Long: `Operations lists everything that can be asked of the API: the name of each
operation, its method and path in each API, and the role that a caller needs.`,
		Example: `  latchkey operations
  latchkey operations --output json | jq -r '.[] | select(.changes) | .name'`,
		Args: cobra.NoArgs,
	}
	output := outputFlag(cmd, "text", "json")
	cmd.RunE = func(*cobra.Command, []string) error {
		rows := operationRows(server.Rows(server.ReadBuild()))
		if output.value == "json" {
			return p.printJSON(rows)
		}
		_, err := fmt.Fprint(p.stdout, operationsText(rows))
		return err
	}
	return cmd
}

// operationRow is one operation as it is shown.
type operationRow struct {
	Name      string               `json:"name"`
	Summary   string               `json:"summary"`
	Role      string               `json:"role"` // "" when none is needed
	Needs     string               `json:"needs"`
	Changes   bool                 `json:"changes"`
	Events    []latchkey.EventType `json:"events"`
	Endpoints []endpoint           `json:"endpoints"`
}

// endpoint is one way to ask for an operation.
type endpoint struct {
	API      string   `json:"api"`
	Method   string   `json:"method"`
	Path     string   `json:"path"`
	Versions []string `json:"versions"`
}

// operationRows collects the rows of each operation, in the order in which
// operations first appear.
func operationRows(rows []wire.Row) []operationRow {
	var out []operationRow
	at := make(map[string]int)
	for i := range rows {
		row := &rows[i]
		n, seen := at[row.Op.Name]
		if !seen {
			n = len(out)
			at[row.Op.Name] = n
			out = append(out, operationRow{
				Name: row.Op.Name, Summary: row.Op.Summary, Role: row.Op.Rule.Role.String(), Needs: row.RoleNeeded(),
				Changes: row.Op.Changes, Events: append([]latchkey.EventType{}, row.Op.Events...),
			})
		}
		for _, gen := range row.Generations {
			for _, path := range row.Paths(gen) {
				out[n].Endpoints = append(out[n].Endpoints, endpoint{gen.Name(), row.Method, path, versions(row, gen)})
			}
		}
	}
	return out
}

func versions(row *wire.Row, gen wire.Generation) []string {
	list := []string{}
	if gen.Versioned() {
		for _, v := range row.Versions {
			list = append(list, string(v))
		}
	}
	return list
}

func operationsText(rows []operationRow) string {
	var b strings.Builder
	for i, r := range rows {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s: %s\n    needs %s\n", r.Name, r.Summary, r.Needs)
		for _, e := range r.Endpoints {
			fmt.Fprintf(&b, "    %-6s %s\n", e.Method, e.Path)
		}
	}
	return b.String()
}
