package body

import (
	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/wire"
)

var clientID = &wire.Schema{Type: "string", Pattern: wire.ClientIDPattern}

func nullable(s *wire.Schema) *wire.Schema {
	n := *s
	n.Nullable = true
	return &n
}

// AccountSecret describes a secret of a service account.
var AccountSecret = &wire.Schema{Name: "ServiceAccountSecret", Type: "object",
	Description: "A secret of a service account: in clear in the answer that created it, and masked everywhere else.",
	Properties: []wire.Property{
		{Name: "createdAt", Schema: moment, Required: true},
		{Name: "expiresAt", Schema: moment, Required: true},
		{Name: "id", Schema: id, Required: true},
		{Name: "lastUsedAt", Schema: nullable(moment), Required: true},
		{Name: "maskedSecretValue", Schema: text},
		{Name: "secret", Schema: text},
	}}

// The kinds of service accounts that are answered.
var (
	OrgAccount = account("OrgServiceAccount",
		"A service account with its roles in the organization.", latchkey.LevelOrganization)
	ProjectAccount = account("GroupServiceAccount",
		"A service account with its roles in the project.", latchkey.LevelProject)
)

func account(name, description string, level latchkey.Level) *wire.Schema {
	roles := &wire.Schema{Type: "string"}
	if level == latchkey.LevelOrganization {
		roles.Enum = latchkey.AllRoles().AtLevel(level).Names()
	}
	return &wire.Schema{Name: name, Type: "object", Description: description, Properties: []wire.Property{
		{Name: "clientId", Schema: clientID, Required: true},
		{Name: "createdAt", Schema: moment, Required: true},
		{Name: "description", Schema: text, Required: true},
		{Name: "name", Schema: text, Required: true},
		{Name: "roles", Schema: &wire.Schema{Type: "array", Items: roles}, Required: true},
		{Name: "secrets", Schema: &wire.Schema{Type: "array", Items: AccountSecret}, Required: true},
	}}
}

// AccountProject describes a project and the roles that a service account holds there.
var AccountProject = &wire.Schema{Name: "ServiceAccountGroup", Type: "object", Properties: []wire.Property{
	{Name: "groupId", Schema: id, Required: true},
	{Name: "roles", Schema: &wire.Schema{Type: "array", Items: text}, Required: true},
}}

// AccountEntry describes an entry of a service account's access list.
var AccountEntry = &wire.Schema{Name: "ServiceAccountIPAccessListEntry", Type: "object", Properties: []wire.Property{
	{Name: "cidrBlock", Schema: text, Required: true},
	{Name: "createdAt", Schema: moment, Required: true},
	{Name: "ipAddress", Schema: nullable(text), Required: true},
	{Name: "lastUsedAddress", Schema: nullable(text), Required: true},
	{Name: "lastUsedAt", Schema: nullable(moment), Required: true},
	{Name: "requestCount", Schema: number, Required: true},
}}

// The pages of lists.
var (
	OrgAccounts     = Page("PaginatedOrgServiceAccounts", OrgAccount)
	ProjectAccounts = Page("PaginatedGroupServiceAccounts", ProjectAccount)
	AccountProjects = Page("PaginatedServiceAccountGroup", AccountProject)
	AccountEntries  = Page("PaginatedServiceAccountIPAccessEntryView", AccountEntry)
)
