package audit

import (
	"fmt"

	"github.com/latchkey/latchkey"
)

func (s *State) projectCreated(e *latchkey.Event) error {
	if _, exists := s.Projects[e.ProjectID]; exists {
		return fmt.Errorf("project %s exists", e.ProjectID)
	}
	if e.Change.Name == nil {
		return missing("name")
	}
	p := Project{Name: *e.Change.Name, Region: e.Change.Region}
	if e.Change.WithDefaultAlerts != nil {
		p.WithDefaultAlerts = *e.Change.WithDefaultAlerts
	}
	if e.Change.Tags != nil {
		p.Tags = *e.Change.Tags
	}
	s.Projects[e.ProjectID] = p
	return nil
}

func (s *State) projectRenamed(e *latchkey.Event) error {
	p, err := s.project(e)
	switch {
	case err != nil:
		return err
	case e.Change.Name == nil:
		return missing("name")
	}
	p.Name = *e.Change.Name
	s.Projects[e.ProjectID] = p
	return nil
}

func (s *State) projectTags(e *latchkey.Event) error {
	p, err := s.project(e)
	if err != nil {
		return err
	}
	p.Tags = nil
	if e.Change.Tags != nil && len(*e.Change.Tags) > 0 {
		p.Tags = *e.Change.Tags
	}
	s.Projects[e.ProjectID] = p
	return nil
}

// projectDeleted takes the project away with every role held in it; the event
// must list exactly those roles.
func (s *State) projectDeleted(e *latchkey.Event) error {
	if _, err := s.project(e); err != nil {
		return err
	}
	for id, names := range e.Change.Assignments {
		roles, err := parseRoles(names, latchkey.LevelProject)
		if err != nil {
			return fmt.Errorf("assignment of %s: %w", describe(id), err)
		}
		if held := s.Principals[id].ProjectRoles.Get(e.ProjectID); held != roles {
			return fmt.Errorf("%s held %v in project %s, not %v", describe(id), held.Names(), e.ProjectID, names)
		}
	}
	for id, k := range s.Principals {
		if k.ProjectRoles.Get(e.ProjectID) != 0 && len(e.Change.Assignments[id]) == 0 {
			return fmt.Errorf("%s held roles in project %s, which the event does not list", describe(id), e.ProjectID)
		}
	}
	for id := range e.Change.Assignments {
		k := s.Principals[id]
		k.ProjectRoles = k.ProjectRoles.With(e.ProjectID, 0)
		s.Principals[id] = k
	}
	delete(s.Projects, e.ProjectID)
	return nil
}

// rolesChanged replaces roles in a project if the event names one, else those in
// the organization.
func (s *State) rolesChanged(e *latchkey.Event) error {
	if e.ProjectID != "" {
		return s.setProjectRoles(e, true)
	}
	k, err := s.target(e)
	if err != nil {
		return err
	}
	if err := sameRoles(e.Change.RolesBefore, k.OrgRoles, latchkey.LevelOrganization); err != nil {
		return err
	}
	if k.OrgRoles, err = parseRoles(e.Change.OrgRoles, latchkey.LevelOrganization); err != nil {
		return err
	}
	s.put(e.TargetID, k)
	return nil
}

func (s *State) addedToProject(e *latchkey.Event) error { return s.setProjectRoles(e, false) }

// setProjectRoles sets the target's roles in the project of the event; held
// says whether it must be in the project already, or must not.
func (s *State) setProjectRoles(e *latchkey.Event, held bool) error {
	k, err := s.member(e, held)
	if err != nil {
		return err
	}
	roles, err := parseRoles(e.Change.ProjectRoles, latchkey.LevelProject)
	if err != nil {
		return err
	}
	if len(e.Change.OrgRoles) > 0 { // who has no organization role becomes a member
		if k.OrgRoles, err = parseRoles(e.Change.OrgRoles, latchkey.LevelOrganization); err != nil {
			return err
		}
	}
	k.ProjectRoles = k.ProjectRoles.With(e.ProjectID, roles)
	s.put(e.TargetID, k)
	return nil
}

func (s *State) removedFromProject(e *latchkey.Event) error {
	k, err := s.member(e, true)
	if err != nil {
		return err
	}
	k.ProjectRoles = k.ProjectRoles.With(e.ProjectID, 0)
	s.put(e.TargetID, k)
	return nil
}

// member returns the target of an event about a principal in a project, which must
// hold there what the event says it held before.
func (s *State) member(e *latchkey.Event, in bool) (Principal, error) {
	k, err := s.target(e)
	if err != nil {
		return k, err
	}
	if _, err := s.project(e); err != nil {
		return k, err
	}
	held := k.ProjectRoles.Get(e.ProjectID)
	switch {
	case in && held == 0:
		return k, fmt.Errorf("%s is not in project %s", describe(e.TargetID), e.ProjectID)
	case !in && held != 0:
		return k, fmt.Errorf("%s is in project %s", describe(e.TargetID), e.ProjectID)
	}
	return k, sameRoles(e.Change.RolesBefore, held, latchkey.LevelProject)
}

// project returns the project that the event is about.
func (s *State) project(e *latchkey.Event) (Project, error) {
	p, ok := s.Projects[e.ProjectID]
	if !ok {
		return p, fmt.Errorf("there is no project %s", e.ProjectID)
	}
	return p, nil
}

// sameRoles checks that the names are those of the roles held.
func sameRoles(names []string, held latchkey.RoleSet, level latchkey.Level) error {
	if len(names) == 0 && held == 0 {
		return nil
	}
	before, err := parseRoles(names, level)
	if err != nil {
		return fmt.Errorf("roles before: %w", err)
	}
	if before != held {
		return fmt.Errorf("the roles before are %v, not %v", held.Names(), names)
	}
	return nil
}

// parseRoles reads a set of roles of the level, which is never empty.
func parseRoles(names []string, level latchkey.Level) (latchkey.RoleSet, error) {
	var set latchkey.RoleSet
	for _, name := range names {
		role, ok := latchkey.ParseRole(name)
		if !ok || role.Level() != level {
			return 0, fmt.Errorf("%q is no %s role", name, level)
		}
		set = set.With(role)
	}
	if set == 0 {
		return 0, fmt.Errorf("no %s role is named", level)
	}
	return set, nil
}
