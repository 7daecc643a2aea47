package op

import (
	"errors"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// ProjectsInput asks for a page of the projects that the caller reaches.
type ProjectsInput struct {
	Page latchkey.Page
}

// Scope implements Input.
func (in ProjectsInput) Scope() policy.Scope { return policy.Scope{} }

// ProjectPage is a page of projects and how many there are on all pages.
type ProjectPage struct {
	Projects []latchkey.Project
	Total    int
}

// ListProjects lists the projects that the caller reaches.
var ListProjects = &Op[ProjectsInput, ProjectPage]{
	Info: Info{
		Name: "listGroups", Summary: "List the projects of the caller",
		Rule: policy.Rule{Gate: policy.GateAnyone},
	},
	run: func(env *Env, in ProjectsInput) (ProjectPage, error) { return env.projects("", in.Page) },
}

// projects lists what the caller reaches: every project of its organization
// when an organization role reaches them all, else those it holds roles in.
func (env *Env) projects(name string, page latchkey.Page) (out ProjectPage, err error) {
	if (policy.Grants{Org: env.Caller.OrgRoles}).EffectiveInProject("") != 0 {
		out.Projects, out.Total, err = env.Projects(env.Org(), name, page)
	} else {
		out.Projects, out.Total, err = env.ProjectsOf(env.Org(), env.Caller.ID, name, page)
	}
	return out, err
}

// ProjectInput names a project.
type ProjectInput struct {
	Project latchkey.ProjectID
}

// Scope implements Input.
func (in ProjectInput) Scope() policy.Scope { return policy.Scope{Project: in.Project} }

// GetProject returns one project.
var GetProject = &Op[ProjectInput, latchkey.Project]{
	Info: Info{
		Name: "getGroup", Summary: "Get a project",
		Rule: policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupReadOnly},
	},
	run: func(env *Env, _ ProjectInput) (latchkey.Project, error) { return env.Project, nil },
}

// ProjectNameInput names a project by its name.
type ProjectNameInput struct {
	Name string
}

// Scope implements Input.
func (in ProjectNameInput) Scope() policy.Scope { return policy.Scope{} }

// GetProjectByName returns the project of that name. One that the caller does
// not reach is as unknown as one that does not exist.
var GetProjectByName = &Op[ProjectNameInput, latchkey.Project]{
	Info: Info{
		Name: "getGroupByName", Summary: "Get a project by its name",
		Rule: policy.Rule{Gate: policy.GateAnyone},
	},
	run: func(env *Env, in ProjectNameInput) (latchkey.Project, error) {
		unknown := latchkey.Refuse(latchkey.CodeProjectNameNotFound, in.Name)
		p, err := env.ProjectByName(env.Org(), in.Name)
		if err != nil {
			return p, whenMissing(err, unknown.Code, unknown.Params...)
		}
		caller, err := env.callerPrincipal()
		if err != nil {
			return p, err
		}
		if !policy.GrantsOf(&caller).EffectiveInProject(p.ID).Has(latchkey.GroupReadOnly) {
			return latchkey.Project{}, unknown.Because("the caller does not reach project %s", p.ID)
		}
		return p, nil
	},
}

// CreateProjectInput describes a new project.
type CreateProjectInput struct {
	Org               latchkey.OrgID // from the body; "" is the caller's own
	Name              string
	Tags              []latchkey.Tag
	WithDefaultAlerts bool
	Region            string
	Owner             string // the id of a user to make owner; "" for none
}

// Scope implements Input. The organization is named in the body, so it is
// looked at after the gate, in run.
func (in CreateProjectInput) Scope() policy.Scope { return policy.Scope{} }

// CreateProject creates a project in the caller's organization; the caller
// becomes its owner.
var CreateProject = &Op[CreateProjectInput, latchkey.Project]{
	Info: Info{
		Name: "createGroup", Summary: "Create a project",
		Rule:    policy.Rule{Gate: policy.GateProjectCreator, Role: latchkey.OrgGroupCreator},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventProjectCreated, latchkey.EventKeyAddedToProject, latchkey.EventAccountAddedToProject},
	},
	run: func(env *Env, in CreateProjectInput) (latchkey.Project, error) {
		if in.Org != "" && in.Org != env.Org() {
			return latchkey.Project{}, latchkey.Refuse(latchkey.CodeOrganizationNotFound, string(in.Org))
		}
		if in.Owner != "" {
			return latchkey.Project{}, latchkey.Refuse(latchkey.CodeUserNotFound, in.Owner)
		}
		p := latchkey.Project{
			ID: latchkey.NewID[latchkey.ProjectID](env.now), OrgID: env.Org(), Name: in.Name, Created: env.now,
			Tags: in.Tags, WithDefaultAlerts: in.WithDefaultAlerts, RegionUsageRestrictions: in.Region,
		}
		if err := env.Tx.InsertProject(p); err != nil {
			return p, nameTaken(err, p.Name)
		}
		if err := env.record(projectCreated(&p)); err != nil {
			return p, err
		}
		caller, err := env.callerPrincipal()
		if err != nil {
			return p, err
		}
		return p, env.assign(caller, p.ID, latchkey.Roles(latchkey.GroupOwner))
	},
}

