package op

import (
	"slices"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// EventSelection says which events a list is about. Types that are never
// recorded may be among those named: nothing is found of them.
type EventSelection struct {
	Types    []latchkey.EventType // only these; none for all
	Excluded []latchkey.EventType // not these
	From     time.Time            // not before this; zero for no limit
	Until    time.Time            // not after this; zero for no limit
	Clusters bool                 // only those of clusters: none
	Page     latchkey.Page
}

// types returns the types to look for, none for all, and whether there is
// anything to look for at all.
func (s *EventSelection) types() ([]latchkey.EventType, bool) {
	if len(s.Types) == 0 && len(s.Excluded) == 0 {
		return nil, !s.Clusters
	}
	var list []latchkey.EventType
	for _, k := range eventKinds {
		wanted := len(s.Types) == 0 || slices.Contains(s.Types, k.Type)
		if wanted && !slices.Contains(s.Excluded, k.Type) {
			list = append(list, k.Type)
		}
	}
	if len(list) == len(eventKinds) {
		return nil, !s.Clusters
	}
	return list, len(list) > 0 && !s.Clusters
}

// EventPage is a page of events, newest first, and how many there are on all
// pages.
type EventPage struct {
	Events []latchkey.Event
	Total  int
}

// ProjectEventsInput asks for a page of the events of a project.
type ProjectEventsInput struct {
	Project latchkey.ProjectID
	EventSelection
}

// Scope implements Input.
func (in ProjectEventsInput) Scope() policy.Scope { return policy.Scope{Project: in.Project} }

// ListProjectEvents lists the events of a project, newest first.
var ListProjectEvents = &Op[ProjectEventsInput, EventPage]{
	Info: Info{
		Name: "listGroupEvents", Summary: "List the events of a project",
		Rule: policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupReadOnly},
	},
	run: func(env *Env, in ProjectEventsInput) (EventPage, error) {
		return env.events(&in.EventSelection, latchkey.EventFilter{Project: in.Project})
	},
}

// OrgEventsInput asks for a page of the events of an organization.
type OrgEventsInput struct {
	Org latchkey.OrgID
	EventSelection
}

// Scope implements Input.
func (in OrgEventsInput) Scope() policy.Scope { return policy.Scope{Org: in.Org} }

// ListOrgEvents lists the events of an organization, newest first. Those of
// projects are shown to callers that reach them: all to whom a role in the
// organization lets into every project, those of its own projects to any other.
var ListOrgEvents = &Op[OrgEventsInput, EventPage]{
	Info: Info{
		Name: "listOrgEvents", Summary: "List the events of an organization",
		Rule: policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgMember},
	},
	run: func(env *Env, in OrgEventsInput) (EventPage, error) {
		var filter latchkey.EventFilter
		if !env.reachesAll() {
			filter.Reader = env.Caller.ID
		}
		return env.events(&in.EventSelection, filter)
	},
}

// events reads the page that the selection asks for, of what the filter lets
// through.
func (env *Env) events(s *EventSelection, f latchkey.EventFilter) (out EventPage, err error) {
	var any bool
	if f.Types, any = s.types(); !any {
		return out, nil
	}
	f.From, f.Until = s.From, s.Until
	out.Events, out.Total, err = env.EventFeed(env.Org(), f, s.Page)
	return out, err
}

// ProjectEventInput names an event of a project.
type ProjectEventInput struct {
	Project latchkey.ProjectID
	Event   latchkey.EventID
}

// Scope implements Input.
func (in ProjectEventInput) Scope() policy.Scope { return policy.Scope{Project: in.Project} }

// GetProjectEvent returns one event of a project.
var GetProjectEvent = &Op[ProjectEventInput, latchkey.Event]{
	Info: Info{
		Name: "getGroupEvent", Summary: "Get an event of a project",
		Rule: policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupReadOnly},
	},
	run: func(env *Env, in ProjectEventInput) (latchkey.Event, error) {
		e, err := env.Event(env.Org(), in.Event)
		if err == nil && e.ProjectID != in.Project {
			err = latchkey.ErrNotFound
		}
		if err != nil {
			return latchkey.Event{}, whenMissing(err, latchkey.CodeEventNotFound, string(in.Event), string(in.Project))
		}
		return e, nil
	},
}

// OrgEventInput names an event of an organization.
type OrgEventInput struct {
	Org   latchkey.OrgID
	Event latchkey.EventID
}

// Scope implements Input.
func (in OrgEventInput) Scope() policy.Scope { return policy.Scope{Org: in.Org} }

// GetOrgEvent returns one event of an organization. One of a project that the
// caller does not reach is as unknown as one that does not exist.
var GetOrgEvent = &Op[OrgEventInput, latchkey.Event]{
	Info: Info{
		Name: "getOrgEvent", Summary: "Get an event of an organization",
		Rule: policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgMember},
	},
	run: func(env *Env, in OrgEventInput) (latchkey.Event, error) {
		e, err := env.Event(env.Org(), in.Event)
		if err == nil && e.ProjectID != "" && !env.reachesAll() {
			err = env.holdsRolesIn(e.ProjectID)
		}
		if err != nil {
			return latchkey.Event{}, whenMissing(err, latchkey.CodeOrgEventNotFound, string(in.Event), string(env.Org()))
		}
		return e, nil
	},
}

// reachesAll reports whether an organization role lets the caller into every
// project of its organization.
func (env *Env) reachesAll() bool {
	return (policy.Grants{Org: env.Caller.OrgRoles}).EffectiveInProject("") != 0
}

// holdsRolesIn returns ErrNotFound unless the caller holds roles in the project.
func (env *Env) holdsRolesIn(project latchkey.ProjectID) error {
	caller, err := env.callerPrincipal()
	if err == nil && caller.ProjectRoles.Get(project) == 0 {
		err = latchkey.ErrNotFound
	}
	return err
}
