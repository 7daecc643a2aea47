package architecture

import (
	"go/ast"
	"strings"
	"testing"
)

// doors are the functions that may call Store.Update: the one through which
// all operations run, and maintenance commands.
var doors = map[string]string{
	"internal/op/lane.go change":              "every operation that writes runs through it, from Do",
	"internal/op/lane.go updateFirst":         "change and RevokeToken run through it what goes ahead of others",
	"internal/op/uses.go FlushUse":            "use counters are no audited state",
	"internal/op/uses.go forget":              "notes of old nonces and tokens are no audited state",
	"internal/op/tokens.go RevokeToken":       "a client makes its own token void: it has its secret, and asks no operation",
	"internal/op/checkpoint.go signSome":      "checkpoints are signed statements about the chain and change no state",
	"internal/op/setup.go CreateOrganization": "the first key of an organization can have no caller",
	"internal/op/setup.go RecoverOwner":       "made when no caller is left",
	"internal/server/data.go makeDataKeys":    "data keys come before any organization",
}

// TestOneDoor fails on a call of Store.Update, or of what lets others call it,
// which is told by its argument: a function of a latchkey.Tx.
func TestOneDoor(t *testing.T) {
	used := make(map[string]bool)
	for _, f := range sources(t) {
		if strings.HasPrefix(f.pkg, "internal/store/") {
			continue // the suite calls what it tests
		}
		for _, decl := range f.ast.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || !isUpdate(call) {
					return true
				}
				at := f.path + " " + fn.Name.Name
				used[at] = true
				if doors[at] == "" {
					t.Errorf("%s calls Store.Update: changes go through op.Do, so that none escapes authentication, policy and audit", f.fset.Position(call.Pos()))
				}
				return true
			})
		}
	}
	for at := range doors {
		if !used[at] {
			t.Errorf("%s is listed as a door and calls no Update any more", at)
		}
	}
}

func isUpdate(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Update" && !strings.EqualFold(sel.Sel.Name, "UpdateFirst") {
		return false
	}
	for _, arg := range call.Args {
		fn, ok := arg.(*ast.FuncLit)
		if !ok {
			continue
		}
		for _, p := range fn.Type.Params.List {
			if typ, ok := p.Type.(*ast.SelectorExpr); ok && typ.Sel.Name == "Tx" {
				return true
			}
		}
	}
	return len(call.Args) == 2 && len(call.Args) > 0 && isIdent(call.Args[0], "ctx")
}

func isIdent(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}
