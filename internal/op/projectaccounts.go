package op

import (
	"fmt"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// ListProjectAccounts lists the service accounts that hold roles in a project.
var ListProjectAccounts = &Op[AccountsInput, AccountPage]{
	Info: Info{
		Name: "listGroupServiceAccounts", Summary: "List the service accounts of a project",
		Rule: policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupReadOnly},
	},
	run: func(env *Env, in AccountsInput) (AccountPage, error) {
		list, total, err := env.ProjectAccounts(env.Org(), in.Project, in.Page)
		if err != nil {
			return AccountPage{}, err
		}
		return env.showAll(list, total)
	},
}

// GetProjectAccount returns one service account with its roles in the project.
var GetProjectAccount = &Op[AccountInput, Account]{
	Info: Info{
		Name: "getGroupServiceAccount", Summary: "Get a service account of a project",
		Rule: policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupReadOnly},
	},
	run: getAccount,
}

// CreateProjectAccount creates a service account of the organization that holds
// roles in the project and is a member of the organization.
var CreateProjectAccount = &Op[CreateAccountInput, Account]{
	Info: Info{
		Name: "createGroupServiceAccount", Summary: "Create a service account in a project",
		Rule:    policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventAccountCreated, latchkey.EventAccountAddedToProject},
	},
	run: func(env *Env, in CreateAccountInput) (Account, error) {
		if err := env.checkSecretHours(in.SecretHours); err != nil {
			return Account{}, err
		}
		if err := env.decide(policy.Grants{}, policy.InProject(in.Project, in.Roles)); err != nil {
			return Account{}, err
		}
		return env.createAccount(in, latchkey.Roles(latchkey.OrgMember))
	},
}

// UpdateProjectAccount makes the roles of a service account in one project
// exactly the given set, changes its name or its description, or several of
// them. Its other roles stay.
var UpdateProjectAccount = &Op[UpdateAccountInput, Account]{
	Info: Info{
		Name: "updateGroupServiceAccount", Summary: "Update a service account of a project",
		Rule:    policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventAccountRolesChanged, latchkey.EventAccountDetailsChanged},
	},
	run: func(env *Env, in UpdateAccountInput) (Account, error) {
		before, err := env.account(in.Account)
		if err != nil {
			return Account{}, err
		}
		held := before.ProjectRoles.Get(in.Project)
		after := in.details(before)
		if in.SetRoles {
			if err := env.decide(policy.InProject(in.Project, held), policy.InProject(in.Project, in.Roles)); err != nil {
				return Account{}, err
			}
			if in.Roles != held {
				after.Principal = withProjectRoles(after.Principal, in.Project, in.Roles)
			}
		}
		if after.Name != before.Name || after.Desc != before.Desc {
			if err := env.touch(&before.Principal); err != nil {
				return Account{}, err
			}
		}
		if err := env.Tx.UpdateAccount(before, after); err != nil {
			return Account{}, err
		}
		if after.ProjectRoles != before.ProjectRoles {
			if err := env.recordProjectRoles(&before.Principal, &after.Principal, in.Project); err != nil {
				return Account{}, err
			}
		}
		if err := env.recordDetails(&before, &after); err != nil {
			return Account{}, err
		}
		return env.show(after)
	},
	reduces: func(env *Env, in UpdateAccountInput) bool { return in.reduces(env) },
}

// RemoveAccountFromProject takes all roles in one project from a service
// account; the account stays in the organization.
var RemoveAccountFromProject = &Op[AccountInput, Nothing]{
	Info: Info{
		Name: "deleteGroupServiceAccount", Summary: "Remove a service account from a project",
		Rule:    policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupOwner},
		Changes: true, Revokes: true,
		Events: []latchkey.EventType{latchkey.EventAccountRemovedFromProject},
	},
	run: func(env *Env, in AccountInput) (Nothing, error) {
		a, err := env.account(in.Account)
		if err != nil {
			return Nothing{}, err
		}
		if err := env.decide(policy.InProject(in.Project, a.ProjectRoles.Get(in.Project)), policy.Grants{}); err != nil {
			return Nothing{}, err
		}
		return Nothing{}, env.removeFromProject(a.Principal, in.Project)
	},
}

// InviteAccountInput says which roles a service account gets in a project.
type InviteAccountInput struct {
	AccountInput
	Roles latchkey.RoleSet // project roles
}

// InviteAccount puts a service account of the organization into a project it is
// not in. Only an owner of the organization may: the account may belong to
// others than those who run the project.
var InviteAccount = &Op[InviteAccountInput, Account]{
	Info: Info{
		Name: "inviteGroupServiceAccount", Summary: "Add a service account of the organization to a project",
		Rule:    policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventAccountAddedToProject},
	},
	run: func(env *Env, in InviteAccountInput) (Account, error) {
		before, err := env.accountOfOrg(in.Account)
		if err != nil {
			return Account{}, err
		}
		if before.ProjectRoles.Get(in.Project) != 0 {
			return Account{}, latchkey.Refuse(latchkey.CodeAccountInProject,
				fmt.Sprintf("service account %s is already in group %s", in.Account, in.Project))
		}
		if err := env.decide(policy.Grants{}, policy.InProject(in.Project, in.Roles)); err != nil {
			return Account{}, err
		}
		if err := env.assign(before.Principal, in.Project, in.Roles); err != nil {
			return Account{}, err
		}
		after := before
		after.Principal = withProjectRoles(before.Principal, in.Project, in.Roles)
		return env.show(after)
	},
}
