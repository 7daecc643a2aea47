package architecture

import (
	"slices"
	"strings"
	"testing"
)

// rule says what a package may import of the project, and what it must not
// import at all.
type rule struct {
	pkg    string   // "" is the root package; a trailing /... means everything below
	may    []string // packages of the project
	never  []string // other import paths; a trailing /... means everything below
	reason string
}

var rules = []rule{
	{"", nil, []string{"net/http", "database/sql"},
		"the domain is the standard library only, and knows neither wire nor tables"},
	{"internal/policy", []string{""}, []string{"net/http", "database/sql"},
		"who may do what is a pure function of data"},
	{"internal/ratelimit", nil, []string{"net/http", "database/sql"},
		"buckets count what they are given, whoever that is"},
	{"internal/metrics", []string{""}, []string{"database/sql"},
		"series count what they are told; nobody below the wire knows of them"},
	{"internal/op", []string{"", "internal/policy", "internal/ratelimit"}, []string{"net/http", "database/sql"},
		"operations are the same on every wire and every store"},
	{"internal/audit", []string{""}, []string{"net/http", "database/sql"},
		"a replay knows events and nothing of how they came about"},
	{"internal/keyring", nil, []string{"net/http", "database/sql"},
		"keys are files and bytes"},
	{"internal/auth/digest", nil, []string{"net/http", "database/sql"},
		"the digest check is a pure function"},
	{"internal/auth/oauth", []string{"", "internal/keyring"}, []string{"net/http", "database/sql"},
		"what a token says and how a request offers it is a pure function; what it is worth is data"},
	{"internal/auth", []string{"", "internal/op", "internal/auth/digest", "internal/auth/oauth", "internal/keyring"}, []string{"database/sql"},
		"authentication makes proofs; op checks them"},
	{"internal/wire", []string{"", "internal/metrics", "internal/op", "internal/policy", "internal/ratelimit"}, []string{"database/sql"},
		"what the generations share must know neither of them, nor how callers are authenticated"},
	{"internal/wire/body", []string{"", "internal/op", "internal/policy", "internal/ratelimit", "internal/wire"}, []string{"database/sql"},
		"bodies that generations share must know neither of them"},
	{"internal/atlasv2", []string{"internal/op", "internal/wire", "internal/wire/body"}, []string{"database/sql"},
		"a generation never knows the other one"},
	{"internal/opsmanagerv1", []string{"internal/op", "internal/wire", "internal/wire/body"}, []string{"database/sql"},
		"a generation never knows the other one"},
	{"internal/store/sqlstore", []string{""}, []string{"net/http"},
		"a store knows the domain and nothing above it"},
	{"internal/store/storetest", []string{""}, []string{"net/http"},
		"the suite tests any store by its contract"},
	{"internal/server", []string{"", "internal/atlasv2", "internal/audit", "internal/auth", "internal/auth/digest", "internal/auth/oauth", "internal/keyring", "internal/metrics", "internal/op",
		"internal/opsmanagerv1", "internal/policy", "internal/ratelimit", "internal/store/sqlstore", "internal/wire", "internal/wire/body"}, nil,
		"the server puts the parts together and is used by the binary and latchkeytest only"},
	{"internal/reference", []string{"", "internal/op", "internal/policy", "internal/wire", "internal/server"}, nil,
		"the reference pages are made from the rows"},
	{"internal/published", nil, nil, "published facts stand alone, or they could not judge us"},
	{"internal/published/gen", []string{"internal/published"}, nil, "the generator reads published sources only"},
	{"internal/httplink", nil, []string{"database/sql"}, "a client for load knows nothing of the server"},
	{"internal/openapitest", nil, nil, "the documents are judged from outside"},
	{"latchkeytest", []string{"", "internal/op", "internal/policy", "internal/server"}, nil, "latchkeytest starts what the binary starts"},
	{"cmd/latchkey", []string{"", "internal/audit", "internal/op", "internal/policy", "internal/ratelimit", "internal/reference", "internal/server", "internal/store/sqlstore", "internal/wire"}, nil,
		"the binary starts the server and reads tables of the program"},
}

// testOnly are packages that no code but tests may import.
var testOnly = []string{"internal/httplink", "internal/published", "internal/openapitest", "internal/store/storetest", "internal/architecture"}

func TestImportsPointOneWay(t *testing.T) {
	known := make(map[string]rule)
	for _, r := range rules {
		known[r.pkg] = r
	}
	for _, f := range sources(t) {
		r, ok := known[f.pkg]
		if !ok {
			if onlyDoc(f) {
				continue // a package of tests
			}
			t.Errorf("%s: package %q has no rule here: add one with its reason", f.path, f.pkg)
			continue
		}
		for _, imp := range f.imports() {
			if imp == module || strings.HasPrefix(imp, module+"/") {
				below := strings.TrimPrefix(strings.TrimPrefix(imp, module), "/")
				if !slices.Contains(r.may, below) {
					t.Errorf("%s imports %q: %s", f.path, imp, r.reason)
				}
				if slices.Contains(testOnly, below) && !strings.HasPrefix(f.pkg, below) {
					t.Errorf("%s imports %q, which is for tests", f.path, imp)
				}
				continue
			}
			if slices.Contains(r.never, imp) {
				t.Errorf("%s imports %q: %s", f.path, imp, r.reason)
			}
			if f.pkg == "" && strings.Contains(imp, ".") {
				t.Errorf("%s imports %q: %s", f.path, imp, r.reason)
			}
		}
	}
}

// onlyDoc reports whether a file declares nothing.
func onlyDoc(f file) bool { return len(f.ast.Decls) == 0 }

func TestOnlySqlstoreNamesADriver(t *testing.T) {
	for _, f := range sources(t) {
		for _, imp := range f.imports() {
			if driver := strings.HasPrefix(imp, "modernc.org/") || imp == "database/sql" || strings.HasPrefix(imp, "github.com/jackc/"); driver && f.pkg != "internal/store/sqlstore" {
				t.Errorf("%s imports %q: only sqlstore names a driver", f.path, imp)
			}
		}
	}
}
