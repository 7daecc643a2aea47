package body

import (
	"net/http"
	"slices"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// systemManagedParam is a parameter of both lists of service accounts.
var systemManagedParam = []wire.Param{{
	Name: "includeSystemManaged", Description: "Taken without effect: no service account here is made by the service itself.",
	Schema: &wire.Schema{Type: "boolean", Default: "false"},
}}

func (f Form) accountRows() []wire.Row {
	return slices.Concat(f.orgAccountRows(), f.projectAccountRows(),
		f.accountSecretRows("/orgs/{orgId}", op.CreateOrgSecret, op.DeleteOrgSecret),
		f.accountSecretRows("/groups/{groupId}", op.CreateProjectSecret, op.DeleteProjectSecret),
		f.accountEntryRows("/orgs/{orgId}", op.ListOrgAccountEntries, op.CreateOrgAccountEntries, op.DeleteOrgAccountEntry),
		f.accountEntryRows("/groups/{groupId}", op.ListProjectAccountEntries, op.CreateProjectAccountEntries, op.DeleteProjectAccountEntry))
}

func (f Form) orgAccountRows() []wire.Row {
	const accounts, account = "/orgs/{orgId}/serviceAccounts", "/orgs/{orgId}/serviceAccounts/{clientId}"
	list := f.AtAccounts(http.MethodGet, accounts)
	list.Paged, list.Counted, list.Query, list.Answer = true, true, systemManagedParam, OrgAccounts
	create := f.AtAccounts(http.MethodPost, accounts)
	create.Body, create.Answer, create.Status = f.Accounts.CreateInOrg, OrgAccount, http.StatusCreated
	get := f.AtAccounts(http.MethodGet, account)
	get.Answer = OrgAccount
	update := f.AtAccounts(http.MethodPatch, account)
	update.Body, update.Answer = f.Accounts.UpdateInOrg, OrgAccount
	remove := f.AtAccounts(http.MethodDelete, account)
	remove.Status = http.StatusNoContent
	projects := f.AtAccounts(http.MethodGet, account+"/groups")
	projects.Paged, projects.Counted, projects.Answer = true, true, AccountProjects
	return []wire.Row{
		wire.Bind(list, op.ListOrgAccounts, DecodeOrgAccounts, EncodeAccounts),
		wire.Bind(create, op.CreateOrgAccount, DecodeCreateOrgAccount, EncodeAccount),
		wire.Bind(get, op.GetOrgAccount, DecodeAccount, EncodeAccount),
		wire.Bind(update, op.UpdateOrgAccount, DecodeUpdateOrgAccount, EncodeAccount),
		wire.Bind(remove, op.DeleteOrgAccount, DecodeAccount, nil),
		wire.Bind(projects, op.ListAccountProjects, DecodeAccountProjects, EncodeAccountProjects),
	}
}

func (f Form) projectAccountRows() []wire.Row {
	const accounts, account = "/groups/{groupId}/serviceAccounts", "/groups/{groupId}/serviceAccounts/{clientId}"
	list := f.AtAccounts(http.MethodGet, accounts)
	list.Paged, list.Counted, list.Query, list.Answer = true, true, systemManagedParam, ProjectAccounts
	create := f.AtAccounts(http.MethodPost, accounts)
	create.Body, create.Answer, create.Status = f.Accounts.CreateInProject, ProjectAccount, http.StatusCreated
	get := f.AtAccounts(http.MethodGet, account)
	get.Answer = ProjectAccount
	update := f.AtAccounts(http.MethodPatch, account)
	update.Body, update.Answer = f.Accounts.UpdateInProject, ProjectAccount
	remove := f.AtAccounts(http.MethodDelete, account)
	remove.Status = http.StatusNoContent
	invite := f.AtAccounts(http.MethodPost, account+":invite")
	invite.Body, invite.Answer = f.Accounts.Invite, ProjectAccount
	return []wire.Row{
		wire.Bind(list, op.ListProjectAccounts, DecodeProjectAccounts, EncodeAccounts),
		wire.Bind(create, op.CreateProjectAccount, DecodeCreateProjectAccount, EncodeAccount),
		wire.Bind(get, op.GetProjectAccount, DecodeAccount, EncodeAccount),
		wire.Bind(update, op.UpdateProjectAccount, DecodeUpdateProjectAccount, EncodeAccount),
		wire.Bind(remove, op.RemoveAccountFromProject, DecodeAccount, nil),
		wire.Bind(invite, op.InviteAccount, DecodeInviteAccount, EncodeAccount),
	}
}

// accountSecretRows returns the rows of secrets below an organization or a project.
func (f Form) accountSecretRows(container string, createSecret *op.Op[op.CreateSecretInput, op.AccountSecret], deleteSecret *op.Op[op.SecretInput, op.Nothing]) []wire.Row {
	secrets := container + "/serviceAccounts/{clientId}/secrets"
	create := f.AtAccounts(http.MethodPost, secrets)
	create.Body, create.Answer, create.Status = f.Accounts.CreateSecret, AccountSecret, http.StatusCreated
	remove := f.AtAccounts(http.MethodDelete, secrets+"/{secretId}")
	remove.Status = http.StatusNoContent
	return []wire.Row{
		wire.Bind(create, createSecret, DecodeCreateSecret, EncodeSecret),
		wire.Bind(remove, deleteSecret, DecodeSecret, nil),
	}
}

// accountEntryRows returns the rows of access lists below an organization or a project.
func (f Form) accountEntryRows(container string, listEntries, createEntries *op.Op[op.AccountEntriesInput, op.EntryPage], deleteEntry *op.Op[op.AccountEntryInput, op.Nothing]) []wire.Row {
	entries := container + "/serviceAccounts/{clientId}/accessList"
	entry := []string{entries + "/{ipAddress}"}
	if f.RawSlash {
		entry = append(entry, entries+"/{ipAddress}/{bits}")
	}
	list := f.AtAccounts(http.MethodGet, entries)
	list.Paged, list.Answer = true, AccountEntries
	create := f.AtAccounts(http.MethodPost, entries)
	create.Paged, create.Body, create.Answer = true, f.Accounts.CreateEntries, AccountEntries
	remove := f.AtAccounts(http.MethodDelete, entry...)
	remove.Status = http.StatusNoContent
	return []wire.Row{
		wire.Bind(list, listEntries, DecodeAccountEntries, EncodeAccountEntries),
		wire.Bind(create, createEntries, DecodeCreateAccountEntries, EncodeAccountEntries),
		wire.Bind(remove, deleteEntry, DecodeAccountEntry, nil),
	}
}
