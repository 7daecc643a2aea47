package policy

import (
	"github.com/latchkey/latchkey"
)

// Grants is the roles a principal holds, or the part of them that a change
// concerns.
type Grants struct {
	Org      latchkey.RoleSet
	Projects latchkey.ProjectRoles
}

// GrantsOf returns all that a key or a service account holds.
func GrantsOf(p *latchkey.Principal) Grants { return Grants{p.OrgRoles, p.ProjectRoles} }

// InProject returns the grants that are roles in one project only.
func InProject(id latchkey.ProjectID, roles latchkey.RoleSet) Grants {
	return Grants{Projects: latchkey.ProjectRoles{}.With(id, roles)}
}

// Principal is who asks.
type Principal struct {
	ID latchkey.PrincipalID
	Grants
}

// EffectiveInOrg returns every organization role that the grants amount to.
// Whoever holds any role in an organization is a member of it.
func (g Grants) EffectiveInOrg() latchkey.RoleSet {
	s := Closure(g.Org).AtLevel(latchkey.LevelOrganization)
	if g.Org != 0 || g.Projects.Len() > 0 {
		s = s.With(latchkey.OrgMember)
	}
	return s
}

// EffectiveInProject returns every project role that the grants amount to in
// the project. None means that the project is out of reach.
func (g Grants) EffectiveInProject(id latchkey.ProjectID) latchkey.RoleSet {
	return Closure(g.Org | g.Projects.Get(id)).AtLevel(latchkey.LevelProject)
}

// Gate says in what kind of scope a rule asks for its role.
type Gate uint8

// The gates.
const (
	// GateAnyone lets every authenticated caller in; the operation answers
	// only what is the caller's own.
	GateAnyone Gate = iota + 1
	// GateOrganization asks for the role in the organization of the path, or of
	// the project of the path, which must be within the caller's reach.
	GateOrganization
	// GateProject asks for the role in the project of the path.
	GateProject
	// GateProjectCreator asks for the role in the caller's own organization,
	// with its own refusal (createGroup).
	GateProjectCreator
	// GateAccessList lets the target key itself in, or whoever holds the role
	// in the organization, with its own refusal.
	GateAccessList
)

// Rule is what an operation asks of its caller.
type Rule struct {
	Gate Gate
	Role latchkey.Role // NoRole for GateAnyone
}

// Scope is the ids an operation works on, as parsed from the request; those
// the operation does not name are empty.
type Scope struct {
	Org     latchkey.OrgID
	Project latchkey.ProjectID
	Target  latchkey.PrincipalID
}

// Granting says how far dominance goes.
type Granting uint8

// The ways of granting.
const (
	// Strict lets a caller grant, take and touch only what its own roles imply.
	Strict Granting = iota
	// AtlasGranting leaves only the role gate, as the vendor documents.
	AtlasGranting
)

// Decide answers whether the caller may do what the rule guards in the scope
// when that changes somebody's grants from before to after; both are empty
// when only the gate is asked. It returns nil or the refusal.
//
// The gate comes first, dominance second and never instead of it: every role
// that is in one of before and after but not in the other must be implied by
// what the caller holds in the same place.
func (g Granting) Decide(caller Principal, rule Rule, scope Scope, before, after Grants) *latchkey.Error {
	if refusal := pass(caller, rule, scope); refusal != nil {
		return refusal
	}
	if g == AtlasGranting {
		return nil
	}
	changed := before.Org ^ after.Org
	if missing := changed.Minus(Closure(caller.Org).With(latchkey.OrgMember)); missing != 0 {
		return latchkey.Refuse(latchkey.CodeNotAuthorized).Because("the caller's roles do not imply %s", missing.First())
	}
	return dominateProjects(caller, before.Projects, after.Projects)
}

// pass is the gate alone.
func pass(caller Principal, rule Rule, scope Scope) *latchkey.Error {
	switch rule.Gate {
	case GateAnyone:
		return nil
	case GateOrganization:
		if scope.Project != "" && caller.EffectiveInProject(scope.Project) == 0 {
			return outOfReach(scope.Project)
		}
		if caller.EffectiveInOrg().Has(rule.Role) {
			return nil
		}
	case GateProject:
		effective := caller.EffectiveInProject(scope.Project)
		if effective == 0 {
			return outOfReach(scope.Project)
		}
		if effective.Has(rule.Role) {
			return nil
		}
	case GateProjectCreator:
		if caller.EffectiveInOrg().Has(rule.Role) {
			return nil
		}
		return latchkey.Refuse(latchkey.CodeNotProjectCreator, string(scope.Org)).Because("the caller lacks %s", rule.Role)
	case GateAccessList:
		if caller.ID == scope.Target || caller.EffectiveInOrg().Has(rule.Role) {
			return nil
		}
		return latchkey.Refuse(latchkey.CodeAccessListNotReadable).Because("the caller is not the key and lacks %s", rule.Role)
	}
	return latchkey.Refuse(latchkey.CodeNotAuthorized).Because("the caller lacks %s", rule.Role)
}

func outOfReach(id latchkey.ProjectID) *latchkey.Error {
	return latchkey.Refuse(latchkey.CodeProjectNotReachable).Because("the caller has no role in project %s", id)
}

// dominateProjects walks two sorted lists of project roles side by side.
func dominateProjects(caller Principal, before, after latchkey.ProjectRoles) *latchkey.Error {
	for i, j := 0, 0; i < before.Len() || j < after.Len(); {
		var id latchkey.ProjectID
		var was, will latchkey.RoleSet
		switch {
		case j == after.Len():
			id, was = before.At(i)
			i++
		case i == before.Len():
			id, will = after.At(j)
			j++
		default:
			bid, b := before.At(i)
			aid, a := after.At(j)
			switch {
			case bid < aid:
				id, was = bid, b
				i++
			case bid > aid:
				id, will = aid, a
				j++
			default:
				id, was, will = bid, b, a
				i++
				j++
			}
		}
		if missing := (was ^ will).Minus(caller.EffectiveInProject(id)); missing != 0 {
			if caller.EffectiveInProject(id) == 0 { // its id is none of the caller's business
				return latchkey.Refuse(latchkey.CodeNotAuthorized).Because("in a project out of its reach the caller's roles do not imply %s", missing.First())
			}
			return latchkey.Refuse(latchkey.CodeNotAuthorized).Because("the caller's roles in project %s do not imply %s", id, missing.First())
		}
	}
	return nil
}
