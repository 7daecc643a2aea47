package body

import "github.com/latchkey/latchkey/internal/wire"

const idPattern = wire.IDPattern

var (
	text    = &wire.Schema{Type: "string"}
	id      = &wire.Schema{Type: "string", Pattern: idPattern}
	number  = &wire.Schema{Type: "integer"}
	boolean = &wire.Schema{Type: "boolean"}
	moment  = &wire.Schema{Type: "string", Format: "date-time"}

	link = &wire.Schema{Name: "Link", Type: "object", Properties: []wire.Property{
		{Name: "href", Schema: text, Required: true}, {Name: "rel", Schema: text, Required: true},
	}}
	links = &wire.Schema{Type: "array", Items: link}

	roleAssignment = &wire.Schema{Name: "CloudAccessRoleAssignment", Type: "object",
		Description: "A role, and the organization or the project it is held in.",
		Properties: []wire.Property{
			{Name: "groupId", Schema: id}, {Name: "orgId", Schema: id}, {Name: "roleName", Schema: text, Required: true},
		}}
	roleAssignments = &wire.Schema{Type: "array", Items: roleAssignment}
)

// publicKey is the form of public keys.
var publicKey = &wire.Schema{Type: "string", Pattern: "^[a-z]{8}$", MinLength: 8, MaxLength: 8}

// Key describes a key.
var Key = &wire.Schema{Name: "ApiKeyUserDetails", Type: "object",
	Description: "A programmatic API key with all its roles. The private key is in clear in the answer that created it, and redacted everywhere else.",
	Properties: []wire.Property{
		{Name: "desc", Schema: &wire.Schema{Type: "string", MinLength: 1, MaxLength: 250}, Required: true},
		{Name: "id", Schema: id, Required: true},
		{Name: "links", Schema: links, Required: true},
		{Name: "privateKey", Schema: text, Required: true},
		{Name: "publicKey", Schema: publicKey, Required: true},
		{Name: "roles", Schema: roleAssignments, Required: true},
	}}

// Entry describes an access list entry.
var Entry = &wire.Schema{Name: "UserAccessListResponse", Type: "object", Properties: []wire.Property{
	{Name: "cidrBlock", Schema: text, Required: true},
	{Name: "count", Schema: number, Required: true},
	{Name: "created", Schema: moment, Required: true},
	{Name: "ipAddress", Schema: text},
	{Name: "lastUsed", Schema: moment},
	{Name: "lastUsedAddress", Schema: text},
	{Name: "links", Schema: links, Required: true},
}}

// Org describes an organization.
var Org = &wire.Schema{Name: "AtlasOrganization", Type: "object", Properties: []wire.Property{
	{Name: "id", Schema: id, Required: true},
	{Name: "isDeleted", Schema: boolean, Required: true},
	{Name: "links", Schema: links, Required: true},
	{Name: "name", Schema: text, Required: true},
	{Name: "skipDefaultAlertsSettings", Schema: boolean, Required: true},
}}

// Settings describes the settings of an organization.
var Settings = &wire.Schema{Name: "OrganizationSettings", Type: "object", Properties: []wire.Property{
	{Name: "apiAccessListRequired", Schema: boolean, Required: true},
	{Name: "customSessionTimeouts", Schema: &wire.Schema{Name: "CustomSessionTimeouts", Type: "object", Properties: []wire.Property{
		{Name: "absoluteSessionTimeoutInSeconds", Schema: number}, {Name: "idleSessionTimeoutInSeconds", Schema: number},
	}}},
	{Name: "genAIFeaturesEnabled", Schema: boolean, Required: true},
	{Name: "maxServiceAccountSecretValidityInHours", Schema: number},
	{Name: "multiFactorAuthRequired", Schema: boolean, Required: true},
	{Name: "operationsContact", Schema: text},
	{Name: "restrictEmployeeAccess", Schema: boolean, Required: true},
	{Name: "securityContact", Schema: text},
	{Name: "streamsCrossGroupEnabled", Schema: boolean, Required: true},
}}

