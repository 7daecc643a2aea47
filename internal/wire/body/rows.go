package body

import (
	"slices"

	"github.com/latchkey/latchkey/internal/wire"
)

// Form is what a generation makes of the rows that all of them serve: where
// its rows start, the bodies that it reads, and the few things it does another
// way. What only one generation serves is not here.
type Form struct {
	// At starts the spec of a row; the first pattern is the published one.
	At func(method string, patterns ...string) wire.Spec
	// AtAccounts is At for service accounts, which are published later.
	AtAccounts func(method string, patterns ...string) wire.Spec

	CreateProjectKey, UpdateProjectKey *wire.Body
	CreateOrgKey, UpdateOrgKey         *wire.Body
	CreateEntries                      *wire.Body
	CreateProject, UpdateProject       *wire.Body
	Accounts                           AccountBodies

	Assign      bool     // whether the PATCH puts a key of the organization into a project it is not in
	OrgRequired bool     // whether a new project must name its organization
	ListNames   []string // the names of the access list in paths
	RawSlash    bool     // whether an entry's block may come with its slash unescaped
}

// Rows returns the rows that all generations serve.
func (f Form) Rows() []wire.Row {
	rows := slices.Concat(f.projectKeyRows(), f.orgKeyRows(), f.orgRows(), f.projectRows(), f.accountRows(), f.eventRows())
	for _, name := range f.ListNames {
		rows = append(rows, f.accessListRows(name)...)
	}
	return rows
}
