// Package atlasv2 owns what the Atlas Administration API v2 looks like: its
// rows under /api/atlas/v2, each with the dated versions it is published in.
package atlasv2

import (
	"net/http"
	"slices"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
	"github.com/latchkey/latchkey/internal/wire/body"
)

// Rows returns every row of the generation. Build names the build of the
// server, 40 hex digits.
func Rows(build string) []wire.Row {
	return slices.Concat(form.Rows(), []wire.Row{addKeyRow()}, rateLimitRows(), rootRows(build))
}

// form is what this generation makes of the rows that all serve. A PATCH of a
// key that is not in the project is refused since July 2026; assigning is
// addGroupApiKey.
var form = body.Form{
	At: at, AtAccounts: atAccounts,
	CreateProjectKey: body.CreateProjectKey, UpdateProjectKey: body.UpdateProjectKey,
	CreateOrgKey: body.CreateOrgKey, UpdateOrgKey: body.UpdateOrgKey,
	CreateEntries: body.CreateEntries,
	CreateProject: body.CreateProject, UpdateProject: body.UpdateProject,
	Accounts: body.Accounts,
	Assign:   false, OrgRequired: true,
	ListNames: []string{"accessList"}, RawSlash: false,
}

var (
	here     = []wire.Generation{wire.AtlasV2}
	v2023Jan = []wire.Version{wire.Version20230101}
	v2023Nov = []wire.Version{wire.Version20231115}
	v2024Aug = []wire.Version{wire.Version20240805}
)

// at starts the spec of a row published in the first version.
func at(method string, patterns ...string) wire.Spec {
	return wire.Spec{Method: method, Patterns: patterns, Generations: here, Versions: v2023Jan, Status: http.StatusOK}
}

// atAccounts starts the spec of a row about service accounts.
func atAccounts(method string, patterns ...string) wire.Spec {
	s := at(method, patterns...)
	s.Versions = v2024Aug
	return s
}

func addKeyRow() wire.Row {
	add := at(http.MethodPost, "/groups/{groupId}/apiKeys/{apiUserId}")
	add.Body, add.Status = body.AddKey, http.StatusNoContent
	return wire.Bind(add, op.AddKeyToProject, body.DecodeAddKey, nil)
}
