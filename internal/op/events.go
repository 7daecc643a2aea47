package op

import (
	"crypto/sha256"
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
	// Uncounted says that nobody asks for the total: it may be any that tells
	// whether there are more behind the page.
	Uncounted bool
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

// EventPage is a page of events as the caller may see them, newest first, and
// how many there are on all pages.
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
		Rule:  policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupReadOnly},
		Heavy: true,
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
		Rule:  policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgMember},
		Heavy: true,
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
	f.From, f.Until, f.Uncounted = s.From, s.Until, s.Uncounted
	out.Events, out.Total, err = env.EventFeed(env.Org(), f, s.Page)
	for i := range out.Events {
		env.veil(&out.Events[i])
	}
	return out, err
}

// ProjectEventInput names an event of a project.
type ProjectEventInput struct {
	Project latchkey.ProjectID
	Event   latchkey.EventID
}

// Scope implements Input.
func (in ProjectEventInput) Scope() policy.Scope { return policy.Scope{Project: in.Project} }

// GetProjectEvent returns one event of a project, as the caller may see it.
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
		env.veil(&e)
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

// GetOrgEvent returns one event of an organization, as the caller may see it.
// One of a project that the
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
		env.veil(&e)
		return e, nil
	},
}

// veil takes out of an event what its caller may not see. Its place in the chain
// would tell whoever is not let into every project that there are events of
// others: Seq, Hash and PrevHash are zero then. An entry of an access list is
// for whoever may list those: Change and Payload are empty for others.
func (env *Env) veil(e *latchkey.Event) {
	if !env.reachesAll() {
		e.Seq, e.Hash, e.PrevHash = 0, [sha256.Size]byte{}, [sha256.Size]byte{}
	}
	if e.Change.Entry != "" && !env.readsEntries(e.TargetID) {
		e.Change, e.Payload = latchkey.Change{}, nil
	}
}

// readsEntries reports whether the caller may list the access list of the
// principal, be it there or not: its own, and every one of the organization's as
// an Organization Owner, or, those of service accounts, with Organization Read
// Only.
func (env *Env) readsEntries(id latchkey.PrincipalID) bool {
	role := latchkey.OrgOwner
	if id.IsAccount() {
		role = latchkey.OrgReadOnly
	}
	return id == env.Caller.ID || env.principal().EffectiveInOrg().Has(role)
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
