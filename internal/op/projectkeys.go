package op

import (
	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// ProjectKeysInput asks for a page of the keys of a project.
type ProjectKeysInput struct {
	Project latchkey.ProjectID
	Page    latchkey.Page
}

// Scope implements Input.
func (in ProjectKeysInput) Scope() policy.Scope { return policy.Scope{Project: in.Project} }

// KeyPage is a page of keys and how many there are on all pages.
type KeyPage struct {
	Keys  []latchkey.APIKey
	Total int
}

// ListProjectKeys lists the keys that hold roles in a project.
var ListProjectKeys = &Op[ProjectKeysInput, KeyPage]{
	Info: Info{
		Name: "listGroupApiKeys", Summary: "List the API keys of a project",
		Rule: policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupReadOnly},
	},
	run: func(env *Env, in ProjectKeysInput) (KeyPage, error) {
		keys, total, err := env.ProjectKeys(env.Org(), in.Project, in.Page)
		return KeyPage{keys, total}, err
	},
}

// CreateProjectKeyInput describes a key to be created in a project.
type CreateProjectKeyInput struct {
	Project latchkey.ProjectID
	Desc    string
	Roles   latchkey.RoleSet // project roles
}

// Scope implements Input.
func (in CreateProjectKeyInput) Scope() policy.Scope { return policy.Scope{Project: in.Project} }

// CreatedKey is a new key with the only copy of its private key.
type CreatedKey struct {
	Key     latchkey.APIKey
	Private latchkey.PrivateKey
}

// CreateProjectKey creates a key of the organization that holds roles in the
// project and is a member of the organization.
var CreateProjectKey = &Op[CreateProjectKeyInput, CreatedKey]{
	Info: Info{
		Name: "createGroupApiKey", Summary: "Create an API key in a project",
		Rule:    policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupAccessManager},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventKeyCreated, latchkey.EventKeyAddedToProject},
	},
	run: func(env *Env, in CreateProjectKeyInput) (CreatedKey, error) {
		if err := env.decide(policy.Grants{}, policy.InProject(in.Project, in.Roles)); err != nil {
			return CreatedKey{}, err
		}
		created, err := env.createKey(in.Desc, latchkey.Roles(latchkey.OrgMember), latchkey.ProjectRoles{}.With(in.Project, in.Roles))
		if err != nil {
			return CreatedKey{}, err
		}
		return created, env.record(about(latchkey.EventKeyAddedToProject, &created.Key.Principal, in.Project,
			latchkey.Change{ProjectRoles: in.Roles.Names()}))
	},
}

// ReplaceProjectRolesInput says what the roles of a key in a project become.
type ReplaceProjectRolesInput struct {
	Project  latchkey.ProjectID
	Key      latchkey.PrincipalID
	Desc     *string          // nil leaves the description
	SetRoles bool             // false leaves the roles
	Roles    latchkey.RoleSet // project roles
	Assign   bool             // whether a key that is not in the project is put into it
}

// Scope implements Input.
func (in ReplaceProjectRolesInput) Scope() policy.Scope {
	return policy.Scope{Project: in.Project, Target: in.Key}
}

// ReplaceProjectRoles makes the roles of a key in one project exactly the
// given set and leaves all its other roles alone. It is what Latchkey is for.
var ReplaceProjectRoles = &Op[ReplaceProjectRolesInput, latchkey.APIKey]{
	Info: Info{
		Name: "updateGroupApiKeyRoles", Summary: "Replace the roles of an API key in a project",
		Rule:    policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupAccessManager},
		Changes: true,
		Events: []latchkey.EventType{
			latchkey.EventKeyRolesChanged, latchkey.EventKeyAddedToProject, latchkey.EventKeyDescriptionChanged,
		},
	},
	run: replaceProjectRoles,
	reduces: func(env *Env, in ReplaceProjectRolesInput) bool {
		k, err := env.key(in.Key)
		return err == nil && in.SetRoles && (in.Desc == nil || *in.Desc == k.Desc) && fewer(k.ProjectRoles.Get(in.Project), in.Roles)
	},
}

func replaceProjectRoles(env *Env, in ReplaceProjectRolesInput) (latchkey.APIKey, error) {
	before, err := env.key(in.Key)
	if err != nil {
		return before, err
	}
	held := before.ProjectRoles.Get(in.Project)
	if held == 0 && !(in.Assign && in.SetRoles) {
		return before, latchkey.Refuse(latchkey.CodeKeyNotFound, string(in.Key)).Because("the key is not in project %s", in.Project)
	}
	after := before
	if in.SetRoles {
		if err := env.decide(policy.InProject(in.Project, held), policy.InProject(in.Project, in.Roles)); err != nil {
			return before, err
		}
		after.Principal = withProjectRoles(before.Principal, in.Project, in.Roles)
	}
	if in.Desc != nil && *in.Desc != before.Desc {
		if err := env.touch(&before.Principal); err != nil {
			return before, err
		}
		after.Desc = *in.Desc
	}
	rolesChanged := in.SetRoles && in.Roles != held
	if !rolesChanged && after.Desc == before.Desc {
		return before, nil
	}
	if err := env.Tx.UpdatePrincipal(before.Principal, after.Principal); err != nil {
		return before, err
	}
	if rolesChanged {
		if err := env.recordProjectRoles(&before.Principal, &after.Principal, in.Project); err != nil {
			return before, err
		}
	}
	return after, env.recordDesc(&before.Principal, &after.Principal, in.Project)
}