// projectCreated is the event of a project's birth.
func projectCreated(p *latchkey.Project) latchkey.Event {
	e := latchkey.Event{Type: latchkey.EventProjectCreated, ProjectID: p.ID, Change: latchkey.Change{
		Name: &p.Name, WithDefaultAlerts: &p.WithDefaultAlerts, Region: p.RegionUsageRestrictions,
	}}
	if len(p.Tags) > 0 {
		e.Change.Tags = &p.Tags
	}
	return e
}

func nameTaken(err error, name string) error {
	if errors.Is(err, latchkey.ErrNameTaken) {
		return latchkey.Refuse(latchkey.CodeProjectNameTaken, name)
	}
	return err
}

// UpdateProjectInput says what changes in a project.
type UpdateProjectInput struct {
	Project latchkey.ProjectID
	Name    *string         // nil leaves the name
	Tags    *[]latchkey.Tag // nil leaves the tags
}

// Scope implements Input.
func (in UpdateProjectInput) Scope() policy.Scope { return policy.Scope{Project: in.Project} }

// UpdateProject renames a project or replaces its tags.
var UpdateProject = &Op[UpdateProjectInput, latchkey.Project]{
	Info: Info{
		Name: "updateGroup", Summary: "Update a project",
		Rule:    policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventProjectNameChanged, latchkey.EventProjectTagsModified},
	},
	run: func(env *Env, in UpdateProjectInput) (latchkey.Project, error) {
		before, after := env.Project, env.Project
		if in.Name != nil {
			after.Name = *in.Name
		}
		if in.Tags != nil {
			after.Tags = *in.Tags
		}
		renamed, retagged := after.Name != before.Name, !sameTags(after.Tags, before.Tags)
		if !renamed && !retagged {
			return before, nil
		}
		if err := env.Tx.UpdateProject(after); err != nil {
			return before, nameTaken(err, after.Name)
		}
		if renamed {
			if err := env.record(latchkey.Event{Type: latchkey.EventProjectNameChanged, ProjectID: after.ID, Change: latchkey.Change{Name: &after.Name}}); err != nil {
				return before, err
			}
		}
		if retagged {
			if err := env.record(latchkey.Event{Type: latchkey.EventProjectTagsModified, ProjectID: after.ID, Change: latchkey.Change{Tags: &after.Tags}}); err != nil {
				return before, err
			}
		}
		return after, nil
	},
}

func sameTags(a, b []latchkey.Tag) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// deletedFor is how long a second deletion of a project is answered like the
// first: two that cross on the wire must both succeed for official clients.
const deletedFor = 10 * time.Minute

// DeleteProject deletes a project and every role held in it.
var DeleteProject = &Op[ProjectInput, Nothing]{
	Info: Info{
		Name: "deleteGroup", Summary: "Delete a project",
		Rule:    policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventProjectDeleted},
	},
	run: func(env *Env, in ProjectInput) (Nothing, error) {
		went, err := env.Tx.DeleteProject(env.Org(), in.Project, env.Caller.ID, env.now)
		if err != nil {
			return Nothing{}, err
		}
		change := latchkey.Change{Name: &env.Project.Name}
		for key, roles := range went {
			if change.Assignments == nil {
				change.Assignments = make(map[latchkey.PrincipalID][]string, len(went))
			}
			change.Assignments[key] = roles.Names()
		}
		return Nothing{}, env.record(latchkey.Event{Type: latchkey.EventProjectDeleted, ProjectID: in.Project, Change: change})
	},
	gone: func(env *Env, in ProjectInput) (Nothing, error) {
		unknown := latchkey.Refuse(latchkey.CodeProjectNotFound, string(in.Project))
		d, err := env.DeletedProject(env.Org(), in.Project)
		if err != nil {
			return Nothing{}, whenMissing(err, unknown.Code, unknown.Params...)
		}
		own := d.By == env.Caller.ID || env.principal().EffectiveInOrg().Has(latchkey.OrgOwner)
		if !own || env.now.Sub(d.Deleted) >= deletedFor {
			return Nothing{}, unknown
		}
		return Nothing{}, nil
	},
}
