// Package audit owns what the events of an organization add up to: it replays
// them into the state that they describe, and verifies that the chain is whole
// and that the tables say the same.
package audit

import (
	"fmt"

	"github.com/latchkey/latchkey"
)

// State is what the events of one organization, applied in order, amount to.
// The zero State is an organization that is not born yet.
type State struct {
	Org      latchkey.OrgID
	Name     string
	Settings latchkey.OrganizationSettings
	Projects map[latchkey.ProjectID]Project
	// Principals are the API keys and the service accounts.
	Principals map[latchkey.PrincipalID]Principal
	Owned      bool // whether there was ever a durable owner
}

// Project is what events say of a project.
type Project struct {
	Name              string
	Tags              []latchkey.Tag // nil when there are none
	WithDefaultAlerts bool
	Region            string
}

// Principal is what events say of an API key or a service account.
type Principal struct {
	PublicKey    latchkey.PublicKey // of a key; "" of a service account
	Name         string             // of a service account; "" of a key
	Desc         string
	OrgRoles     latchkey.RoleSet
	ProjectRoles latchkey.ProjectRoles
	AccessList   latchkey.AccessList
	Secrets      []latchkey.SecretTerm // of a service account, oldest first
}

// Apply makes the state what it is after the event. It returns an error, and
// leaves the state as it was, when the event cannot follow on that state or is
// of a type that it does not know. It looks at neither number nor hashes.
func (s *State) Apply(e latchkey.Event) error {
	a, known := appliers[e.Type]
	switch {
	case !known:
		return fmt.Errorf("unknown event type %q", limited(string(e.Type)))
	case s.Org == "" && e.Type != latchkey.EventOrgCreated:
		return fmt.Errorf("%s comes before %s", e.Type, latchkey.EventOrgCreated)
	case s.Org != "" && s.Org != e.OrgID:
		return fmt.Errorf("%s belongs to organization %s", e.Type, e.OrgID)
	case tooMuch(&e.Change) != "":
		return fmt.Errorf("%s: more than %s", e.Type, tooMuch(&e.Change))
	case a.about == aKey && e.TargetID.IsAccount(), a.about == anAccount && !e.TargetID.IsAccount():
		return fmt.Errorf("%s cannot be about %s", e.Type, e.TargetID)
	}
	if err := a.apply(s, &e); err != nil {
		return fmt.Errorf("%s: %w", e.Type, err)
	}
	return nil
}

// target says what kind of principal a type of event is about.
type target uint8

const (
	nobody target = iota
	aKey
	anAccount
)

// applier is how a type of event changes a state.
type applier struct {
	about target
	apply func(*State, *latchkey.Event) error
}

// appliers holds every type of event; it is only read.
var appliers = map[latchkey.EventType]applier{
	latchkey.EventOrgCreated:               {nobody, (*State).orgCreated},
	latchkey.EventOrgRenamed:               {nobody, (*State).orgRenamed},
	latchkey.EventOrgSettingsUpdated:       {nobody, (*State).orgSettings},
	latchkey.EventMaxSecretValidityEdited:  {nobody, (*State).orgSettings},
	latchkey.EventOrgAccessListRequired:    {nobody, (*State).orgListRequired},
	latchkey.EventOrgAccessListNotRequired: {nobody, (*State).orgListRequired},
	latchkey.EventProjectCreated:           {nobody, (*State).projectCreated},
	latchkey.EventProjectDeleted:           {nobody, (*State).projectDeleted},
	latchkey.EventProjectNameChanged:       {nobody, (*State).projectRenamed},
	latchkey.EventProjectTagsModified:      {nobody, (*State).projectTags},

	latchkey.EventKeyCreated:            {aKey, (*State).keyCreated},
	latchkey.EventKeyDeleted:            {aKey, (*State).principalDeleted},
	latchkey.EventKeyRolesChanged:       {aKey, (*State).rolesChanged},
	latchkey.EventKeyDescriptionChanged: {aKey, (*State).keyDesc},
	latchkey.EventKeyAddedToProject:     {aKey, (*State).addedToProject},
	latchkey.EventKeyRemovedFromProject: {aKey, (*State).removedFromProject},
	latchkey.EventEntryAdded:            {aKey, (*State).entryAdded},
	latchkey.EventEntryDeleted:          {aKey, (*State).entryDeleted},

	latchkey.EventAccountCreated:            {anAccount, (*State).accountCreated},
	latchkey.EventAccountDeleted:            {anAccount, (*State).principalDeleted},
	latchkey.EventAccountRolesChanged:       {anAccount, (*State).rolesChanged},
	latchkey.EventAccountDetailsChanged:     {anAccount, (*State).accountDetails},
	latchkey.EventAccountAddedToProject:     {anAccount, (*State).addedToProject},
	latchkey.EventAccountRemovedFromProject: {anAccount, (*State).removedFromProject},
	latchkey.EventAccountEntryAdded:         {anAccount, (*State).entryAdded},
	latchkey.EventAccountEntryDeleted:       {anAccount, (*State).entryDeleted},
	latchkey.EventSecretAdded:               {anAccount, (*State).secretAdded},
	latchkey.EventSecretDeleted:             {anAccount, (*State).secretDeleted},
}

func missing(member string) error { return fmt.Errorf("the payload has no %s", member) }

func (s *State) orgCreated(e *latchkey.Event) error {
	switch {
	case s.Org != "":
		return fmt.Errorf("organization %s exists", s.Org)
	case e.Change.Name == nil:
		return missing("name")
	case e.Change.Settings == nil:
		return missing("settings")
	}
	*s = State{
		Org: e.OrgID, Name: *e.Change.Name, Settings: *e.Change.Settings,
		Projects: make(map[latchkey.ProjectID]Project), Principals: make(map[latchkey.PrincipalID]Principal),
	}
	return nil
}

func (s *State) orgRenamed(e *latchkey.Event) error {
	if e.Change.Name == nil {
		return missing("name")
	}
	s.Name = *e.Change.Name
	return nil
}

func (s *State) orgSettings(e *latchkey.Event) error {
	if e.Change.Settings == nil {
		return missing("settings")
	}
	s.Settings = *e.Change.Settings
	return nil
}

func (s *State) orgListRequired(e *latchkey.Event) error {
	s.Settings.AccessListRequired = e.Type == latchkey.EventOrgAccessListRequired
	return nil
}
