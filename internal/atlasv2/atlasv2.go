// Package atlasv2 owns what the Atlas Administration API v2 looks like: its
// rows under /api/atlas/v2, each with the dated versions it is published in.
package atlasv2

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

var (
	here     = []wire.Generation{wire.AtlasV2}
	v2023Jan = []wire.Version{wire.Version20230101}
	v2023Nov = []wire.Version{wire.Version20231115}
)

// at starts the spec of a row published in the first version.
func at(method, pattern string) wire.Spec {
	return wire.Spec{Method: method, Patterns: []string{pattern}, Generations: here, Versions: v2023Jan, Status: http.StatusOK}
}
