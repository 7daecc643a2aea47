package body

import (
	"net/http"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// nameParam is the parameter that filters a list by name.
var nameParam = []wire.Param{{
	Name: "name", Description: "Part of the name, in any case, that what is listed must have.",
	Schema: &wire.Schema{Type: "string"},
}}

func (f Form) orgRows() []wire.Row {
	const org = "/orgs/{orgId}"
	list := f.At(http.MethodGet, "/orgs")
	list.Paged, list.Query, list.Answer = true, nameParam, Orgs
	get := f.At(http.MethodGet, org)
	get.Answer = Org
	update := f.At(http.MethodPatch, org)
	update.Body, update.Answer = UpdateOrg, Org
	projects := f.At(http.MethodGet, org+"/groups")
	projects.Paged, projects.Query, projects.Answer = true, nameParam, Projects
	settings := f.At(http.MethodGet, org+"/settings")
	settings.Answer = Settings
	updateSettings := f.At(http.MethodPatch, org+"/settings")
	updateSettings.Body, updateSettings.Answer = UpdateSettings, Settings
	return []wire.Row{
		wire.Bind(list, op.ListOrgs, DecodeOrgs, EncodeOrgs),
		wire.Bind(get, op.GetOrg, DecodeOrg, EncodeOrg),
		wire.Bind(update, op.UpdateOrg, DecodeUpdateOrg, EncodeOrg),
		wire.Bind(projects, op.ListOrgProjects, DecodeOrgProjects, EncodeProjects),
		wire.Bind(settings, op.GetOrgSettings, DecodeOrg, EncodeSettings),
		wire.Bind(updateSettings, op.UpdateOrgSettings, DecodeUpdateSettings, EncodeSettings),
	}
}
