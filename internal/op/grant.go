package op

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/latchkey/latchkey"
)

// MaxDescLength is the length of the longest description, in code points
// (schema ApiKeyUserDetails).
const MaxDescLength = 250

// CheckDesc checks the description of a key: CodeDescRequired when it is empty
// or only white space, CodeDescTooLong above MaxDescLength code points.
func CheckDesc(desc string) *latchkey.Error {
	switch {
	case strings.TrimSpace(desc) == "":
		return latchkey.Refuse(latchkey.CodeDescRequired)
	case utf8.RuneCountInString(desc) > MaxDescLength:
		return latchkey.Refuse(latchkey.CodeDescTooLong, MaxDescLength)
	}
	return nil
}

// ParseRoles turns the role names of a request into a set of roles of that
// level. Names outside grantable are as unknown as any other text. It refuses
// with CodeMissingRoles for an empty list, CodeUnknownRole, CodeOrgRoleInProject,
// CodeProjectRoleInOrg or CodeGlobalRole: the first name that breaks a rule
// decides, and every unknown name is listed as a violation. Names given twice
// count once.
func ParseRoles(names []string, level latchkey.Level, grantable latchkey.RoleSet) (latchkey.RoleSet, *latchkey.Error) {
	if len(names) == 0 {
		return 0, latchkey.Refuse(latchkey.CodeMissingRoles)
	}
	var set latchkey.RoleSet
	var refusal *latchkey.Error
	var unknown []latchkey.FieldViolation
	for _, name := range names {
		role, known := latchkey.ParseRole(name)
		known = known && grantable.Has(role)
		if !known {
			unknown = append(unknown, latchkey.FieldViolation{
				Field:       "_roles",
				Description: fmt.Sprintf("Invalid role name '%s'. Must be a valid Role name.", name),
			})
		}
		if refusal == nil {
			refusal = checkLevel(name, role, known, level)
		}
		set = set.With(role)
	}
	if refusal != nil {
		if refusal.Code == latchkey.CodeUnknownRole {
			refusal = refusal.In(unknown...)
		}
		return 0, refusal
	}
	return set, nil
}

func checkLevel(name string, role latchkey.Role, known bool, level latchkey.Level) *latchkey.Error {
	switch {
	case !known:
		return latchkey.Refuse(latchkey.CodeUnknownRole, name)
	case role.Level() == level:
		return nil
	case role.Level() == latchkey.LevelGlobal:
		return latchkey.Refuse(latchkey.CodeGlobalRole)
	case level == latchkey.LevelProject:
		return latchkey.Refuse(latchkey.CodeOrgRoleInProject)
	}
	return latchkey.Refuse(latchkey.CodeProjectRoleInOrg)
}
