package body

import (
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// Names of the parameters of events.
const (
	paramClusterNames      = "clusterNames"
	paramEventType         = "eventType"
	paramExcludedEventType = "excludedEventType"
	paramIncludeRaw        = "includeRaw"
	paramMaxDate           = "maxDate"
	paramMinDate           = "minDate"
)

// DecodeOrgEvents reads a request for a page of an organization's events.
func DecodeOrgEvents(r *wire.Request) op.OrgEventsInput {
	return op.OrgEventsInput{Org: r.OrgID(), EventSelection: readSelection(r)}
}

// DecodeProjectEvents reads a request for a page of a project's events.
func DecodeProjectEvents(r *wire.Request) op.ProjectEventsInput {
	in := op.ProjectEventsInput{Project: r.ProjectID(), EventSelection: readSelection(r)}
	in.Excluded = readEventTypes(r, paramExcludedEventType)
	in.Clusters = len(r.QueryList(paramClusterNames)) > 0
	return in
}

// DecodeOrgEvent reads a request that names an event of an organization.
func DecodeOrgEvent(r *wire.Request) op.OrgEventInput {
	r.QueryBool(paramIncludeRaw)
	return op.OrgEventInput{Org: r.OrgID(), Event: r.EventID()}
}

// DecodeProjectEvent reads a request that names an event of a project.
func DecodeProjectEvent(r *wire.Request) op.ProjectEventInput {
	r.QueryBool(paramIncludeRaw)
	return op.ProjectEventInput{Project: r.ProjectID(), Event: r.EventID()}
}

// DecodeEventKinds reads a request for a page of the types of events.
func DecodeEventKinds(r *wire.Request) op.EventKindsInput {
	return op.EventKindsInput{Page: r.Paging.Page}
}

// readSelection reads the parameters that the lists of both containers have.
func readSelection(r *wire.Request) op.EventSelection {
	s := op.EventSelection{Types: readEventTypes(r, paramEventType), Page: r.Paging.Page, Uncounted: !r.Paging.IncludeCount}
	r.QueryBool(paramIncludeRaw)
	s.Until = readMaxDate(r)
	s.From, _ = r.QueryTime(paramMinDate)
	return s
}

// readMaxDate reads the latest time. Answers show whole seconds: a time in
// whole seconds lets everything of that second through.
func readMaxDate(r *wire.Request) time.Time {
	t, given := r.QueryTime(paramMaxDate)
	if given && t.Nanosecond() == 0 {
		t = t.Add(time.Second - time.Nanosecond)
	}
	return t
}

// readEventTypes reads a list of published names of event types.
func readEventTypes(r *wire.Request, name string) []latchkey.EventType {
	types, known := parseEventTypes(r.QueryList(name))
	if !known {
		r.Refuse(op.RankQuery, latchkey.Refuse(latchkey.CodeInvalidQuery, name))
	}
	return types
}
