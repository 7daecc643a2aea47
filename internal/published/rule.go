package published

import (
	"fmt"
	"strings"
)

// RuleKind says how the right to call an operation is found.
type RuleKind int

const (
	// NeedsRole: one of Rule.Roles, or a role that implies one, in the project or organization of the path. An
	// organization role on a project's path is meant in the project's organization.
	NeedsRole RuleKind = iota + 1
	// AnyCaller: every authenticated principal; the answer holds only what is its own.
	AnyCaller
	// Unauthenticated: callers without credentials too.
	Unauthenticated
	// AccessListRule: the key in the path itself, or an owner of its organization.
	AccessListRule
	// ProjectCreatorRule: owner or project creator of the organization that the body names.
	ProjectCreatorRule
	// ByNameRule: project read on the project found; to anyone else the name is unknown.
	ByNameRule
	// OwnerOfOwnOrganization: owner of the caller's own organization; the path names none.
	OwnerOfOwnOrganization
	// SharedOrganization: a member of an organization that the user in the path is in.
	SharedOrganization
)

var ruleNames = [...]string{
	NeedsRole: "needs-role", AnyCaller: "any-caller", Unauthenticated: "unauthenticated", AccessListRule: "access-list",
	ProjectCreatorRule: "project-creator", ByNameRule: "by-name", OwnerOfOwnOrganization: "owner-of-own-organization",
	SharedOrganization: "shared-organization",
}

// String returns the name that differences.json uses.
func (k RuleKind) String() string {
	if k < NeedsRole || int(k) >= len(ruleNames) {
		return fmt.Sprintf("RuleKind(%d)", int(k))
	}
	return ruleNames[k]
}

func parseRuleKind(name string) (RuleKind, error) {
	for k, n := range ruleNames {
		if n != "" && n == name {
			return RuleKind(k), nil
		}
	}
	return 0, fmt.Errorf("differences.json: unknown rule %q", name)
}

// roles returns the role constants that a rule other than NeedsRole asks for; nil when it asks for none.
func (k RuleKind) roles() []string {
	switch k {
	case AccessListRule, OwnerOfOwnOrganization:
		return []string{"ORG_OWNER"}
	case ProjectCreatorRule:
		return []string{"ORG_OWNER", "ORG_GROUP_CREATOR"}
	case ByNameRule:
		return []string{"GROUP_READ_ONLY"}
	case SharedOrganization:
		return []string{"ORG_MEMBER"}
	default:
		return nil
	}
}

// Rule is who may call an operation.
type Rule struct {
	Kind  RuleKind
	Roles []string // role constants, any of which is enough; for AccessListRule the alternative to being the key itself
}

// Scope is the kind of container that an operation's path names.
type Scope int

const (
	// ScopeNone: the path names neither a project nor an organization.
	ScopeNone Scope = iota
	// ScopeProject: the path has {groupId}.
	ScopeProject
	// ScopeOrganization: the path has {orgId}.
	ScopeOrganization
)

// Scope returns the container that the path names.
func (o Operation) Scope() Scope {
	switch {
	case strings.Contains(o.Path, "{groupId}"):
		return ScopeProject
	case strings.Contains(o.Path, "{orgId}"):
		return ScopeOrganization
	default:
		return ScopeNone
	}
}

// RoleName returns the role constant of a display name that the published operations use, such as GROUP_OWNER for
// "Project Owner".
func RoleName(display string) (string, bool) {
	name, ok := map[string]string{
		"Organization Member":    "ORG_MEMBER",
		"Organization Owner":     "ORG_OWNER",
		"Organization Read Only": "ORG_READ_ONLY",
		"Project Access Manager": "GROUP_ACCESS_MANAGER",
		"Project Owner":          "GROUP_OWNER",
		"Project Read Only":      "GROUP_READ_ONLY",
	}[display]
	return name, ok
}
