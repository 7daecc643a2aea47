package opsmanagerv1

import (
	"net/http"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
	"github.com/latchkey/latchkey/internal/wire/body"
)

func projectRows() []wire.Row {
	const project = "/groups/{groupId}"
	list := at(http.MethodGet, "/groups")
	list.Paged, list.Answer = true, body.Projects
	create := at(http.MethodPost, "/groups")
	create.Query, create.Body, create.Answer, create.Status = body.OwnerParam(), body.CreateProjectV1, body.Project, http.StatusCreated
	get := at(http.MethodGet, project)
	get.Answer = body.Project
	byName := at(http.MethodGet, "/groups/byName/{groupName}")
	byName.Answer = body.Project
	update := at(http.MethodPatch, project)
	update.Body, update.Answer = body.UpdateProjectV1, body.Project
	remove := at(http.MethodDelete, project)
	remove.Answer, remove.Status = body.Empty, http.StatusAccepted
	return []wire.Row{
		wire.Bind(list, op.ListProjects, body.DecodeProjects, body.EncodeProjects),
		wire.Bind(create, op.CreateProject, body.DecodeCreateProject(false), body.EncodeCreatedProject),
		wire.Bind(get, op.GetProject, body.DecodeProject, body.EncodeProject),
		wire.Bind(byName, op.GetProjectByName, body.DecodeProjectByName, body.EncodeProject),
		wire.Bind(update, op.UpdateProject, body.DecodeUpdateProject, body.EncodeProject),
		wire.Bind(remove, op.DeleteProject, body.DecodeProject, body.EncodeEmpty),
	}
}
