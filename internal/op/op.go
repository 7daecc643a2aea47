// Package op owns the operations: what each one does, who may do it, which
// events it may record, and the one way in which all of them run. It knows
// nothing of wires: inputs and outputs are plain values.
package op

import (
	"net/netip"
	"slices"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// Info is what is declared about an operation, once, for both API generations,
// the command line and the documents.
type Info struct {
	Name    string               // the published operation id, such as "updateGroupApiKeyRoles"
	Summary string               // one line for people
	Rule    policy.Rule          // who may call it
	Changes bool                 // whether it writes
	Revokes bool                 // whether it takes away what somebody can do: other changes must not hold it up
	Heavy   bool                 // whether it can read so much that only some may run at once; of those that write nothing
	Events  []latchkey.EventType // the events it may record
}

// Input is what an operation works on.
type Input interface {
	// Scope returns the ids the operation works on. Ids that were malformed
	// may be empty: the call then carries a refusal that comes first.
	Scope() policy.Scope
}

// Op is one operation.
type Op[I Input, O any] struct {
	Info
	// run does the work in the transaction of the call. It has no effect but
	// through env and may run more than once.
	run func(env *Env, in I) (O, error)
	// gone, if set, answers instead of "not found" when the project of the
	// scope does not exist.
	gone func(env *Env, in I) (O, error)
	// reduces, if set, tells of an operation that can both give and take
	// whether the call only takes: it is then a revocation.
	reduces func(env *Env, in I) bool
}

// Env is what an operation sees of its call: one transaction, the caller as
// read in it, and the project of the path, if it names one.
type Env struct {
	latchkey.Reader
	Tx      latchkey.Tx // nil when the operation only reads
	Caller  latchkey.Caller
	Project latchkey.Project
	Address netip.Addr // the caller's

	lost    error // why the container of the path is not there; nil when it is
	info    *Info
	scope   policy.Scope
	now     time.Time
	service *Service

	recorded recorded
	replayed bool // whether an earlier look found the nonce used; it draws on nobody's tokens
}

// Org returns the organization that the caller belongs to.
func (env *Env) Org() latchkey.OrgID { return env.Caller.OrgID }

func (env *Env) principal() policy.Principal {
	c := &env.Caller
	grants := policy.InProject(c.Project, c.InProject)
	grants.Org = c.OrgRoles
	if c.InProjects {
		grants.Org = grants.Org.With(latchkey.OrgMember) // as whoever holds any role is
	}
	return policy.Principal{ID: c.ID, Grants: grants}
}

// decide asks the policy whether the caller may change a principal's grants in
// the organization and the project of the scope from before to after, under the
// operation's own rule.
func (env *Env) decide(before, after policy.Grants) error {
	return env.decideAs(env.principal(), before, after)
}

func (env *Env) decideAs(caller policy.Principal, before, after policy.Grants) error {
	if refusal := env.service.granting.Decide(caller, env.info.Rule, env.scope, before, after); refusal != nil {
		return refusal
	}
	return nil
}

// touch asks the policy whether the caller dominates everything the principal
// holds, wherever that is: it takes all that the caller holds, too.
func (env *Env) touch(target *latchkey.Principal) error {
	whole, err := env.callerPrincipal()
	if err != nil {
		return err
	}
	return env.decideAs(policy.Principal{ID: whole.ID, Grants: policy.GrantsOf(&whole)}, policy.GrantsOf(target), policy.Grants{})
}

// callerPrincipal reads the caller with all its roles.
func (env *Env) callerPrincipal() (latchkey.Principal, error) {
	return env.Reader.Principal(env.Org(), env.Caller.ID)
}

// record appends an event of the kinds the operation declared.
func (env *Env) record(e latchkey.Event) error {
	if !slices.Contains(env.info.Events, e.Type) {
		return latchkey.Refuse(latchkey.CodeInternal).Because("operation %s records an undeclared event %s", env.info.Name, e.Type)
	}
	e.OrgID = env.Org()
	e.ID = latchkey.NewID[latchkey.EventID](env.now)
	e.Created = env.now
	e.Source = latchkey.SourceAPI
	e.Operation = env.info.Name
	e.CallerID = env.Caller.ID
	e.CallerPublicKey = env.Caller.PublicKey
	e.RemoteAddress = env.Address.String()
	return env.service.appendEvent(env.Tx, &e, &env.recorded)
}

// about starts an event that concerns a principal.
func about(typ latchkey.EventType, p *latchkey.Principal, project latchkey.ProjectID, change latchkey.Change) latchkey.Event {
	return latchkey.Event{Type: typ, TargetID: p.ID, TargetPublicKey: p.PublicKey, ProjectID: project, Change: change}
}

// kindEvents are the events of what happens to a principal, by its kind.
type kindEvents struct {
	deleted, rolesChanged, addedToProject, removedFromProject, entryAdded, entryDeleted latchkey.EventType
}

// eventsOf returns the events of the principal's kind.
func eventsOf(id latchkey.PrincipalID) kindEvents {
	if id.IsAccount() {
		return kindEvents{
			latchkey.EventAccountDeleted, latchkey.EventAccountRolesChanged, latchkey.EventAccountAddedToProject,
			latchkey.EventAccountRemovedFromProject, latchkey.EventAccountEntryAdded, latchkey.EventAccountEntryDeleted,
		}
	}
	return kindEvents{
		latchkey.EventKeyDeleted, latchkey.EventKeyRolesChanged, latchkey.EventKeyAddedToProject,
		latchkey.EventKeyRemovedFromProject, latchkey.EventEntryAdded, latchkey.EventEntryDeleted,
	}
}

// key reads the target key of the caller's organization.
func (env *Env) key(id latchkey.PrincipalID) (latchkey.APIKey, error) {
	k, err := env.Key(env.Org(), id)
	return k, whenMissing(err, latchkey.CodeKeyNotFound, string(id))
}
