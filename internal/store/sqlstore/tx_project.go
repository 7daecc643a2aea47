package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey/latchkey"
)

// InsertProject stores a new project.
func (t *tx) InsertProject(p latchkey.Project) error {
	tags, err := tagsText(p.Tags)
	if err != nil {
		return fmt.Errorf("tags of project %s: %w", p.ID, err)
	}
	n, err := t.exec(qInsertProject, string(p.OrgID), string(p.ID), p.Name, fold(p.Name), millis(p.Created),
		tags, flag(p.WithDefaultAlerts), p.RegionUsageRestrictions)
	if err == nil && n == 0 {
		return latchkey.ErrNameTaken
	}
	return err
}

// UpdateProject stores everything of a project but when it was created.
func (t *tx) UpdateProject(p latchkey.Project) error {
	tags, err := tagsText(p.Tags)
	if err != nil {
		return fmt.Errorf("tags of project %s: %w", p.ID, err)
	}
	switch other, err := t.ProjectByName(p.OrgID, p.Name); {
	case err == nil && other.ID != p.ID:
		return latchkey.ErrNameTaken
	case err != nil && !errors.Is(err, latchkey.ErrNotFound):
		return err
	}
	return t.change(qUpdateProject, p.Name, fold(p.Name), tags, flag(p.WithDefaultAlerts),
		p.RegionUsageRestrictions, string(p.OrgID), string(p.ID))
}

// holdersAtOnce is how many principals of a project that goes are held in memory at a time.
const holdersAtOnce = 500

// holder is a principal that holds roles in a project that goes.
type holder struct {
	id    latchkey.PrincipalID
	roles latchkey.ProjectRoles
}

// DeleteProject takes a project and all roles in it away.
func (t *tx) DeleteProject(org latchkey.OrgID, project latchkey.ProjectID, by latchkey.PrincipalID, at time.Time) (map[latchkey.PrincipalID]latchkey.RoleSet, error) {
	gone := make(map[latchkey.PrincipalID]latchkey.RoleSet)
	for last := latchkey.PrincipalID(""); ; {
		holders, err := t.holders(org, project, last)
		if err != nil {
			return nil, err
		}
		for _, h := range holders {
			gone[h.id] = h.roles.Get(project)
			left := h.roles.With(project, 0)
			if err := t.change(qUpdateProjectRoles, left.Text(), string(org), string(h.id)); err != nil {
				return nil, err
			}
			last = h.id
		}
		if len(holders) < holdersAtOnce {
			break
		}
	}
	if _, err := t.exec(qDeleteProjectMembers, string(org), string(project)); err != nil {
		return nil, err
	}
	if err := t.change(qDeleteProject, string(org), string(project)); err != nil {
		return nil, err
	}
	_, err := t.exec(qInsertDeletedProject, string(org), string(project), millis(at), string(by))
	return gone, err
}

// holders reads the next principals that hold roles in the project, by id.
func (t *tx) holders(org latchkey.OrgID, project latchkey.ProjectID, after latchkey.PrincipalID) ([]holder, error) {
	var list []holder
	err := t.rows(qRolesInProject, []any{string(org), string(project), string(after), holdersAtOnce}, func(rows *sql.Rows) error {
		var id, text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		roles, err := latchkey.LoadProjectRoles(text)
		if err != nil {
			return fmt.Errorf("principal %s: %w", id, err)
		}
		list = append(list, holder{latchkey.PrincipalID(id), roles})
		return nil
	})
	return list, err
}
