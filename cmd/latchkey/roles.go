package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

func newRolesCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "roles",
		Short: "List the roles and what each implies",
		Long: `Roles lists every role: its name and display name, the level it is held at, the
APIs that publish it, and what it implies, directly and altogether. A role of an
organization implies roles in every project of it.`,
		Example: `  latchkey roles
  latchkey roles --output json | jq -r '.[] | select(.level == "project") | .name'`,
		Args: cobra.NoArgs,
	}
	output := outputFlag(cmd, "text", "json")
	cmd.RunE = func(*cobra.Command, []string) error {
		rows := roleRows()
		if output.value == "json" {
			return p.printJSON(rows)
		}
		_, err := fmt.Fprint(p.stdout, rolesText(rows), "\n", strictNote())
		return err
	}
	return cmd
}

// roleRow is one role as it is shown.
type roleRow struct {
	Name    string   `json:"name"`
	Display string   `json:"displayName"`
	Level   string   `json:"level"`
	APIs    []string `json:"apis"`
	Implies []string `json:"implies"`        // directly
	Total   []string `json:"impliesInTotal"` // with what those imply

	direct, total latchkey.RoleSet // both with the role itself
}

func roleRows() []roleRow {
	var rows []roleRow
	for _, info := range policy.RoleTable() {
		self := latchkey.Roles(info.Role)
		direct, total := info.Implies.Minus(self), policy.Closure(self).Minus(self)
		rows = append(rows, roleRow{
			Name: info.Role.String(), Display: info.Display, Level: info.Role.Level().String(),
			APIs:    strings.Split(info.APIs.String(), ", "),
			Implies: append([]string{}, direct.Names()...), // never null
			Total:   append([]string{}, total.Names()...),
			direct:  direct.With(info.Role), total: total.With(info.Role),
		})
	}
	return rows
}

func rolesText(rows []roleRow) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%-36s %s (%s; %s)\n", r.Name, r.Display, r.Level, strings.Join(r.APIs, ", "))
		writeList(&b, "implies:", inWords(r.direct, r.Name))
		if len(r.Total) > len(r.Implies) {
			writeList(&b, "in total:", inWords(r.total, r.Name))
		}
	}
	return b.String()
}

// inWords names the roles but the one called self, and says in one word when
// they are all that there are at a level.
func inWords(s latchkey.RoleSet, self string) []string {
	var list []string
	for _, level := range []latchkey.Level{latchkey.LevelGlobal, latchkey.LevelOrganization, latchkey.LevelProject} {
		all := latchkey.AllRoles().AtLevel(level)
		if all.SubsetOf(s) {
			list = append(list, "every "+level.String()+" role")
			continue
		}
		for _, name := range s.AtLevel(level).Names() {
			if name != self {
				list = append(list, name)
			}
		}
	}
	return list
}

// writeList writes a list in lines of at most textWidth characters.
func writeList(b *strings.Builder, label string, list []string) {
	if len(list) == 0 {
		return
	}
	prefix := fmt.Sprintf("    %-9s", label)
	line := prefix
	for i, name := range list {
		if i < len(list)-1 {
			name += ","
		}
		if len(line)+1+len(name) > textWidth {
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", len(prefix))
		}
		line += " " + name
	}
	b.WriteString(line + "\n")
}

const textWidth = 110

// strictNote says what strict granting leaves to a Project Access Manager,
// which is less than many expect.
func strictNote() string {
	may := policy.Closure(latchkey.Roles(latchkey.GroupAccessManager)).AtLevel(latchkey.LevelProject)
	atlas := may & policy.Grantable(policy.Atlas)
	more := (may & policy.Grantable(policy.OpsManager)).Minus(atlas)
	return fmt.Sprintf(`With --role-grant=strict, the default, a caller grants and takes away only roles that its own
imply. So a %s (%s) can grant
only %s, and on the public API v1.0 %s too;
a Project Owner can grant every role of the project. --role-grant=atlas asks for the role that
the operation needs and no more.
`, policy.DisplayName(latchkey.GroupAccessManager), latchkey.GroupAccessManager,
		strings.Join(atlas.Names(), " and "), strings.Join(more.Names(), " and "))
}
