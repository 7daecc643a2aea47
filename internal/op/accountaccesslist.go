package op

import (
	"net/netip"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// AccountEntriesInput asks for a page of a service account's access list.
type AccountEntriesInput struct {
	AccountInput
	Page latchkey.Page
	Add  []netip.Prefix // masked; for creating only
}

// AccountEntryInput names one entry of a service account's access list.
type AccountEntryInput struct {
	AccountInput
	Prefix netip.Prefix // masked
	Text   string       // as the request wrote it
}

// ListOrgAccountEntries lists the access list of a service account.
var ListOrgAccountEntries = &Op[AccountEntriesInput, EntryPage]{
	Info: Info{
		Name: "listOrgServiceAccountAccessList", Summary: "List the access list of a service account",
		Rule: policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgReadOnly},
	},
	run: listAccountEntries,
}

// ListProjectAccountEntries lists the access list of a service account of a project.
var ListProjectAccountEntries = &Op[AccountEntriesInput, EntryPage]{
	Info: Info{
		Name: "listGroupServiceAccountAccessList", Summary: "List the access list of a service account of a project",
		Rule: policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupReadOnly},
	},
	run: listAccountEntries,
}

// CreateOrgAccountEntries adds entries to a service account's access list and
// answers all of it.
var CreateOrgAccountEntries = &Op[AccountEntriesInput, EntryPage]{
	Info: Info{
		Name: "createOrgServiceAccountAccessList", Summary: "Add entries to the access list of a service account",
		Rule:    policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventAccountEntryAdded},
	},
	run: createAccountEntries,
}

// CreateProjectAccountEntries adds entries to the access list of a service
// account of a project and answers all of it.
var CreateProjectAccountEntries = &Op[AccountEntriesInput, EntryPage]{
	Info: Info{
		Name: "createGroupServiceAccountAccessList", Summary: "Add entries to the access list of a service account of a project",
		Rule:    policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupAccessManager},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventAccountEntryAdded},
	},
	run: createAccountEntries,
}

// DeleteOrgAccountEntry takes an entry out of a service account's access list.
var DeleteOrgAccountEntry = &Op[AccountEntryInput, Nothing]{
	Info: Info{
		Name: "deleteOrgServiceAccountAccessListEntry", Summary: "Delete an entry of the access list of a service account",
		Rule:    policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner},
		Changes: true, Revokes: true,
		Events: []latchkey.EventType{latchkey.EventAccountEntryDeleted},
	},
	run: deleteAccountEntry,
}

// DeleteProjectAccountEntry takes an entry out of the access list of a service
// account of a project.
var DeleteProjectAccountEntry = &Op[AccountEntryInput, Nothing]{
	Info: Info{
		Name: "deleteGroupServiceAccountAccessListEntry", Summary: "Delete an entry of the access list of a service account of a project",
		Rule:    policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupAccessManager},
		Changes: true, Revokes: true,
		Events: []latchkey.EventType{latchkey.EventAccountEntryDeleted},
	},
	run: deleteAccountEntry,
}

func listAccountEntries(env *Env, in AccountEntriesInput) (EntryPage, error) {
	a, err := env.account(in.Account)
	if err != nil {
		return EntryPage{}, err
	}
	return env.entries(&a.Principal, in.Page)
}

func createAccountEntries(env *Env, in AccountEntriesInput) (EntryPage, error) {
	before, err := env.account(in.Account)
	if err != nil {
		return EntryPage{}, err
	}
	after, err := env.addEntries(before.Principal, in.Add)
	if err != nil {
		return EntryPage{}, err
	}
	return env.entries(&after, in.Page)
}

func deleteAccountEntry(env *Env, in AccountEntryInput) (Nothing, error) {
	before, err := env.account(in.Account)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, env.deleteEntry(before.Principal, in.Prefix, latchkey.Refuse(latchkey.CodeAccountEntryNotFound, in.Text))
}
