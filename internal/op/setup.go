package op

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey/latchkey"
)

// SetupOptions says what the first set-up creates.
type SetupOptions struct {
	OrgName     string
	ProjectName string // "" for no project
	Example     bool   // whether to create the example key
}

// Setup is what a set-up created, with the only copies of the private keys.
type Setup struct {
	Org     latchkey.Organization
	Project latchkey.Project // zero without one
	Owner   CreatedKey
	Example *CreatedKey // nil without one
}

// CreateOrganization creates an organization with its first owner key, and
// what the options ask for besides, in one change. It is a maintenance
// command: its events name no caller.
func (s *Service) CreateOrganization(ctx context.Context, operation string, o SetupOptions) (Setup, error) {
	var out Setup
	var kept recorded
	err := s.store.Update(ctx, func(tx latchkey.Tx) error {
		out, kept = Setup{}, recorded{}
		now := tx.Now()
		out.Org = latchkey.Organization{
			ID: latchkey.NewID[latchkey.OrgID](now), Name: o.OrgName, Created: now, Settings: latchkey.DefaultSettings(),
		}
		c := command{s, tx, out.Org.ID, operation, &kept}
		if err := tx.InsertOrganization(out.Org); err != nil {
			return err
		}
		if err := c.record(latchkey.Event{Type: latchkey.EventOrgCreated, Change: latchkey.Change{
			Name: &out.Org.Name, Settings: &out.Org.Settings,
		}}); err != nil {
			return err
		}
		var err error
		if out.Owner, err = c.key("Owner", latchkey.Roles(latchkey.OrgOwner), ""); err != nil {
			return err
		}
		if o.ProjectName == "" {
			return nil
		}
		out.Project = latchkey.Project{
			ID: latchkey.NewID[latchkey.ProjectID](now), OrgID: out.Org.ID, Name: o.ProjectName, Created: now, WithDefaultAlerts: true,
		}
		if err := tx.InsertProject(out.Project); err != nil {
			return err
		}
		if err := c.record(projectCreated(&out.Project)); err != nil {
			return err
		}
		if !o.Example {
			return nil
		}
		example, err := c.key("Example", latchkey.Roles(latchkey.OrgMember), out.Project.ID)
		out.Example = &example
		return err
	})
	s.recorded(kept, err)
	return out, err
}

// Organizations returns every organization, for maintenance.
func (s *Service) Organizations(ctx context.Context) ([]latchkey.Organization, error) {
	var all []latchkey.Organization
	err := s.store.View(ctx, func(r latchkey.Reader) error {
		all = all[:0]
		ids, err := r.Organizations()
		if err != nil {
			return err
		}
		for _, id := range ids {
			switch org, err := r.Organization(id); {
			case err == nil:
				all = append(all, org)
			case !errors.Is(err, latchkey.ErrNotFound): // only its events are left
				return err
			}
		}
		return nil
	})
	return all, err
}

// RecoverOwner creates a new owner key in an organization that nobody can
// administer any more. It is a maintenance command. It returns
// CodeOrganizationNotFound for an unknown organization.
func (s *Service) RecoverOwner(ctx context.Context, org latchkey.OrgID) (CreatedKey, error) {
	var out CreatedKey
	var kept recorded
	err := s.store.Update(ctx, func(tx latchkey.Tx) error {
		kept = recorded{}
		if _, err := tx.LockOrganization(org); err != nil {
			return whenMissing(err, latchkey.CodeOrganizationNotFound, string(org))
		}
		if _, err := tx.Organization(org); err != nil {
			return whenMissing(err, latchkey.CodeOrganizationNotFound, string(org))
		}
		var err error
		out, err = command{s, tx, org, "recover-owner", &kept}.key("Recovered owner", latchkey.Roles(latchkey.OrgOwner), "")
		return err
	})
	s.recorded(kept, err)
	return out, err
}

// command is a change that no caller of the API made.
type command struct {
	service   *Service
	tx        latchkey.Tx
	org       latchkey.OrgID
	operation string
	kept      *recorded
}

func (c command) record(e latchkey.Event) error {
	e.OrgID, e.Created = c.org, c.tx.Now()
	e.ID = latchkey.NewID[latchkey.EventID](e.Created)
	e.Source, e.Operation = latchkey.SourceCommand, c.operation
	return c.service.appendEvent(c.tx, &e, c.kept)
}

// key makes a key with those organization roles, and Project Read Only in the
// project if one is named.
func (c command) key(desc string, org latchkey.RoleSet, project latchkey.ProjectID) (CreatedKey, error) {
	readOnly := latchkey.Roles(latchkey.GroupReadOnly)
	var projects latchkey.ProjectRoles
	if project != "" {
		projects = projects.With(project, readOnly)
	}
	created, err := c.service.newKey(c.tx, c.org, desc, org, projects)
	if err != nil {
		return created, fmt.Errorf("creating the key %q: %w", desc, err)
	}
	if err := c.record(keyCreated(&created.Key)); err != nil || project == "" {
		return created, err
	}
	return created, c.record(about(latchkey.EventKeyAddedToProject, &created.Key.Principal, project, latchkey.Change{ProjectRoles: readOnly.Names()}))
}