// recordDesc records a changed description of a key, if it changed.
func (env *Env) recordDesc(before, after *latchkey.Principal, project latchkey.ProjectID) error {
	if before.Desc == after.Desc {
		return nil
	}
	return env.record(about(latchkey.EventKeyDescriptionChanged, after, project, latchkey.Change{Desc: &after.Desc}))
}

// ProjectKeyInput names a key and a project.
type ProjectKeyInput struct {
	Project latchkey.ProjectID
	Key     latchkey.PrincipalID
	Roles   latchkey.RoleSet // project roles; for adding only
}

// Scope implements Input.
func (in ProjectKeyInput) Scope() policy.Scope {
	return policy.Scope{Project: in.Project, Target: in.Key}
}

// Nothing is the output of operations that answer no body.
type Nothing struct{}

// AddKeyToProject puts a key of the organization into a project it is not in.
var AddKeyToProject = &Op[ProjectKeyInput, Nothing]{
	Info: Info{
		Name: "addGroupApiKey", Summary: "Add an API key of the organization to a project",
		Rule:    policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventKeyAddedToProject},
	},
	run: func(env *Env, in ProjectKeyInput) (Nothing, error) {
		before, err := env.key(in.Key)
		if err != nil {
			return Nothing{}, err
		}
		if before.ProjectRoles.Get(in.Project) != 0 {
			return Nothing{}, latchkey.Refuse(latchkey.CodeKeyAlreadyInProject, string(in.Key), string(in.Project))
		}
		if err := env.decide(policy.Grants{}, policy.InProject(in.Project, in.Roles)); err != nil {
			return Nothing{}, err
		}
		return Nothing{}, env.assign(before.Principal, in.Project, in.Roles)
	},
}

// assign puts the principal into a project it is not in, and records that.
func (env *Env) assign(before latchkey.Principal, project latchkey.ProjectID, roles latchkey.RoleSet) error {
	after := withProjectRoles(before, project, roles)
	if err := env.Tx.UpdatePrincipal(before, after); err != nil {
		return err
	}
	return env.recordProjectRoles(&before, &after, project)
}

// withProjectRoles returns the principal with those roles in the project. Who is
// in a project is a member of the organization, unless it holds more there already.
func withProjectRoles(p latchkey.Principal, project latchkey.ProjectID, roles latchkey.RoleSet) latchkey.Principal {
	p.ProjectRoles = p.ProjectRoles.With(project, roles)
	if p.OrgRoles == 0 {
		p.OrgRoles = latchkey.Roles(latchkey.OrgMember)
	}
	return p
}

// recordProjectRoles records that the roles in a project became those of
// after: added to the project if there were none before, changed otherwise.
func (env *Env) recordProjectRoles(before, after *latchkey.Principal, project latchkey.ProjectID) error {
	held := before.ProjectRoles.Get(project)
	typ := eventsOf(after.ID).rolesChanged
	if held == 0 {
		typ = eventsOf(after.ID).addedToProject
	}
	change := latchkey.Change{ProjectRoles: after.ProjectRoles.Get(project).Names(), RolesBefore: held.Names()}
	if after.OrgRoles != before.OrgRoles {
		change.OrgRoles = after.OrgRoles.Names()
	}
	return env.record(about(typ, after, project, change))
}

// RemoveKeyFromProject takes all roles in one project from a key; the key
// stays in the organization.
var RemoveKeyFromProject = &Op[ProjectKeyInput, Nothing]{
	Info: Info{
		Name: "removeGroupApiKey", Summary: "Remove an API key from a project",
		Rule:    policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupAccessManager},
		Changes: true, Revokes: true,
		Events: []latchkey.EventType{latchkey.EventKeyRemovedFromProject},
	},
	run: func(env *Env, in ProjectKeyInput) (Nothing, error) {
		before, err := env.key(in.Key)
		if err != nil {
			return Nothing{}, err
		}
		held := before.ProjectRoles.Get(in.Project)
		if held == 0 {
			return Nothing{}, latchkey.Refuse(latchkey.CodeKeyNotFound, string(in.Key)).Because("the key is not in project %s", in.Project)
		}
		if err := env.decide(policy.InProject(in.Project, held), policy.Grants{}); err != nil {
			return Nothing{}, err
		}
		return Nothing{}, env.removeFromProject(before.Principal, in.Project)
	},
}

// removeFromProject takes all roles in one project from the principal, and
// records that.
func (env *Env) removeFromProject(before latchkey.Principal, project latchkey.ProjectID) error {
	after := before
	after.ProjectRoles = before.ProjectRoles.With(project, 0)
	if err := env.Tx.UpdatePrincipal(before, after); err != nil {
		return err
	}
	return env.record(about(eventsOf(after.ID).removedFromProject, &after, project,
		latchkey.Change{RolesBefore: before.ProjectRoles.Get(project).Names()}))
}
