package atlasv2

import (
	"net/http"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
	"github.com/latchkey/latchkey/internal/wire/body"
)

func orgRows() []wire.Row {
	const org = "/orgs/{orgId}"
	list := at(http.MethodGet, "/orgs")
	list.Paged, list.Query, list.Answer = true, body.NameParam(), body.Orgs
	get := at(http.MethodGet, org)
	get.Answer = body.Org
	update := at(http.MethodPatch, org)
	update.Body, update.Answer = body.UpdateOrg, body.Org
	projects := at(http.MethodGet, org+"/groups")
	projects.Paged, projects.Query, projects.Answer = true, body.NameParam(), body.Projects
	settings := at(http.MethodGet, org+"/settings")
	settings.Answer = body.Settings
	updateSettings := at(http.MethodPatch, org+"/settings")
	updateSettings.Body, updateSettings.Answer = body.UpdateSettings, body.Settings
	return []wire.Row{
		wire.Bind(list, op.ListOrgs, body.DecodeOrgs, body.EncodeOrgs),
		wire.Bind(get, op.GetOrg, body.DecodeOrg, body.EncodeOrg),
		wire.Bind(update, op.UpdateOrg, body.DecodeUpdateOrg, body.EncodeOrg),
		wire.Bind(projects, op.ListOrgProjects, body.DecodeOrgProjects, body.EncodeProjects),
		wire.Bind(settings, op.GetOrgSettings, body.DecodeOrg, body.EncodeSettings),
		wire.Bind(updateSettings, op.UpdateOrgSettings, body.DecodeUpdateSettings, body.EncodeSettings),
	}
}
