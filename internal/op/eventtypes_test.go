package op

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
)

// TestEventKindsAreAll compares the table with the types that the domain names.
func TestEventKindsAreAll(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := map[latchkey.EventType]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "EventType" {
				named[latchkey.EventType(strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))] = true
			}
		}
		return true
	})
	if len(named) < 20 {
		t.Fatalf("only %d types are named", len(named))
	}
	for _, k := range eventKinds {
		if !named[k.Type] {
			t.Errorf("%s is listed twice, or not named in the domain", k.Type)
		}
		delete(named, k.Type)
		if !strings.HasSuffix(k.Description, ".") {
			t.Errorf("%s: %q is no sentence", k.Type, k.Description)
		}
	}
	for typ := range named {
		t.Errorf("%s is not listed", typ)
	}
	if len(eventKinds) > latchkey.MaxFilterTypes {
		t.Errorf("%d types, and a filter names %d at most", len(eventKinds), latchkey.MaxFilterTypes)
	}
}