// Project describes a project.
var Project = &wire.Schema{Name: "Group", Type: "object", Properties: []wire.Property{
	{Name: "clusterCount", Schema: number, Required: true},
	{Name: "created", Schema: moment, Required: true},
	{Name: "id", Schema: id, Required: true},
	{Name: "links", Schema: links, Required: true},
	{Name: "name", Schema: text, Required: true},
	{Name: "orgId", Schema: id, Required: true},
	{Name: "regionUsageRestrictions", Schema: &wire.Schema{Type: "string", Enum: regions(wire.AtlasV2)}},
	{Name: "tags", Schema: &wire.Schema{Type: "array", Items: &wire.Schema{Name: "ResourceTag", Type: "object", Properties: []wire.Property{
		{Name: "key", Schema: text, Required: true}, {Name: "value", Schema: text, Required: true},
	}}}},
	{Name: "withDefaultAlertsSettings", Schema: boolean, Required: true},
}}

// Root describes the status of the server.
var Root = &wire.Schema{Name: "SystemStatus", Type: "object", Properties: []wire.Property{
	{Name: "apiKey", Schema: &wire.Schema{Name: "ApiKey", Type: "object", Properties: []wire.Property{
		{Name: "accessList", Schema: &wire.Schema{Type: "array", Items: &wire.Schema{Name: "AccessListItemView", Type: "object", Properties: []wire.Property{
			{Name: "cidrBlock", Schema: text}, {Name: "ipAddress", Schema: &wire.Schema{Type: "string", Nullable: true}, Required: true},
		}}}, Required: true},
		{Name: "id", Required: true, Schema: &wire.Schema{Type: "string", Pattern: idPattern + "|" + wire.ClientIDPattern,
			Description: "Id of the API key, or client id of the service account, that asks."}},
		{Name: "publicKey", Required: true, Schema: &wire.Schema{Type: "string", Pattern: publicKey.Pattern + "|" + wire.ClientIDPattern,
			Description: "Public key of the API key, or client id of the service account, that asks."}},
		{Name: "roles", Schema: roleAssignments, Required: true},
	}}, Required: true},
	{Name: "appName", Schema: text, Required: true},
	{Name: "build", Schema: text, Required: true},
	{Name: "links", Schema: links, Required: true},
	{Name: "throttling", Schema: boolean, Required: true},
}}

// IPInfo describes the address of the caller.
var IPInfo = &wire.Schema{Name: "IpInfo", Type: "object", Properties: []wire.Property{
	{Name: "currentIpv4Address", Schema: text}, {Name: "currentIpv6Address", Schema: text},
}}

// ServiceVersion describes the version of the server, which is not JSON.
var ServiceVersion = &wire.Schema{Type: "string", MediaType: "text/plain"}

// Empty describes an object without members.
var Empty = &wire.Schema{Type: "object"}

// ControlPlane describes the addresses of the control plane.
var ControlPlane = &wire.Schema{Name: "ControlPlaneIPAddresses", Type: "object", Properties: []wire.Property{
	{Name: "inbound", Schema: providerAddresses, Required: true}, {Name: "outbound", Schema: providerAddresses, Required: true},
}}

var providerAddresses = &wire.Schema{Type: "object", Properties: []wire.Property{
	{Name: "aws", Schema: Empty}, {Name: "azure", Schema: Empty}, {Name: "gcp", Schema: Empty},
}}

// Page describes a page of items; name is that of the published schema.
func Page(name string, item *wire.Schema) *wire.Schema {
	return &wire.Schema{Name: name, Type: "object", Properties: []wire.Property{
		{Name: "links", Schema: links, Required: true},
		{Name: "results", Schema: &wire.Schema{Type: "array", Items: item}, Required: true},
		{Name: "totalCount", Schema: number},
	}}
}

// The pages of lists.
var (
	Keys     = Page("PaginatedApiApiUserView", Key)
	Entries  = Page("PaginatedApiUserAccessListResponseView", Entry)
	Orgs     = Page("PaginatedOrganizationView", Org)
	Projects = Page("PaginatedAtlasGroupView", Project)
)
