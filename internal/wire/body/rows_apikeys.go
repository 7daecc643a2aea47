package body

import (
	"net/http"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

func (f Form) projectKeyRows() []wire.Row {
	const keys, key = "/groups/{groupId}/apiKeys", "/groups/{groupId}/apiKeys/{apiUserId}"
	list := f.At(http.MethodGet, keys)
	list.Paged, list.Answer = true, Keys
	create := f.At(http.MethodPost, keys)
	create.Body, create.Answer = f.CreateProjectKey, Key
	update := f.At(http.MethodPatch, key)
	update.Paged, update.Body, update.Answer = true, f.UpdateProjectKey, Key
	remove := f.At(http.MethodDelete, key)
	remove.Status = http.StatusNoContent
	return []wire.Row{
		wire.Bind(list, op.ListProjectKeys, DecodeProjectKeys, EncodeKeys),
		wire.Bind(create, op.CreateProjectKey, DecodeCreateProjectKey, EncodeCreatedKey),
		wire.Bind(update, op.ReplaceProjectRoles, DecodeReplaceProjectRoles(f.Assign), EncodeKey),
		wire.Bind(remove, op.RemoveKeyFromProject, DecodeProjectKey, nil),
	}
}

func (f Form) orgKeyRows() []wire.Row {
	const keys, key = "/orgs/{orgId}/apiKeys", "/orgs/{orgId}/apiKeys/{apiUserId}"
	list := f.At(http.MethodGet, keys)
	list.Paged, list.Answer = true, Keys
	create := f.At(http.MethodPost, keys)
	create.Body, create.Answer = f.CreateOrgKey, Key
	get := f.At(http.MethodGet, key)
	get.Answer = Key
	update := f.At(http.MethodPatch, key)
	update.Body, update.Answer = f.UpdateOrgKey, Key
	remove := f.At(http.MethodDelete, key)
	remove.Status = http.StatusNoContent
	return []wire.Row{
		wire.Bind(list, op.ListOrgKeys, DecodeOrgKeys, EncodeKeys),
		wire.Bind(create, op.CreateOrgKey, DecodeCreateOrgKey, EncodeCreatedKey),
		wire.Bind(get, op.GetOrgKey, DecodeOrgKey, EncodeKey),
		wire.Bind(update, op.UpdateOrgKey, DecodeUpdateOrgKey, EncodeKey),
		wire.Bind(remove, op.DeleteOrgKey, DecodeOrgKey, nil),
	}
}
