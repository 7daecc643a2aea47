package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/latchkey/latchkey/internal/published"
)

func sources(t *testing.T) (openapi, recordings string) {
	t.Helper()
	openapi, recordings = os.Getenv("LATCHKEY_OPENAPI"), os.Getenv("LATCHKEY_RECORDINGS")
	if openapi == "" || recordings == "" {
		t.Skip("LATCHKEY_OPENAPI and LATCHKEY_RECORDINGS do not name the sources")
	}
	return openapi, recordings
}

func TestCommittedFilesAreCurrent(t *testing.T) {
	made, err := generate(sources(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range made {
		path := filepath.Join("..", name)
		if name == eventTypesFile {
			path = filepath.Join("..", "..", "wire", "body", name)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator makes; run it again", name)
		}
	}
}

// Every recorded answer must pass the comparison that our own answers are held to.
func TestRecordedBodiesPass(t *testing.T) {
	_, path := sources(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows []published.OperationFacts
	for _, op := range published.Operations() {
		rows = append(rows, published.OperationFacts{ID: op.ID, Method: op.Method, Path: op.Pattern()})
	}
	answers, err := splitRecordings(string(text), rows)
	if err != nil {
		t.Fatal(err)
	}
	judged := 0
	for _, a := range answers {
		if a.OperationID == "" {
			continue
		}
		version := a.Version
		if version == "" {
			version = published.VersionV1
		}
		judged++
		for _, d := range published.Differences(a.OperationID, version, a.Status, a.ContentType, a.body) {
			t.Errorf("%s: %s", a.OperationID, d)
		}
	}
	if judged < 70 {
		t.Errorf("only %d answers judged", judged)
	}
}

const tinyOpenAPI = `{
 "operations": [{"method": "GET", "path": "/api/atlas/v2/things/{thingId}", "operationId": "getThing", "rolesAnyOf": ["Project Owner"],
  "parameters": [{"name": "pretty", "in": "query"}, {"name": "thingId", "in": "path"}],
  "responses": {"404": null, "200": {"application/vnd.atlas.2023-01-01+json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
  "request": {"application/vnd.atlas.2023-01-01+json": {"$ref": "#/components/schemas/Thing"}}}],
 "schemas": {
  "Thing": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}],
            "properties": {"id": {"type": "string", "readOnly": true}}, "required": ["id"]},
  "A": {"allOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "object", "required": ["both", "a"],
        "properties": {"a": {"type": "string"}, "both": {"type": "integer"}, "pass": {"type": "string", "writeOnly": true}}}]},
  "EventTypeForOrg": {"oneOf": [{"enum": ["B_DONE", "A_DONE"], "type": "string"}, {"$ref": "#/components/schemas/More"}]},
  "EventTypeForNdsGroup": {"enum": ["A_DONE", "D_DONE"], "type": "string"},
  "More": {"enum": ["C_DONE"], "type": "string"},
  "B": {"type": "object", "required": ["both"], "properties": {"both": {"type": "string", "nullable": true},
        "child": {"$ref": "#/components/schemas/B"}, "map": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}}}
 }}`

const tinyRecordings = `# made up
##### suite/Test/Get/GET_api_atlas_v2_things_0123456789abcdef01234567_1
HTTP/2.0 200 OK
Content-Type: application/vnd.atlas.2023-01-01+json;charset=utf-8

{"id":"secret-value","list":[{"x":1,"y":1.5},{"x":null}]}
##### suite/Test/Other/DELETE_api_atlas_v2_others_0123456789abcdef01234567_we1rd_1
HTTP/2.0 204 No Content
Content-Type: application/vnd.atlas.2023-01-01+json;charset=utf-8


`

func TestGenerateTinySources(t *testing.T) {
	dir := t.TempDir()
	openapi, recordings := filepath.Join(dir, "openapi"), filepath.Join(dir, "recordings")
	for name, text := range map[string]string{openapi: tinyOpenAPI, recordings: tinyRecordings} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(openapi, recordings, dir, filepath.Join(dir, eventTypesFile)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"operations.json": `[
{"id":"getThing","method":"GET","path":"/api/atlas/v2/things/{thingId}","rolesAnyOf":["Project Owner"],"answers":[{"version":"2023-01-01","status":200,"schema":"Thing"}],"errors":[404],"pathParams":["thingId"],"queryParams":["pretty"],"requests":[{"version":"2023-01-01","schema":"Thing"}]}
]
`,
		"recordings.json": `[
{"method":"GET","path":"/api/atlas/v2/things/{thingId}","operationId":"getThing","version":"2023-01-01","status":200,"contentType":"application/vnd.atlas.2023-01-01+json;charset=utf-8","members":[".:object","id:string required","list:array required","list[]:object","list[].x:integer|null required","list[].y:number"]},
{"method":"DELETE","path":"/api/atlas/v2/others/{id}/{value}","version":"2023-01-01","status":204,"contentType":"application/vnd.atlas.2023-01-01+json;charset=utf-8"}
]
`,
		eventTypesFile: "A_DONE\nB_DONE\nC_DONE\nD_DONE\n",
		"schemas.json": `{
 "responses": {
  "Thing": [
   ".:object",
   "a:string",
   "both:integer|null|string required",
   "child:object open",
   "id:string required",
   "map:object",
   "map.*:array",
   "map.*[]:string"
  ]
 },
 "requests": {
  "Thing": [
   ".:object",
   "a:string",
   "both:integer|null|string required",
   "child:object open",
   "id:string readOnly",
   "map:object",
   "map.*:array",
   "map.*[]:string",
   "pass:string writeOnly"
  ]
 }
}
`,
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}
