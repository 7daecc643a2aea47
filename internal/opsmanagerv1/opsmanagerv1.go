// Package opsmanagerv1 owns what the Ops Manager Public API v1.0 looks like:
// its rows under /api/public/v1.0, mounted a second time under
// /api/atlas/v1.0, which older Atlas clients still call.
package opsmanagerv1

import (
	"net/http"
	"slices"

	"github.com/latchkey/latchkey/internal/wire"
)

// Rows returns every row of the generation. Build names the build of the
// server, 40 hex digits.
func Rows(build string) []wire.Row {
	return slices.Concat(projectKeyRows(), orgKeyRows(), accessListRows(), orgRows(), projectRows(), rootRows(build))
}

var bothBases = []wire.Generation{wire.PublicV1, wire.AtlasV1}

// at starts the spec of a row.
func at(method string, patterns ...string) wire.Spec {
	return wire.Spec{Method: method, Patterns: patterns, Generations: bothBases, Status: http.StatusOK}
}
