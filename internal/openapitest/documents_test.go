package openapitest_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/latchkey/latchkey/internal/openapitest"
	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/wire"
	"github.com/latchkey/latchkey/latchkeytest"
)

const publicURL = "https://latchkey.example.com"

func rows() []wire.Row { return server.Rows(server.Build{}) }

func document(t *testing.T, g wire.Generation) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(wire.OpenAPI(rows(), g, publicURL, "1.2.3"))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestDocumentsAreValid(t *testing.T) {
	for _, g := range wire.Generations() {
		doc := document(t, g)
		if err := doc.Validate(t.Context()); err != nil {
			t.Errorf("%s: %v", g, err)
		}
		if doc.OpenAPI != "3.0.3" || doc.Info.Version != "1.2.3" || doc.Servers[0].URL != publicURL {
			t.Errorf("%s: openapi %s, version %s, server %s", g, doc.OpenAPI, doc.Info.Version, doc.Servers[0].URL)
		}
	}
}

// TestServedDocuments holds that each generation's document is served where
// New looks for it.
func TestServedDocuments(t *testing.T) {
	openapitest.New(t, latchkeytest.NewServer(t).URL)
	names := openapitest.Generations()
	for i, g := range wire.Generations() {
		if names[i] != g.Name() {
			t.Errorf("generation %d is %s, want %s", i, names[i], g.Name())
		}
	}
}

func TestSameRowsMakeTheSameBytes(t *testing.T) {
	for _, g := range wire.Generations() {
		first := wire.OpenAPI(rows(), g, publicURL, "1")
		for range 5 {
			if !bytes.Equal(first, wire.OpenAPI(rows(), g, publicURL, "1")) {
				t.Fatalf("%s: differs from one time to the next", g)
			}
		}
	}
}

// TestEveryRowIsInItsDocuments compares the documents with the rows, both ways.
func TestEveryRowIsInItsDocuments(t *testing.T) {
	for _, g := range wire.Generations() {
		doc := document(t, g)
		left := map[string]bool{}
		for path, item := range doc.Paths.Map() {
			for method := range item.Operations() {
				left[method+" "+path] = true
			}
		}
		for _, row := range rows() {
			if !slices.Contains(row.Generations, g) {
				continue
			}
			for _, path := range row.Paths(g) {
				at := row.Method + " " + path
				if !left[at] {
					t.Errorf("%s: no %s", g, at)
					continue
				}
				delete(left, at)
				checkOperation(t, at, &row, g, doc.Paths.Value(path).GetOperation(row.Method))
			}
		}
		for at := range left {
			t.Errorf("%s: %s has no row", g, at)
		}
	}
}

func checkOperation(t *testing.T, at string, row *wire.Row, g wire.Generation, o *openapi3.Operation) {
	t.Helper()
	name, _, _ := strings.Cut(o.OperationID, "_")
	if name != row.Op.Name || o.Summary != row.Op.Summary || o.Extensions["x-latchkey-operation"] != row.Op.Name {
		t.Errorf("%s: is %s (%s)", at, o.OperationID, o.Summary)
	}
	if !strings.Contains(o.Description, row.RoleNeeded()) {
		t.Errorf("%s: the description does not say that it needs %s", at, row.RoleNeeded())
	}
	if open := len(*o.Security) == 0; open != row.Open {
		t.Errorf("%s: security %v, open %v", at, *o.Security, row.Open)
	}
	success := o.Responses.Status(row.Status)
	if success == nil {
		t.Fatalf("%s: no %d", at, row.Status)
	}
	if (row.Answer == nil) != (len(success.Value.Content) == 0) {
		t.Errorf("%s: content %v, answer %v", at, success.Value.Content, row.Answer)
	}
	if row.Answer != nil && g.Versioned() && success.Value.Content["application/vnd.atlas."+string(row.Versions[0])+"+json"] == nil {
		t.Errorf("%s: is not answered in version %s", at, row.Versions[0])
	}
	if (row.Body == nil) != (o.RequestBody == nil) {
		t.Errorf("%s: body %v", at, row.Body)
	}
	if row.Body != nil && o.RequestBody.Value.Content["application/json"] == nil {
		t.Errorf("%s: a plain JSON body is not documented", at)
	}
	for _, refusal := range row.Refusals(g) {
		r := o.Responses.Status(refusal.Status)
		if r == nil || !slices.Contains(r.Value.Extensions["x-latchkey-error-codes"].([]any), any(refusal.ErrorCode)) {
			t.Errorf("%s: %d %s is not documented", at, refusal.Status, refusal.ErrorCode)
		}
	}
	for _, status := range []int{400, 500} {
		if o.Responses.Status(status) == nil {
			t.Errorf("%s: no %d", at, status)
		}
	}
}

