package op

import (
	"slices"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// EventKind is a type of event with what it says to people.
type EventKind struct {
	Type        latchkey.EventType
	Description string
}

// eventKinds is every type of event that can be recorded, in the order in
// which they are listed.
var eventKinds = []EventKind{
	{latchkey.EventOrgCreated, "An organization was created."},
	{latchkey.EventOrgRenamed, "The organization got another name."},
	{latchkey.EventOrgSettingsUpdated, "Settings of the organization changed."},
	{latchkey.EventOrgAccessListRequired, "Every caller of the organization must have an access list from now on."},
	{latchkey.EventOrgAccessListNotRequired, "Callers of the organization may do without an access list from now on."},
	{latchkey.EventMaxSecretValidityEdited, "The longest lifetime of service account secrets in the organization changed."},

	{latchkey.EventProjectCreated, "A project was created."},
	{latchkey.EventProjectDeleted, "A project was deleted, with every role held in it."},
	{latchkey.EventProjectNameChanged, "A project got another name."},
	{latchkey.EventProjectTagsModified, "The tags of a project changed."},

	{latchkey.EventKeyCreated, "An API key was created."},
	{latchkey.EventKeyDeleted, "An API key was deleted."},
	{latchkey.EventKeyRolesChanged, "The roles of an API key in the organization or in a project were replaced."},
	{latchkey.EventKeyDescriptionChanged, "An API key got another description."},
	{latchkey.EventKeyAddedToProject, "An API key got roles in a project it was not in."},
	{latchkey.EventKeyRemovedFromProject, "An API key lost all its roles in a project."},
	{latchkey.EventEntryAdded, "An entry was added to the access list of an API key."},
	{latchkey.EventEntryDeleted, "An entry was deleted from the access list of an API key."},

	{latchkey.EventAccountCreated, "A service account was created."},
	{latchkey.EventAccountDeleted, "A service account was deleted."},
	{latchkey.EventAccountRolesChanged, "The roles of a service account in the organization or in a project were replaced."},
	{latchkey.EventAccountDetailsChanged, "A service account got another name or description."},
	{latchkey.EventAccountAddedToProject, "A service account got roles in a project it was not in."},
	{latchkey.EventAccountRemovedFromProject, "A service account lost all its roles in a project."},
	{latchkey.EventAccountEntryAdded, "An entry was added to the access list of a service account."},
	{latchkey.EventAccountEntryDeleted, "An entry was deleted from the access list of a service account."},
	{latchkey.EventSecretAdded, "A secret was added to a service account."},
	{latchkey.EventSecretDeleted, "A secret of a service account was deleted."},
}

// EventKinds returns every type of event that can be recorded, in a fixed order.
func EventKinds() []EventKind { return slices.Clone(eventKinds) }

// EventKindsInput asks for a page of the types of events.
type EventKindsInput struct {
	Page latchkey.Page
}

// Scope implements Input.
func (in EventKindsInput) Scope() policy.Scope { return policy.Scope{} }

// EventKindPage is a page of types of events and how many there are on all pages.
type EventKindPage struct {
	Kinds []EventKind
	Total int
}

// ListEventKinds lists the types of events that can be recorded.
var ListEventKinds = &Op[EventKindsInput, EventKindPage]{
	Info: Info{
		Name: "listEventTypes", Summary: "List the types of events",
		Rule: policy.Rule{Gate: policy.GateAnyone},
	},
	run: func(_ *Env, in EventKindsInput) (EventKindPage, error) {
		from := min(in.Page.Offset(), len(eventKinds))
		to := min(from+in.Page.Size, len(eventKinds))
		return EventKindPage{slices.Clone(eventKinds[from:to]), len(eventKinds)}, nil
	},
}
