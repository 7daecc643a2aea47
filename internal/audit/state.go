// Package audit owns what the events of an organization add up to: it replays
// them into the state that they describe, and verifies that the chain is whole
// and that the tables say the same.
package audit

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/latchkey/latchkey"
)

// State is what the events of one organization, applied in order, amount to.
// The zero State is an organization that is not born yet.
type State struct {
	Org      latchkey.OrgID
	Name     string
	Settings latchkey.OrganizationSettings
	Projects map[latchkey.ProjectID]Project
	Keys     map[latchkey.PrincipalID]Key
	Owned    bool // whether there was ever a durable owner
}

// Project is what events say of a project.
type Project struct {
	Name              string
	Tags              []latchkey.Tag // nil when there are none
	WithDefaultAlerts bool
	Region            string
}

// Key is what events say of an API key.
type Key struct {
	PublicKey    latchkey.PublicKey
	Desc         string
	OrgRoles     latchkey.RoleSet
	ProjectRoles latchkey.ProjectRoles
	AccessList   latchkey.AccessList
}

// Apply makes the state what it is after the event. It returns an error, and
// leaves the state as it was, when the event cannot follow on that state or is
// of a type that it does not know. It looks at neither number nor hashes.
func (s *State) Apply(e latchkey.Event) error {
	apply := appliers[e.Type]
	switch {
	case apply == nil:
		return fmt.Errorf("unknown event type %q", e.Type)
	case s.Org == "" && e.Type != latchkey.EventOrgCreated:
		return fmt.Errorf("%s comes before %s", e.Type, latchkey.EventOrgCreated)
	case s.Org != "" && s.Org != e.OrgID:
		return fmt.Errorf("%s belongs to organization %s", e.Type, e.OrgID)
	}
	if err := apply(s, &e); err != nil {
		return fmt.Errorf("%s: %w", e.Type, err)
	}
	return nil
}

// appliers holds how each type of event changes a state; it is only read.
var appliers = map[latchkey.EventType]func(*State, *latchkey.Event) error{
	latchkey.EventOrgCreated:               (*State).orgCreated,
	latchkey.EventOrgRenamed:               (*State).orgRenamed,
	latchkey.EventOrgSettingsUpdated:       (*State).orgSettings,
	latchkey.EventOrgAccessListRequired:    (*State).orgListRequired,
	latchkey.EventOrgAccessListNotRequired: (*State).orgListRequired,
	latchkey.EventProjectCreated:           (*State).projectCreated,
	latchkey.EventProjectDeleted:           (*State).projectDeleted,
	latchkey.EventProjectNameChanged:       (*State).projectRenamed,
	latchkey.EventProjectTagsModified:      (*State).projectTags,
	latchkey.EventKeyCreated:               (*State).keyCreated,
	latchkey.EventKeyDeleted:               (*State).keyDeleted,
	latchkey.EventKeyRolesChanged:          (*State).keyRoles,
	latchkey.EventKeyDescriptionChanged:    (*State).keyDesc,
	latchkey.EventKeyAddedToProject:        (*State).keyAdded,
	latchkey.EventKeyRemovedFromProject:    (*State).keyRemoved,
	latchkey.EventEntryAdded:               (*State).entryAdded,
	latchkey.EventEntryDeleted:             (*State).entryDeleted,
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
		Projects: make(map[latchkey.ProjectID]Project), Keys: make(map[latchkey.PrincipalID]Key),
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

func (s *State) keyCreated(e *latchkey.Event) error {
	if _, exists := s.Keys[e.TargetID]; exists {
		return fmt.Errorf("key %s exists", e.TargetID)
	}
	if e.Change.Desc == nil {
		return missing("desc")
	}
	roles, err := parseRoles(e.Change.OrgRoles, latchkey.LevelOrganization)
	if err != nil {
		return err
	}
	s.put(e.TargetID, Key{PublicKey: e.TargetPublicKey, Desc: *e.Change.Desc, OrgRoles: roles})
	return nil
}

func (s *State) keyDeleted(e *latchkey.Event) error {
	if _, err := s.target(e); err != nil {
		return err
	}
	delete(s.Keys, e.TargetID)
	return nil
}

func (s *State) keyDesc(e *latchkey.Event) error {
	k, err := s.target(e)
	switch {
	case err != nil:
		return err
	case e.Change.Desc == nil:
		return missing("desc")
	}
	k.Desc = *e.Change.Desc
	s.put(e.TargetID, k)
	return nil
}

func (s *State) entryAdded(e *latchkey.Event) error {
	k, p, i, err := s.entry(e)
	switch {
	case err != nil:
		return err
	case i >= 0:
		return fmt.Errorf("key %s has the entry %s", e.TargetID, p)
	}
	k.AccessList = append(slices.Clip(k.AccessList), latchkey.AccessListEntry{Prefix: p, Created: e.Created.Truncate(time.Second)})
	s.put(e.TargetID, k)
	return nil
}

func (s *State) entryDeleted(e *latchkey.Event) error {
	k, p, i, err := s.entry(e)
	switch {
	case err != nil:
		return err
	case i < 0:
		return fmt.Errorf("key %s has no entry %s", e.TargetID, p)
	}
	k.AccessList = slices.Concat(k.AccessList[:i], k.AccessList[i+1:])
	s.put(e.TargetID, k)
	return nil
}

// entry returns the target, the entry that the event names, and where the
// target's list has it, or -1.
func (s *State) entry(e *latchkey.Event) (Key, netip.Prefix, int, error) {
	k, err := s.target(e)
	if err != nil {
		return k, netip.Prefix{}, -1, err
	}
	p, err := netip.ParsePrefix(e.Change.Entry)
	return k, p, k.AccessList.Index(p), err
}

// target returns the key that the event is about.
func (s *State) target(e *latchkey.Event) (Key, error) {
	k, ok := s.Keys[e.TargetID]
	switch {
	case !ok:
		return k, fmt.Errorf("there is no key %s", e.TargetID)
	case k.PublicKey != e.TargetPublicKey:
		return k, fmt.Errorf("key %s has the public key %s, not %s", e.TargetID, k.PublicKey, e.TargetPublicKey)
	}
	return k, nil
}

func (s *State) put(id latchkey.PrincipalID, k Key) {
	s.Owned = s.Owned || k.OrgRoles.Has(latchkey.OrgOwner)
	s.Keys[id] = k
}
