package architecture

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNoInit holds that nothing happens before main.
func TestNoInit(t *testing.T) {
	for _, f := range sources(t) {
		for _, decl := range f.ast.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: no init functions: a program that starts twice in one process must be the same twice", f.fset.Position(fn.Pos()))
			}
		}
	}
}

// TestPackagesSayWhatTheyOwn holds that every package begins with a sentence.
func TestPackagesSayWhatTheyOwn(t *testing.T) {
	said := make(map[string]bool)
	for _, f := range sources(t) {
		if f.ast.Doc != nil {
			said[f.pkg] = true
		} else if !said[f.pkg] {
			said[f.pkg] = false
		}
	}
	for pkg, ok := range said {
		if !ok {
			t.Errorf("package %q has no package comment", pkg)
		}
	}
}

// TestExportedThingsAreDescribed holds that exported declarations have comments.
func TestExportedThingsAreDescribed(t *testing.T) {
	for _, f := range sources(t) {
		for _, decl := range f.ast.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
					t.Errorf("%s: %s has no comment", f.fset.Position(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
						t.Errorf("%s: %s has no comment", f.fset.Position(ts.Pos()), ts.Name.Name)
					}
				}
			}
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if index, ok := typ.(*ast.IndexExpr); ok {
		typ = index.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

// TestOldWordsStayOnTheWire holds that the wire's words for projects and keys
// name nothing in the rest of the program.
func TestOldWordsStayOnTheWire(t *testing.T) {
	old := regexp.MustCompile(`(?i)^(group|apiuser|whitelist)|(GroupID|ApiUser|Whitelist)`)
	for _, f := range sources(t) {
		if strings.HasPrefix(f.pkg, "internal/wire") || strings.HasPrefix(f.pkg, "internal/published") ||
			f.pkg == "internal/atlasv2" || f.pkg == "internal/opsmanagerv1" || f.pkg == "internal/openapitest" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok || !old.MatchString(id.Name) {
				return true
			}
			if f.path == "role.go" || strings.HasPrefix(id.Name, "Group") && f.pkg != "" || id.Name == "group" || id.Name == "GroupValue" {
				return true // names of roles; groups of other things
			}
			t.Errorf("%s: %s: say project, key, access list", f.fset.Position(id.Pos()), id.Name)
			return true
		})
	}
}

// TestDependenciesAreNamed holds that the binary has at most 15 direct
// dependencies and that each has its reason in docs/decisions.
func TestDependenciesAreNamed(t *testing.T) {
	direct := make(map[string]token.Position)
	mods := requiredModules(t)
	for _, f := range sources(t) {
		if f.pkg == "internal/openapitest" || strings.HasPrefix(f.pkg, "internal/published") || f.pkg == "internal/store/storetest" {
			continue // for tests only
		}
		for _, spec := range f.ast.Imports {
			imp := strings.Trim(spec.Path.Value, `"`)
			for _, mod := range mods {
				if imp == mod || strings.HasPrefix(imp, mod+"/") {
					direct[mod] = f.fset.Position(spec.Pos())
				}
			}
		}
	}
	if len(direct) > 15 {
		t.Errorf("%d direct dependencies, at most 15", len(direct))
	}
	decisions, err := filepath.Glob("../../docs/decisions/*.md")
	if err != nil || len(decisions) == 0 {
		t.Fatalf("no docs/decisions: %v", err)
	}
	var all strings.Builder
	for _, name := range decisions {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for mod, at := range direct {
		if !strings.Contains(all.String(), "`"+mod+"`") {
			t.Errorf("%s: %s has no reason in docs/decisions", at, mod)
		}
	}
}

func requiredModules(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var mods []string
	for _, m := range regexp.MustCompile(`(?m)^\s+(\S+\.\S+) v`).FindAllStringSubmatch(string(text), -1) {
		mods = append(mods, m[1])
	}
	if len(mods) < 5 {
		t.Fatalf("read only %d modules from go.mod", len(mods))
	}
	return mods
}
