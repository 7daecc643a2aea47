package sqlstore

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/latchkey/latchkey"
)

// projectRow receives the columns of projectColumns.
type projectRow struct {
	p               latchkey.Project
	created, alerts int64
	tags            string
	dest            [7]any
}

func newProjectRow() *projectRow {
	row := new(projectRow)
	row.dest = [...]any{(*string)(&row.p.OrgID), (*string)(&row.p.ID), &row.p.Name, &row.created,
		&row.tags, &row.alerts, &row.p.RegionUsageRestrictions}
	return row
}

// project returns what was scanned; each call of Scan replaces it.
func (row *projectRow) project() (latchkey.Project, error) {
	p := row.p
	p.Created = fromMillis(row.created)
	p.WithDefaultAlerts = row.alerts != 0
	if row.tags != "" {
		if err := json.Unmarshal([]byte(row.tags), &p.Tags); err != nil {
			return latchkey.Project{}, fmt.Errorf("%w: tags of project %s: %w", latchkey.ErrCorrupt, p.ID, err)
		}
	}
	return p, nil
}

// tagsText is how the tags of a project are stored.
func tagsText(tags []latchkey.Tag) (string, error) {
	if len(tags) == 0 {
		return "", nil
	}
	text, err := json.Marshal(tags)
	return string(text), err
}

func (r *reader) oneProject(q queryID, args ...any) (latchkey.Project, error) {
	row := newProjectRow()
	if err := r.row(q, args, row.dest[:]...); err != nil {
		return latchkey.Project{}, err
	}
	return row.project()
}

func (r *reader) projects(q queryID, args ...any) ([]latchkey.Project, error) {
	var list []latchkey.Project
	row := newProjectRow()
	err := r.rows(q, args, func(rows *sql.Rows) error {
		if err := rows.Scan(row.dest[:]...); err != nil {
			return err
		}
		p, err := row.project()
		list = append(list, p)
		return err
	})
	return list, err
}

// Project reads one project of the organization.
func (r *reader) Project(org latchkey.OrgID, id latchkey.ProjectID) (latchkey.Project, error) {
	return r.oneProject(qProject, string(org), string(id))
}

// ProjectByName reads the project of the organization that has exactly that name.
func (r *reader) ProjectByName(org latchkey.OrgID, name string) (latchkey.Project, error) {
	return r.oneProject(qProjectByName, string(org), name)
}

// Projects lists projects of the organization by id.
func (r *reader) Projects(org latchkey.OrgID, nameContains string, page latchkey.Page) ([]latchkey.Project, int, error) {
	pattern := containing(nameContains)
	total, err := r.count(qProjectCount, string(org), pattern)
	if err != nil {
		return nil, 0, err
	}
	list, err := r.projects(qProjects, string(org), pattern, page.Size, page.Offset())
	return list, total, err
}

// ProjectsOf lists the projects that the principal holds roles in by id.
func (r *reader) ProjectsOf(org latchkey.OrgID, id latchkey.PrincipalID, nameContains string, page latchkey.Page) ([]latchkey.Project, int, error) {
	pattern := containing(nameContains)
	total, err := r.count(qProjectOfCount, string(org), string(id), pattern)
	if err != nil {
		return nil, 0, err
	}
	list, err := r.projects(qProjectsOf, string(org), string(id), pattern, page.Size, page.Offset())
	return list, total, err
}

// DeletedProject reads what remains of a project.
func (r *reader) DeletedProject(org latchkey.OrgID, id latchkey.ProjectID) (latchkey.DeletedProject, error) {
	var (
		d       latchkey.DeletedProject
		deleted int64
	)
	err := r.row(qDeletedProject, []any{string(org), string(id)},
		(*string)(&d.OrgID), (*string)(&d.ID), &deleted, (*string)(&d.By))
	if err != nil {
		return latchkey.DeletedProject{}, err
	}
	d.Deleted = fromMillis(deleted)
	return d, nil
}
