// Package opsmanagerv1 owns what the Ops Manager Public API v1.0 looks like:
// its rows under /api/public/v1.0, mounted a second time under
// /api/atlas/v1.0, which older Atlas clients still call.
package opsmanagerv1

import (
	"net/http"
	"slices"

	"github.com/latchkey/latchkey/internal/wire"
	"github.com/latchkey/latchkey/internal/wire/body"
)

// Rows returns every row of the generation. Build names the build of the
// server, 40 hex digits.
func Rows(build string) []wire.Row {
	return slices.Concat(form.Rows(), rootRows(build))
}

// form is what this generation makes of the rows that all serve. Its PATCH
// assigns, its bodies take the members of the answers back, the access list
// has an older name too, and the Ops Manager Go client sends the slash of a
// block unescaped.
var form = body.Form{
	At: at, AtAccounts: at,
	CreateProjectKey: body.CreateProjectKeyV1, UpdateProjectKey: body.UpdateProjectKeyV1,
	CreateOrgKey: body.CreateOrgKeyV1, UpdateOrgKey: body.UpdateOrgKeyV1,
	CreateEntries: body.CreateEntriesV1,
	CreateProject: body.CreateProjectV1, UpdateProject: body.UpdateProjectV1,
	Accounts: body.AccountsV1,
	Assign:   true, OrgRequired: false,
	ListNames: []string{"accessList", "whitelist"}, RawSlash: true,
}

var bothBases = []wire.Generation{wire.PublicV1, wire.AtlasV1}

// at starts the spec of a row.
func at(method string, patterns ...string) wire.Spec {
	return wire.Spec{Method: method, Patterns: patterns, Generations: bothBases, Status: http.StatusOK}
}
