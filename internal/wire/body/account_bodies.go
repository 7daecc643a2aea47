package body

import (
	"slices"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// AccountBodies are the bodies that a generation reads about service accounts.
type AccountBodies struct {
	CreateInOrg, UpdateInOrg         *wire.Body
	CreateInProject, UpdateInProject *wire.Body
	Invite                           *wire.Body
	CreateSecret                     *wire.Body
	CreateEntries                    *wire.Body
}

// Accounts are the bodies of the dated generation, whose request schemas have
// no read-only members but for entries of access lists.
var Accounts = AccountBodies{
	CreateInOrg:     newAccount("OrgServiceAccountRequest", latchkey.LevelOrganization, nil),
	UpdateInOrg:     changedAccount("OrgServiceAccountUpdateRequest", latchkey.LevelOrganization, nil),
	CreateInProject: newAccount("GroupServiceAccountRequest", latchkey.LevelProject, nil),
	UpdateInProject: changedAccount("GroupServiceAccountUpdateRequest", latchkey.LevelProject, nil),
	Invite:          invitedAccount("GroupServiceAccountRoleAssignment", nil),
	CreateSecret:    newSecret("ServiceAccountSecretRequest", nil),
	CreateEntries:   newEntries("ServiceAccountIPAccessListRequest", accountEntryMembers),
}

// AccountsV1 also take the members of the response objects.
var AccountsV1 = AccountBodies{
	CreateInOrg:     newAccount("OrgServiceAccountRequestV1", latchkey.LevelOrganization, accountReadOnly),
	UpdateInOrg:     changedAccount("OrgServiceAccountUpdateRequestV1", latchkey.LevelOrganization, accountReadOnly),
	CreateInProject: newAccount("GroupServiceAccountRequestV1", latchkey.LevelProject, accountReadOnly),
	UpdateInProject: changedAccount("GroupServiceAccountUpdateRequestV1", latchkey.LevelProject, accountReadOnly),
	Invite: invitedAccount("GroupServiceAccountRoleAssignmentV1", takingReadOnly(accountReadOnly, []wire.Member{
		{Name: "description", Kind: wire.String, ReadOnly: true},
		{Name: "name", Kind: wire.String, ReadOnly: true},
	})),
	CreateSecret: newSecret("ServiceAccountSecretRequestV1", []wire.Member{
		{Name: "createdAt", Kind: wire.String, ReadOnly: true},
		{Name: "expiresAt", Kind: wire.String, ReadOnly: true},
		{Name: "id", Kind: wire.String, ReadOnly: true},
		{Name: "lastUsedAt", Kind: wire.String, ReadOnly: true},
		{Name: "maskedSecretValue", Kind: wire.String, ReadOnly: true},
		{Name: "secret", Kind: wire.String, ReadOnly: true},
	}),
	CreateEntries: newEntries("ServiceAccountIPAccessListRequest", accountEntryMembers),
}

// accountReadOnly are the members of a service account that clients may send back.
var accountReadOnly = []wire.Member{
	{Name: "clientId", Kind: wire.String, ReadOnly: true, Schema: sameID},
	{Name: "createdAt", Kind: wire.String, ReadOnly: true},
	{Name: "secrets", Kind: wire.Any, ReadOnly: true},
}

var accountEntryMembers = takingReadOnly(entryWritable, []wire.Member{
	{Name: "createdAt", Kind: wire.String, ReadOnly: true},
	{Name: "lastUsedAddress", Kind: wire.String, ReadOnly: true},
	{Name: "lastUsedAt", Kind: wire.String, ReadOnly: true},
	{Name: "requestCount", Kind: wire.Int, ReadOnly: true},
})

// accountText is the published pattern of names and descriptions.
const accountText = `^[\p{L}\p{N}\-_.,' ]*$`

func accountWritable(level latchkey.Level) []wire.Member {
	return []wire.Member{
		{Name: "description", Kind: wire.String,
			Schema: &wire.Schema{MinLength: 1, MaxLength: op.MaxAccountDescLength, Pattern: accountText}},
		{Name: "name", Kind: wire.String,
			Schema: &wire.Schema{MinLength: 1, MaxLength: op.MaxAccountNameLength, Pattern: accountText}},
		accountRoles(level),
	}
}

func accountRoles(level latchkey.Level) wire.Member {
	m := rolesOf(level)
	m.Schema = &wire.Schema{MinItems: 1, Description: "Names of roles in the " + level.String() + ": exactly those that the service account is to hold there."}
	m.Codes = slices.DeleteFunc(m.Codes, func(c latchkey.Code) bool { return c == latchkey.CodeMissingRoles }) // refused as invalid
	return m
}

var secretHours = wire.Member{Name: "secretExpiresAfterHours", Kind: wire.Int, Schema: &wire.Schema{
	Minimum: op.MinSecretHours, Maximum: op.MaxSecretHours,
	Description: "How many hours the secret lives: no more than the organization's maxServiceAccountSecretValidityInHours.",
}}

func newAccount(name string, level latchkey.Level, readOnly []wire.Member) *wire.Body {
	return &wire.Body{
		Name: name, Members: takingReadOnly(append(accountWritable(level), secretHours), readOnly),
		Required: accountBirth,
		Codes:    []latchkey.Code{latchkey.CodeTooManyAccounts},
	}
}

func changedAccount(name string, level latchkey.Level, readOnly []wire.Member) *wire.Body {
	return &wire.Body{Name: name, Members: takingReadOnly(accountWritable(level), readOnly)}
}

func invitedAccount(name string, readOnly []wire.Member) *wire.Body {
	return &wire.Body{
		Name: name, Members: takingReadOnly([]wire.Member{accountRoles(latchkey.LevelProject)}, readOnly),
		Required: []string{"roles"}, Codes: []latchkey.Code{latchkey.CodeAccountInProject},
	}
}

func newSecret(name string, readOnly []wire.Member) *wire.Body {
	return &wire.Body{
		Name: name, Members: takingReadOnly([]wire.Member{secretHours}, readOnly), Required: []string{"secretExpiresAfterHours"},
	}
}
