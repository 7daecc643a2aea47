package op

import (
	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// CheckInput asks whether the caller itself holds a role, in one project or in
// one organization.
type CheckInput struct {
	Org     latchkey.OrgID     // "" when a project is named
	Project latchkey.ProjectID // "" when an organization is named
	Role    latchkey.Role      // of the level of what is named
}

// Scope implements Input. The organization is not in it: one that is not the
// caller's is refused like a role that is not held.
func (in CheckInput) Scope() policy.Scope { return policy.Scope{Project: in.Project} }

// Access says who the caller is, and all that it may do where it asked.
type Access struct {
	Principal latchkey.PrincipalID
	PublicKey latchkey.PublicKey // of a key; "" of a service account
	Org       latchkey.OrgID
	Roles     latchkey.RoleSet // those held there and all that they imply
}

// CheckAccess tells the caller whether it holds a role or one that implies it.
// It refuses with CodeAccessDenied, whatever the reason: what is not the
// caller's cannot be told from what does not exist.
var CheckAccess = &Op[CheckInput, Access]{Info: checkInfo(false), run: checkAccess, gone: denyAccess}

// CheckAccessOnce is CheckAccess for a request that changes something at the
// service that asks. Its nonce is noted like that of a change, so that whoever
// recorded the request cannot have it done again.
var CheckAccessOnce = &Op[CheckInput, Access]{Info: checkInfo(true), run: checkAccess, gone: denyAccess}

func checkInfo(changes bool) Info {
	return Info{
		Name: "checkAccess", Summary: "Check whether the caller holds a role",
		Rule: policy.Rule{Gate: policy.GateAnyone}, Changes: changes,
	}
}

func checkAccess(env *Env, in CheckInput) (Access, error) {
	caller := env.principal()
	access := Access{Principal: env.Caller.ID, PublicKey: env.Caller.PublicKey, Org: env.Org()}
	rule := policy.Rule{Role: in.Role}
	switch {
	case in.Project != "":
		rule.Gate = policy.GateProject
		access.Roles = caller.EffectiveInProject(in.Project)
	case in.Org == env.Org():
		rule.Gate = policy.GateOrganization
		access.Roles = caller.EffectiveInOrg()
	default:
		return denyAccess(env, in)
	}
	if refusal := env.service.granting.Decide(caller, rule, env.scope, policy.Grants{}, policy.Grants{}); refusal != nil {
		return Access{}, latchkey.Refuse(latchkey.CodeAccessDenied).Because("%s", refusal.Reason)
	}
	return access, nil
}

func denyAccess(_ *Env, in CheckInput) (Access, error) {
	return Access{}, latchkey.Refuse(latchkey.CodeAccessDenied).Because("%s%s is not the caller's", in.Org, in.Project)
}
