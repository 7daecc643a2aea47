package body

import (
	"net/http"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// ownerParam is the parameter that names a user to own a new project.
var ownerParam = []wire.Param{{
	Name: "projectOwnerId", Description: "Id of a user to make owner of the project. There are no users yet: any id is unknown.",
	Schema: &wire.Schema{Type: "string", Pattern: idPattern},
	Codes:  []latchkey.Code{latchkey.CodeUserNotFound},
}}

func (f Form) projectRows() []wire.Row {
	const project = "/groups/{groupId}"
	list := f.At(http.MethodGet, "/groups")
	list.Paged, list.Answer = true, Projects
	create := f.At(http.MethodPost, "/groups")
	create.Query, create.Body, create.Answer, create.Status = ownerParam, f.CreateProject, Project, http.StatusCreated
	create.Located = true
	get := f.At(http.MethodGet, project)
	get.Answer = Project
	byName := f.At(http.MethodGet, "/groups/byName/{groupName}")
	byName.Answer = Project
	update := f.At(http.MethodPatch, project)
	update.Body, update.Answer = f.UpdateProject, Project
	remove := f.At(http.MethodDelete, project)
	remove.Answer, remove.Status = Empty, http.StatusAccepted
	return []wire.Row{
		wire.Bind(list, op.ListProjects, DecodeProjects, EncodeProjects),
		wire.Bind(create, op.CreateProject, DecodeCreateProject(f.OrgRequired), EncodeCreatedProject),
		wire.Bind(get, op.GetProject, DecodeProject, EncodeProject),
		wire.Bind(byName, op.GetProjectByName, DecodeProjectByName, EncodeProject),
		wire.Bind(update, op.UpdateProject, DecodeUpdateProject, EncodeProject),
		wire.Bind(remove, op.DeleteProject, DecodeProject, EncodeEmpty),
	}
}
