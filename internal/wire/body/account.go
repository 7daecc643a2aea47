package body

import (
	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// DecodeOrgAccounts reads a request for a page of an organization's service accounts.
func DecodeOrgAccounts(r *wire.Request) op.AccountsInput {
	r.QueryBool("includeSystemManaged")
	return op.AccountsInput{Org: r.OrgID(), Page: r.Paging.Page}
}

// DecodeProjectAccounts reads a request for a page of a project's service accounts.
func DecodeProjectAccounts(r *wire.Request) op.AccountsInput {
	r.QueryBool("includeSystemManaged")
	return op.AccountsInput{Project: r.ProjectID(), Page: r.Paging.Page}
}

// DecodeAccount reads a request that names a service account of an
// organization or of a project, whichever the path has.
func DecodeAccount(r *wire.Request) op.AccountInput {
	var in op.AccountInput
	if r.Path("groupId") != "" {
		in.Project = r.ProjectID()
	} else {
		in.Org = r.OrgID()
	}
	in.Account = r.ClientID()
	return in
}

// accountPatch is what a body says of a service account.
type accountPatch struct {
	name, desc *string
	setRoles   bool
	roles      latchkey.RoleSet
	hours      int64
}

// readAccount reads the members of the body that the row declares; those that
// are needed must be there. A client id in the body must be that of the path.
func readAccount(r *wire.Request, level latchkey.Level, id latchkey.PrincipalID, needed ...string) (p accountPatch) {
	o := r.Object()
	if r.BodyBroken() {
		return p
	}
	if id != "" {
		checkSame(r, o, "clientId", string(id))
	}
	for _, name := range needed {
		if !o.Has(name) {
			r.RefuseBody(latchkey.Refuse(latchkey.CodeMissingAttribute, name))
		}
	}
	if desc, ok := o.String("description"); ok {
		r.RefuseBody(op.CheckAccountDesc(desc))
		p.desc = &desc
	}
	if name, ok := o.String("name"); ok {
		r.RefuseBody(op.CheckAccountName(name))
		p.name = &name
	}
	p.hours, _ = o.Int("secretExpiresAfterHours")
	names, ok := o.Strings("roles")
	switch {
	case !ok:
	case len(names) == 0:
		invalidMember(r, "roles", "must have at least one role")
	default:
		roles, err := op.ParseRoles(names, level, Grantable(r.Generation))
		r.RefuseBody(err)
		p.roles, p.setRoles = roles, true
	}
	return p
}

// accountBirth are the members that a new service account needs.
var accountBirth = []string{"description", "name", "roles", "secretExpiresAfterHours"}

// DecodeCreateOrgAccount reads a request for a new service account of an organization.
func DecodeCreateOrgAccount(r *wire.Request) op.CreateAccountInput {
	in := readNewAccount(r, latchkey.LevelOrganization)
	in.Org = r.OrgID()
	return in
}

// DecodeCreateProjectAccount reads a request for a new service account in a project.
func DecodeCreateProjectAccount(r *wire.Request) op.CreateAccountInput {
	in := readNewAccount(r, latchkey.LevelProject)
	in.Project = r.ProjectID()
	return in
}

func readNewAccount(r *wire.Request, level latchkey.Level) op.CreateAccountInput {
	p := readAccount(r, level, "", accountBirth...)
	in := op.CreateAccountInput{Roles: p.roles, SecretHours: p.hours}
	if p.name != nil && p.desc != nil {
		in.Name, in.Desc = *p.name, *p.desc
	}
	return in
}

// DecodeUpdateOrgAccount reads a change of a service account of an organization.
func DecodeUpdateOrgAccount(r *wire.Request) op.UpdateAccountInput {
	return readChangedAccount(r, latchkey.LevelOrganization)
}

// DecodeUpdateProjectAccount reads a change of a service account of a project.
func DecodeUpdateProjectAccount(r *wire.Request) op.UpdateAccountInput {
	return readChangedAccount(r, latchkey.LevelProject)
}

func readChangedAccount(r *wire.Request, level latchkey.Level) op.UpdateAccountInput {
	in := op.UpdateAccountInput{AccountInput: DecodeAccount(r)}
	p := readAccount(r, level, in.Account)
	in.Name, in.Desc, in.SetRoles, in.Roles = p.name, p.desc, p.setRoles, p.roles
	return in
}

// DecodeInviteAccount reads a request to put a service account into a project.
func DecodeInviteAccount(r *wire.Request) op.InviteAccountInput {
	in := op.InviteAccountInput{AccountInput: DecodeAccount(r)}
	in.Roles = readAccount(r, latchkey.LevelProject, in.Account, "roles").roles
	return in
}

// DecodeAccountProjects reads a request for a page of a service account's projects.
func DecodeAccountProjects(r *wire.Request) op.AccountProjectsInput {
	return op.AccountProjectsInput{AccountInput: DecodeAccount(r), Page: r.Paging.Page}
}

// EncodeAccount writes a service account with the roles that were asked for.
func EncodeAccount(a *wire.Answer, account op.Account) {
	a.Raw(`{"clientId":"`)
	a.Raw(string(account.ID))
	a.Raw(`","createdAt":`)
	a.Time(account.Created)
	a.Raw(`,"description":`)
	a.String(account.Desc)
	a.Raw(`,"name":`)
	a.String(account.Name)
	a.Raw(`,"roles":`)
	appendRoleNames(a, account.Roles)
	a.Raw(`,"secrets":[`)
	for i := range account.Secrets {
		if i > 0 {
			a.Raw(",")
		}
		EncodeSecret(a, account.Secrets[i])
	}
	a.Raw(`]}`)
}

// appendRoleNames writes roles by their names alone, in the order of the role table.
func appendRoleNames(a *wire.Answer, roles latchkey.RoleSet) {
	a.Raw("[")
	for i, name := range roles.Names() {
		if i > 0 {
			a.Raw(",")
		}
		a.String(name)
	}
	a.Raw("]")
}

// EncodeAccounts writes a page of service accounts.
func EncodeAccounts(a *wire.Answer, p op.AccountPage) {
	a.List(len(p.Accounts), p.Total, func(i int) { EncodeAccount(a, p.Accounts[i]) })
}

// EncodeAccountProjects writes a page of a service account's projects.
func EncodeAccountProjects(a *wire.Answer, p op.AccountProjectPage) {
	a.List(len(p.Projects), p.Total, func(i int) {
		a.Raw(`{"groupId":"`)
		a.Raw(string(p.Projects[i].Project))
		a.Raw(`","roles":`)
		appendRoleNames(a, p.Projects[i].Roles)
		a.Raw(`}`)
	})
}
