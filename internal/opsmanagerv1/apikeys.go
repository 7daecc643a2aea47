package opsmanagerv1

import (
	"net/http"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
	"github.com/latchkey/latchkey/internal/wire/body"
)

func projectKeyRows() []wire.Row {
	const keys, key = "/groups/{groupId}/apiKeys", "/groups/{groupId}/apiKeys/{apiUserId}"
	list := at(http.MethodGet, keys)
	list.Paged, list.Answer = true, body.Keys
	create := at(http.MethodPost, keys)
	create.Body, create.Answer = body.CreateProjectKeyV1, body.Key
	update := at(http.MethodPatch, key)
	update.Paged, update.Body, update.Answer = true, body.UpdateProjectKeyV1, body.Key
	remove := at(http.MethodDelete, key)
	remove.Status = http.StatusNoContent
	return []wire.Row{
		wire.Bind(list, op.ListProjectKeys, body.DecodeProjectKeys, body.EncodeKeys),
		wire.Bind(create, op.CreateProjectKey, body.DecodeCreateProjectKey, body.EncodeCreatedKey),
		wire.Bind(update, op.ReplaceProjectRoles, body.DecodeReplaceProjectRoles(true), body.EncodeKey),
		wire.Bind(remove, op.RemoveKeyFromProject, body.DecodeProjectKey, nil),
	}
}

func orgKeyRows() []wire.Row {
	const keys, key = "/orgs/{orgId}/apiKeys", "/orgs/{orgId}/apiKeys/{apiUserId}"
	list := at(http.MethodGet, keys)
	list.Paged, list.Answer = true, body.Keys
	create := at(http.MethodPost, keys)
	create.Body, create.Answer = body.CreateOrgKeyV1, body.Key
	get := at(http.MethodGet, key)
	get.Answer = body.Key
	update := at(http.MethodPatch, key)
	update.Body, update.Answer = body.UpdateOrgKeyV1, body.Key
	remove := at(http.MethodDelete, key)
	remove.Status = http.StatusNoContent
	return []wire.Row{
		wire.Bind(list, op.ListOrgKeys, body.DecodeOrgKeys, body.EncodeKeys),
		wire.Bind(create, op.CreateOrgKey, body.DecodeCreateOrgKey, body.EncodeCreatedKey),
		wire.Bind(get, op.GetOrgKey, body.DecodeOrgKey, body.EncodeKey),
		wire.Bind(update, op.UpdateOrgKey, body.DecodeUpdateOrgKey, body.EncodeKey),
		wire.Bind(remove, op.DeleteOrgKey, body.DecodeOrgKey, nil),
	}
}
