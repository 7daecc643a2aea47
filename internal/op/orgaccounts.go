package op

import (
	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// ListOrgAccounts lists the service accounts of an organization.
var ListOrgAccounts = &Op[AccountsInput, AccountPage]{
	Info: Info{
		Name: "listOrgServiceAccounts", Summary: "List the service accounts of an organization",
		Rule: policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgReadOnly},
	},
	run: func(env *Env, in AccountsInput) (AccountPage, error) {
		list, total, err := env.Accounts(env.Org(), in.Page)
		if err != nil {
			return AccountPage{}, err
		}
		return env.showAll(list, total)
	},
}

// GetOrgAccount returns one service account with its roles in the organization.
var GetOrgAccount = &Op[AccountInput, Account]{
	Info: Info{
		Name: "getOrgServiceAccount", Summary: "Get a service account of an organization",
		Rule: policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgReadOnly},
	},
	run: getAccount,
}

// CreateOrgAccount creates a service account that holds exactly the given
// organization roles.
var CreateOrgAccount = &Op[CreateAccountInput, Account]{
	Info: Info{
		Name: "createOrgServiceAccount", Summary: "Create a service account in an organization",
		Rule:    policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventAccountCreated},
	},
	run: func(env *Env, in CreateAccountInput) (Account, error) {
		if err := env.checkSecretHours(in.SecretHours); err != nil {
			return Account{}, err
		}
		if err := env.decide(policy.Grants{}, policy.Grants{Org: in.Roles}); err != nil {
			return Account{}, err
		}
		return env.createAccount(in, in.Roles)
	},
}

// UpdateOrgAccount replaces the organization roles of a service account, its
// name, its description, or several of them; roles in projects stay.
var UpdateOrgAccount = &Op[UpdateAccountInput, Account]{
	Info: Info{
		Name: "updateOrgServiceAccount", Summary: "Update a service account of an organization",
		Rule:    policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventAccountRolesChanged, latchkey.EventAccountDetailsChanged},
	},
	run: func(env *Env, in UpdateAccountInput) (Account, error) {
		before, err := env.account(in.Account)
		if err != nil {
			return Account{}, err
		}
		if err := env.touch(&before.Principal); err != nil {
			return Account{}, err
		}
		after := in.details(before)
		if in.SetRoles {
			if err := env.decide(policy.Grants{}, policy.Grants{Org: in.Roles}); err != nil {
				return Account{}, err
			}
			after.OrgRoles = in.Roles
		}
		if err := env.keepOwner(&before.Principal, &after.Principal); err != nil {
			return Account{}, err
		}
		if err := env.Tx.UpdateAccount(before, after); err != nil {
			return Account{}, err
		}
		if err := env.recordOrgRoles(&before.Principal, &after.Principal); err != nil {
			return Account{}, err
		}
		if err := env.recordDetails(&before, &after); err != nil {
			return Account{}, err
		}
		return env.show(after)
	},
	reduces: func(env *Env, in UpdateAccountInput) bool { return in.reduces(env) },
}

// details returns the account with the name and the description that the
// request asks for.
func (in *UpdateAccountInput) details(a latchkey.ServiceAccount) latchkey.ServiceAccount {
	if in.Name != nil {
		a.Name = *in.Name
	}
	if in.Desc != nil {
		a.Desc = *in.Desc
	}
	return a
}

// reduces reports whether the request only takes roles away: those in the
// organization, or those in the project.
func (in *UpdateAccountInput) reduces(env *Env) bool {
	a, err := env.account(in.Account)
	if err != nil || !in.SetRoles || in.Name != nil && *in.Name != a.Name || in.Desc != nil && *in.Desc != a.Desc {
		return false
	}
	if in.Project != "" {
		return fewer(a.ProjectRoles.Get(in.Project), in.Roles)
	}
	return fewer(a.OrgRoles, in.Roles)
}

// DeleteOrgAccount deletes a service account; it leaves every project too, and
// its tokens prove nothing any more.
var DeleteOrgAccount = &Op[AccountInput, Nothing]{
	Info: Info{
		Name: "deleteOrgServiceAccount", Summary: "Delete a service account",
		Rule:    policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner},
		Changes: true, Revokes: true,
		Events: []latchkey.EventType{latchkey.EventAccountDeleted},
	},
	run: func(env *Env, in AccountInput) (Nothing, error) {
		a, err := env.account(in.Account)
		if err != nil {
			return Nothing{}, err
		}
		return Nothing{}, env.deletePrincipal(&a.Principal)
	},
}

// AccountProjectsInput asks for a page of the projects of a service account.
type AccountProjectsInput struct {
	AccountInput
	Page latchkey.Page
}

// AccountProject is a project and the roles that a service account holds there.
type AccountProject struct {
	Project latchkey.ProjectID
	Roles   latchkey.RoleSet
}

// AccountProjectPage is a page of them and how many there are on all pages.
type AccountProjectPage struct {
	Projects []AccountProject
	Total    int
}

// ListAccountProjects lists the projects of a service account by id.
var ListAccountProjects = &Op[AccountProjectsInput, AccountProjectPage]{
	Info: Info{
		Name: "getOrgServiceAccountGroups", Summary: "List the projects of a service account",
		Rule: policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgReadOnly},
	},
	run: func(env *Env, in AccountProjectsInput) (AccountProjectPage, error) {
		a, err := env.account(in.Account)
		if err != nil {
			return AccountProjectPage{}, err
		}
		out := AccountProjectPage{Total: a.ProjectRoles.Len()}
		from := min(in.Page.Offset(), out.Total)
		for i := from; i < min(from+in.Page.Size, out.Total); i++ {
			id, roles := a.ProjectRoles.At(i)
			out.Projects = append(out.Projects, AccountProject{id, roles})
		}
		return out, nil
	},
}