// TestSchemaNamesMeanOneThing holds that two schemas of one name in one
// document are the same: only one of them is written.
func TestSchemaNamesMeanOneThing(t *testing.T) {
	for _, g := range wire.Generations() {
		found := map[string]string{}
		var walk func(s *wire.Schema)
		walk = func(s *wire.Schema) {
			if s == nil {
				return
			}
			if s.Name != "" {
				text, err := json.Marshal(s)
				if err != nil {
					t.Fatal(err)
				}
				if before, known := found[s.Name]; known && before != string(text) {
					t.Errorf("%s: two schemas are called %s", g, s.Name)
				}
				found[s.Name] = string(text)
			}
			walk(s.Items)
			for _, p := range s.Properties {
				walk(p.Schema)
			}
		}
		for _, row := range rows() {
			if slices.Contains(row.Generations, g) {
				walk(row.Answer)
				if row.Body != nil {
					walk(row.Body.Schema(g))
				}
			}
		}
	}
}

// TestBodiesOfThePatch pins what the documents say of the main call's body.
func TestBodiesOfThePatch(t *testing.T) {
	for g, name := range map[wire.Generation]string{
		wire.AtlasV2: "UpdateAtlasProjectApiKey", wire.PublicV1: "UpdateProjectApiKey", wire.AtlasV1: "UpdateProjectApiKey",
	} {
		doc := document(t, g)
		schema := doc.Components.Schemas[name].Value
		for text, want := range map[string]bool{
			`{"roles":["GROUP_OWNER"]}`:                   true,
			`{"desc":"x"}`:                                true,
			`{"roles":["GROUP_AUTOMATION_ADMIN"]}`:        g == wire.PublicV1,
			`{"id":"65a1b2c3d4e5f60718293a4b"}`:           false, // neither desc nor roles
			`{"roles":[]}`:                                false,
			`{"roles":["ORG_OWNER"]}`:                     false,
			`{"roles":"GROUP_OWNER"}`:                     false,
			`{"desc":""}`:                                 false,
			`{"desc":"x","color":"red"}`:                  false,
			`{"desc":"` + strings.Repeat("ä", 250) + `"}`: true,
			`{"desc":"` + strings.Repeat("a", 251) + `"}`: false,
		} {
			var value any
			if err := json.Unmarshal([]byte(text), &value); err != nil {
				t.Fatal(err)
			}
			err := schema.VisitJSON(value, openapi3.VisitAsRequest(), openapi3.DisableReadOnlyValidation())
			if (err == nil) != want {
				t.Errorf("%s: %.60s: fits %v, want %v", g, text, err == nil, want)
			}
		}
		for _, p := range []string{"id", "privateKey"} {
			if ref := schema.Properties[p]; (ref != nil) != (g != wire.AtlasV2) || ref != nil && !ref.Value.ReadOnly {
				t.Errorf("%s: member %s: %v", g, p, ref)
			}
		}
	}
}

func TestParametersOfAPagedRow(t *testing.T) {
	o := document(t, wire.AtlasV2).Paths.Value("/api/atlas/v2/groups/{groupId}/apiKeys").Get
	var got []string
	for _, p := range o.Parameters {
		got = append(got, p.Value.In+" "+p.Value.Name+" "+strconv.FormatBool(p.Value.Required))
	}
	want := []string{"path groupId true", "query envelope false", "query pretty false",
		"query includeCount false", "query itemsPerPage false", "query pageNum false"}
	if !slices.Equal(got, want) {
		t.Errorf("parameters %q, want %q", got, want)
	}
}

func BenchmarkOpenAPI(b *testing.B) {
	all := rows()
	b.ReportAllocs()
	for b.Loop() {
		for _, g := range wire.Generations() {
			wire.OpenAPI(all, g, publicURL, "1")
		}
	}
}
