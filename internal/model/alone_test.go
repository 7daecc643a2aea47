package model

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestReferenceStandsAlone holds that the reference, which judges the server,
// has nothing of it.
func TestReferenceStandsAlone(t *testing.T) {
	for _, name := range []string{"call", "draw", "drawbody", "effect", "lattice", "predict", "predict_account", "predict_late", "reference", "token"} {
		file, err := parser.ParseFile(token.NewFileSet(), name+"_test.go", nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range file.Imports {
			if strings.Contains(imp.Path.Value, "latchkey") {
				t.Errorf("%s_test.go imports %s", name, imp.Path.Value)
			}
		}
	}
}
