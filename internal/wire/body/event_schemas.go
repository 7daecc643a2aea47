package body

import "github.com/latchkey/latchkey/internal/wire"

// eventMembers are what every event of a list or of its own has.
var eventMembers = []wire.Property{
	{Name: "apiKeyId", Schema: &wire.Schema{Type: "string", Pattern: idPattern,
		Description: "Id of the API key that made the change, or the digits of a service account's client id. Absent when a command on the server made it."}},
	{Name: "created", Schema: moment, Required: true},
	{Name: "eventTypeName", Schema: text, Required: true},
	{Name: "groupId", Schema: &wire.Schema{Type: "string", Pattern: idPattern, Description: "Id of the project, if one is concerned."}},
	{Name: "id", Schema: id, Required: true},
	{Name: "isGlobalAdmin", Schema: boolean, Required: true},
	{Name: "links", Schema: links, Required: true},
	{Name: "orgId", Schema: id, Required: true},
	{Name: "publicKey", Schema: &wire.Schema{Type: "string",
		Description: "Public key of the API key that made the change, or the client id of the service account."}},
	{Name: "raw", Schema: rawEvent},
	{Name: "remoteAddress", Schema: &wire.Schema{Type: "string", Description: "Address that the change came from."}},
	{Name: "resourceId", Schema: id},
	{Name: "resourceType", Schema: &wire.Schema{Type: "string", Enum: []string{resourceProject}}},
	{Name: "targetPublicKey", Schema: &wire.Schema{Type: "string",
		Description: "Public key of the API key, or client id of the service account, that was changed."}},
	{Name: "whitelistEntry", Schema: &wire.Schema{Type: "string", Description: "The entry of the access list that was added or deleted. Absent unless the caller may list that access list."}},
}

// rawEvent describes an event as it was audited.
var rawEvent = &wire.Schema{Name: "AuditedEvent", Type: "object",
	Description: "The event as it was audited, with includeRaw: all that its hash covers. Absent from events of an access list that the caller may not list. Callers that no organization role lets into every project are not told hash, prevHash and seq.",
	Properties: []wire.Property{
		{Name: "callerId", Schema: text, Required: true},
		{Name: "callerPublicKey", Schema: text, Required: true},
		{Name: "created", Schema: &wire.Schema{Type: "integer", Description: "Milliseconds since 1970."}, Required: true},
		{Name: "hash", Schema: hash},
		{Name: "id", Schema: id, Required: true},
		{Name: "operation", Schema: text, Required: true},
		{Name: "orgId", Schema: id, Required: true},
		{Name: "payload", Schema: &wire.Schema{Description: "What changed: the new value of everything that was set."}, Required: true},
		{Name: "prevHash", Schema: hash},
		{Name: "projectId", Schema: text, Required: true},
		{Name: "remoteAddress", Schema: text, Required: true},
		{Name: "seq", Schema: &wire.Schema{Type: "integer", Minimum: 1}},
		{Name: "source", Schema: text, Required: true},
		{Name: "targetId", Schema: text, Required: true},
		{Name: "targetPublicKey", Schema: text, Required: true},
		{Name: "type", Schema: text, Required: true},
	}}

var hash = &wire.Schema{Type: "string", Pattern: "^[a-f0-9]{64}$"}

// OrgEvent and ProjectEvent describe an event.
var (
	OrgEvent     = &wire.Schema{Name: "EventViewForOrg", Type: "object", Properties: eventMembers}
	ProjectEvent = &wire.Schema{Name: "EventViewForNdsGroup", Type: "object", Properties: eventMembers}
)

// EventKind describes a type of event.
var EventKind = &wire.Schema{Name: "EventTypeDetails", Type: "object", Properties: []wire.Property{
	{Name: "alertable", Schema: &wire.Schema{Type: "boolean", Description: "Always false: there are no alerts."}, Required: true},
	{Name: "description", Schema: text, Required: true},
	{Name: "eventType", Schema: text, Required: true},
}}

// The pages of lists about events.
var (
	OrgEvents     = Page("OrgPaginatedEventView", OrgEvent)
	ProjectEvents = Page("GroupPaginatedEventView", ProjectEvent)
	EventKinds    = Page("PaginatedEventTypeDetailsResponse", EventKind)
)
