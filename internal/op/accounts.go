package op

import (
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// MaxAccountsPerOrg is how many service accounts an organization may have: the
// number in the refusal that the real service was seen to answer.
const MaxAccountsPerOrg = 500

// Account is a service account as an operation answers it: with the roles that
// it holds where it was asked for, and its secrets with their use.
type Account struct {
	ID      latchkey.PrincipalID
	Name    string
	Desc    string
	Created time.Time
	Roles   latchkey.RoleSet // in the organization, or in the project that was asked
	Secrets []AccountSecret  // oldest first
}

// AccountPage is a page of service accounts and how many there are on all pages.
type AccountPage struct {
	Accounts []Account
	Total    int
}

// AccountsInput asks for a page of the service accounts of an organization or
// of a project; the other id is empty.
type AccountsInput struct {
	Org     latchkey.OrgID
	Project latchkey.ProjectID
	Page    latchkey.Page
}

// Scope implements Input.
func (in AccountsInput) Scope() policy.Scope {
	return policy.Scope{Org: in.Org, Project: in.Project}
}

// AccountInput names a service account of an organization, or one that is in a
// project; the other id is empty.
type AccountInput struct {
	Org     latchkey.OrgID
	Project latchkey.ProjectID
	Account latchkey.PrincipalID
}

// Scope implements Input.
func (in AccountInput) Scope() policy.Scope {
	return policy.Scope{Org: in.Org, Project: in.Project, Target: in.Account}
}

// CreateAccountInput describes a service account to be created in an
// organization or in a project; the other id is empty.
type CreateAccountInput struct {
	Org         latchkey.OrgID
	Project     latchkey.ProjectID
	Name        string
	Desc        string
	Roles       latchkey.RoleSet // of the organization, or of the project
	SecretHours int64            // how long its first secret lives
}

// Scope implements Input.
func (in CreateAccountInput) Scope() policy.Scope {
	return policy.Scope{Org: in.Org, Project: in.Project}
}

// UpdateAccountInput says what changes in a service account.
type UpdateAccountInput struct {
	AccountInput
	Name     *string          // nil leaves the name
	Desc     *string          // nil leaves the description
	SetRoles bool             // false leaves the roles
	Roles    latchkey.RoleSet // of the organization, or of the project
}

// account reads a service account of the caller's organization. When the call
// is about a project it must be in that project; if it is not, it is as unknown
// as one that never existed.
func (env *Env) account(id latchkey.PrincipalID) (latchkey.ServiceAccount, error) {
	a, err := env.accountOfOrg(id)
	if err == nil && env.scope.Project != "" && a.ProjectRoles.Get(env.scope.Project) == 0 {
		err = latchkey.Refuse(latchkey.CodeAccountNotFound, string(id)).Because("the service account is not in project %s", env.scope.Project)
	}
	return a, err
}

// accountOfOrg reads a service account of the caller's organization, whatever
// the call is about.
func (env *Env) accountOfOrg(id latchkey.PrincipalID) (latchkey.ServiceAccount, error) {
	a, err := env.Reader.Account(env.Org(), id)
	return a, whenMissing(err, latchkey.CodeAccountNotFound, string(id))
}

// getAccount is the run of both operations that return one account.
func getAccount(env *Env, in AccountInput) (Account, error) {
	a, err := env.account(in.Account)
	if err != nil {
		return Account{}, err
	}
	return env.show(a)
}

// show returns the account as the call asks for it.
func (env *Env) show(a latchkey.ServiceAccount) (Account, error) {
	out := Account{ID: a.ID, Name: a.Name, Desc: a.Desc, Created: a.Created, Roles: a.OrgRoles}
	if env.scope.Project != "" {
		out.Roles = a.ProjectRoles.Get(env.scope.Project)
	}
	var err error
	out.Secrets, err = env.secretsOf(&a)
	return out, err
}

// showAll returns a page of accounts as the call asks for them.
func (env *Env) showAll(list []latchkey.ServiceAccount, total int) (AccountPage, error) {
	out := AccountPage{Accounts: make([]Account, len(list)), Total: total}
	for i := range list {
		var err error
		if out.Accounts[i], err = env.show(list[i]); err != nil {
			return AccountPage{}, err
		}
	}
	return out, nil
}

// createAccount makes a service account of the caller's organization with its
// first secret, and records its birth. The organization roles are given; the
// roles of the input are those in its project, if it has one.
func (env *Env) createAccount(in CreateAccountInput, org latchkey.RoleSet) (Account, error) {
	n, err := env.AccountCount(env.Org())
	if err != nil {
		return Account{}, err
	}
	if n >= MaxAccountsPerOrg {
		return Account{}, latchkey.Refuse(latchkey.CodeTooManyAccounts, MaxAccountsPerOrg, string(env.Org()))
	}
	secret, clear := env.newSecret(in.SecretHours)
	a := latchkey.ServiceAccount{Name: in.Name, Secrets: latchkey.Secrets{secret}, Principal: latchkey.Principal{
		ID: latchkey.NewClientID(env.now), OrgID: env.Org(), Desc: in.Desc, OrgRoles: org, Created: env.now,
	}}
	if in.Project != "" {
		a.ProjectRoles = a.ProjectRoles.With(in.Project, in.Roles)
	}
	if err := env.Tx.InsertAccount(a); err != nil {
		return Account{}, err
	}
	terms := a.Secrets.Terms()
	err = env.record(about(latchkey.EventAccountCreated, &a.Principal, "", latchkey.Change{
		Name: &a.Name, Desc: &a.Desc, OrgRoles: org.Names(), Secrets: &terms, SecretID: secret.ID,
	}))
	if err == nil && in.Project != "" {
		err = env.record(about(latchkey.EventAccountAddedToProject, &a.Principal, in.Project,
			latchkey.Change{ProjectRoles: in.Roles.Names()}))
	}
	if err != nil {
		return Account{}, err
	}
	out, err := env.show(a)
	if err == nil {
		out.Secrets[0].Clear = clear
	}
	return out, err
}

// recordDetails records the name and the description of a service account, as
// far as they changed.
func (env *Env) recordDetails(before, after *latchkey.ServiceAccount) error {
	var change latchkey.Change
	if after.Name != before.Name {
		change.Name = &after.Name
	}
	if after.Desc != before.Desc {
		change.Desc = &after.Desc
	}
	if change.Name == nil && change.Desc == nil {
		return nil
	}
	return env.record(about(latchkey.EventAccountDetailsChanged, &after.Principal, env.scope.Project, change))
}
