package body

import (
	"net/http"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// typesSchema describes a list of published names of event types.
var typesSchema = &wire.Schema{Type: "array", Items: &wire.Schema{Type: "string", Pattern: "^[A-Z0-9_]+$"}}

// includeRawParam asks for events as they were audited.
var includeRawParam = wire.Param{Name: paramIncludeRaw, Description: "Whether events have the member \"raw\": all that was audited of them.",
	Schema: &wire.Schema{Type: "boolean", Default: "false"}}

// selectionParams are the parameters that the lists of both containers have.
var selectionParams = []wire.Param{
	{Name: paramEventType, Schema: typesSchema,
		Description: "Types of events to list, one a parameter or with commas between them. Every published name is taken; those that are never recorded find nothing."},
	includeRawParam,
	{Name: paramMaxDate, Description: "Latest time of the events to list. One in whole seconds stands for that whole second.", Schema: moment},
	{Name: paramMinDate, Description: "Earliest time of the events to list.", Schema: moment},
}

// projectSelectionParams are those that the list of a project has.
var projectSelectionParams = append([]wire.Param{
	{Name: paramClusterNames, Description: "Names of clusters whose events to list. There are no clusters: nothing is found.",
		Schema: &wire.Schema{Type: "array", Items: text}},
	{Name: paramExcludedEventType, Description: "Types of events not to list, as in eventType.", Schema: typesSchema},
}, selectionParams...)

func (f Form) eventRows() []wire.Row {
	types := f.At(http.MethodGet, "/eventTypes")
	types.Paged, types.Answer = true, EventKinds
	inProject := f.At(http.MethodGet, "/groups/{groupId}/events")
	inProject.Paged, inProject.Query, inProject.Answer = true, projectSelectionParams, ProjectEvents
	oneInProject := f.At(http.MethodGet, "/groups/{groupId}/events/{eventId}")
	oneInProject.Query, oneInProject.Answer = []wire.Param{includeRawParam}, ProjectEvent
	inOrg := f.At(http.MethodGet, "/orgs/{orgId}/events")
	inOrg.Paged, inOrg.Query, inOrg.Answer = true, selectionParams, OrgEvents
	oneInOrg := f.At(http.MethodGet, "/orgs/{orgId}/events/{eventId}")
	oneInOrg.Query, oneInOrg.Answer = []wire.Param{includeRawParam}, OrgEvent
	return []wire.Row{
		wire.Bind(types, op.ListEventKinds, DecodeEventKinds, EncodeEventKinds),
		wire.Bind(inProject, op.ListProjectEvents, DecodeProjectEvents, EncodeProjectEvents),
		wire.Bind(oneInProject, op.GetProjectEvent, DecodeProjectEvent, EncodeProjectEvent),
		wire.Bind(inOrg, op.ListOrgEvents, DecodeOrgEvents, EncodeOrgEvents),
		wire.Bind(oneInOrg, op.GetOrgEvent, DecodeOrgEvent, EncodeOrgEvent),
	}
}
