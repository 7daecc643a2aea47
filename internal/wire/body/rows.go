package body

import (
	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/wire"
)

// The query parameters that lists of named things read.
var nameParam = []wire.Param{{
	Name: "name", Description: "Part of the name, in any case, that what is listed must have.",
	Schema: &wire.Schema{Type: "string"},
}}

// NameParam returns the parameter that filters a list by name.
func NameParam() []wire.Param { return nameParam }

// OwnerParam returns the parameter that names a user to own a new project.
func OwnerParam() []wire.Param {
	return []wire.Param{{
		Name: "projectOwnerId", Description: "Id of a user to make owner of the project. There are no users yet: any id is unknown.",
		Schema: &wire.Schema{Type: "string", Pattern: idPattern},
		Codes:  []latchkey.Code{latchkey.CodeUserNotFound},
	}}
}
