// Package published owns the committed table of published facts that Latchkey is measured against: operations, paths,
// versions, statuses, roles and JSON shapes of both wire generations. It is for tests only; no shipped package imports it.
//
// operations.json, schemas.json and recordings.json are written by internal/published/gen. v1.json (the v1.0 generation,
// which has no published schema file) and differences.json (where the wire is known to differ from the published file,
// and the role rules that the file leaves open) are written by hand. No file holds a recorded body, value, name or key.
package published

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Bases under which the rows of the two generations are published.
const (
	BaseV2      = "/api/atlas/v2"
	BaseV1      = "/api/public/v1.0"
	BaseAtlasV1 = "/api/atlas/v1.0"
)

// VersionV1 stands for "no dated version" in Differences, Answer.Version and Request.Version.
const VersionV1 = "v1.0"

//go:embed operations.json schemas.json recordings.json v1.json differences.json
var files embed.FS

// Operation is one published operation on one generation.
type Operation struct {
	ID          string    // published operation id; the same on every generation
	Method      string    // upper case
	Base        string    // BaseV2, BaseV1, BaseAtlasV1, or empty for the private rows
	Path        string    // below Base, with {name} placeholders; empty for the root of BaseV2 and BaseV1
	Deprecated  bool      // the published file marks it deprecated
	Rule        Rule      // who may call it, after the known differences
	Answers     []Answer  // success answers, sorted by version and status
	Errors      []int     // error statuses the published file documents; empty on v1.0
	PathParams  []string  // in path order
	QueryParams []string  // sorted
	Requests    []Request // request bodies by version; empty when it takes none or none is published
	ContentType string    // of the private rows; empty where the generation decides it
	Alias       string    // on v1.0, why the same id has a further pattern ("whitelist", "raw slash"); else empty
	Source      string    // on v1.0, where the row is known from
}

// Pattern returns the whole path, base included.
func (o Operation) Pattern() string { return o.Base + o.Path }

// Answer is one published success answer.
type Answer struct {
	Version   string // a date, "preview", or VersionV1
	Status    int    // as the wire answers
	Published int    // as the published file says; differs from Status only where differences.json says so
	Schema    string // response schema for ResponseShape; empty when there is no body, "[]X" for a bare array
}

// Request is one published request body.
type Request struct {
	Version string // a date, "preview", or VersionV1
	Schema  string // request schema for RequestShape; "[]X" for a bare array
}

// Recording describes one answer recorded from the real service, without its values.
type Recording struct {
	Method      string   `json:"method"`
	Path        string   `json:"path"`                  // whole and templated
	OperationID string   `json:"operationId,omitempty"` // empty when the table does not know the operation
	Version     string   `json:"version,omitempty"`     // of the content type; empty when undated
	Status      int      `json:"status"`
	ContentType string   `json:"contentType"`
	Members     []Member `json:"members,omitempty"` // empty when there was no body
}

// StatusDifference says that the wire answers another success status than the published file.
type StatusDifference struct {
	OperationID string `json:"operationId"`
	Published   int    `json:"published"`
	Wire        int    `json:"wire"`
	Body        string `json:"body,omitempty"` // the exact body where it is a constant
	Reason      string `json:"reason"`
}

// MemberDifference says that a member which recordings or schema always show may be absent.
type MemberDifference struct {
	OperationIDs []string `json:"operationIds"`
	Generation   string   `json:"generation,omitempty"` // VersionV1 when it holds there only
	Path         string   `json:"path"`
	Reason       string   `json:"reason"`
}

// RuleDifference gives the rule of operations for which the published roles are empty or not what is enforced.
type RuleDifference struct {
	OperationIDs []string `json:"operationIds"`
	Rule         string   `json:"rule"`
	Reason       string   `json:"reason"`
}

// KnownDifferences are the places where the wire departs from the published file, each with its reason.
type KnownDifferences struct {
	Statuses []StatusDifference `json:"statuses"`
	Optional []MemberDifference `json:"optional"`
	Rules    []RuleDifference   `json:"rules"`
}

// Operations returns every operation of the published v2 file, in the file's path order. The result is read-only.
func Operations() []Operation { return slices.Clone(table().v2) }

// V1 returns the rows of /api/public/v1.0. An operation id occurs more than once where an old name or a raw slash is
// a further pattern of the same operation (Alias says which). The result is read-only.
func V1() []Operation { return slices.Clone(table().v1) }

// AtlasV1 returns the rows of V1 mounted a second time under /api/atlas/v1.0. The result is read-only.
func AtlasV1() []Operation {
	rows := V1()
	for i := range rows {
		rows[i].Base = BaseAtlasV1
	}
	return rows
}

// Private returns the undated operations outside all generations that official clients call. Their Path is whole.
func Private() []Operation { return slices.Clone(table().private) }

// ByID returns the v2 or private operation with this published id.
func ByID(id string) (Operation, bool) {
	op, ok := table().byID[id]
	return op, ok
}

// Recordings returns the recorded answers of one operation, in the order of the source. An empty id returns the
// recordings of operations outside the table. The result is read-only.
func Recordings(opID string) []Recording { return slices.Clone(table().recordings[opID]) }

// Known returns the known differences between the published file and the wire. The result is read-only.
func Known() KnownDifferences { return table().known }

// ResponseShape returns the flattened response schema that an Answer names, and false when there is none.
func ResponseShape(schema string) ([]Member, bool) {
	s, ok := table().schemas.Responses[schema]
	return slices.Clone(s), ok
}

// RequestShape returns the flattened request schema that a Request names, and false when there is none.
// Members marked readOnly are those a caller may send and the server ignores.
func RequestShape(schema string) ([]Member, bool) {
	s, ok := table().schemas.Requests[schema]
	return slices.Clone(s), ok
}

// facts is the parsed table. It is built once from the embedded files and never changed.
type facts struct {
	v2, v1, private []Operation
	byID            map[string]Operation
	recordings      map[string][]Recording
	schemas         SchemaFile
	known           KnownDifferences
}

// table parses the embedded files once. They are part of the build, so a fault in them is a fault of the program.
var table = sync.OnceValue(func() *facts {
	f, err := parse()
	if err != nil {
		panic("published: embedded table: " + err.Error())
	}
	return f
})

func read(name string, into any) error {
	data, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
