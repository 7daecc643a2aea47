package published

import (
	"bytes"
	"fmt"
	"mime"
	"slices"
	"strings"
)

// Differences compares one answer with what is published and recorded for the operation, and returns what differs,
// sorted, one line each; nothing when the answer is as published.
//
// version is the version that the answer is resolved to (a date or "preview"), or VersionV1 for v1.0 and the private
// rows. The body is the bare answer: take an envelope off first.
//
//   - Status: one that the wire is known to answer with. Which error status is right is not judged here.
//   - Content type: the dated type with charset utf-8 on v2 (also without a body, as recorded), application/json on
//     v1.0 and on errors.
//   - Shape: every member must be known with that type from a recording or the published schema (on v1.0, which has
//     no schema, further members are not judged); a member that every recording shows in every such object, or that
//     the schema requires and no recording lacks, must be there. Members of an absent object or of the elements of
//     an empty array are never missing. Errors are held to the published error object.
func Differences(opID, version string, status int, contentType string, body []byte) []string {
	op, ok := lookup(opID, version)
	if !ok {
		return []string{fmt.Sprintf("operation %s is not published for %s", opID, version)}
	}
	if status >= 400 {
		return errorDifferences(status, contentType, body)
	}
	var diffs []string
	var want []int
	var answer Answer
	for _, a := range op.Answers {
		if a.Version == version {
			want = append(want, a.Status)
		}
		if a.Version == version && (a.Status == status || answer.Status == 0) {
			answer = a
		}
	}
	if len(want) == 0 {
		return []string{fmt.Sprintf("version %s is not published for %s", version, opID)}
	}
	if !slices.Contains(want, status) {
		diffs = append(diffs, fmt.Sprintf("status %d, want %s", status, joinInts(want)))
	}
	if d := contentTypeDifference(op, version, status, contentType); d != "" {
		diffs = append(diffs, d)
	}
	diffs = append(diffs, bodyDifferences(op, answer, body)...)
	slices.Sort(diffs)
	return slices.Compact(diffs)
}

// lookup finds the row of the generation that a version stands for.
func lookup(opID, version string) (Operation, bool) {
	if version != VersionV1 {
		op, ok := ByID(opID)
		return op, ok && op.Base == BaseV2
	}
	for _, op := range append(V1(), Private()...) {
		if op.ID == opID {
			return op, true
		}
	}
	return Operation{}, false
}

func contentTypeDifference(op Operation, version string, status int, contentType string) string {
	want := "application/vnd.atlas." + version + "+json"
	if version == VersionV1 {
		want = "application/json"
		if op.ContentType != "" {
			want = op.ContentType
		}
		if status == 204 && contentType == "" {
			return ""
		}
	}
	got, params, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil || got != want:
		return fmt.Sprintf("content type %q, want %s", contentType, want)
	case version != VersionV1 && !strings.EqualFold(params["charset"], "utf-8"):
		return fmt.Sprintf("content type %q, want charset=utf-8", contentType)
	}
	return ""
}

func bodyDifferences(op Operation, answer Answer, body []byte) []string {
	for _, d := range table().known.Statuses {
		if d.OperationID == op.ID && d.Body != "" {
			if got := bytes.TrimSpace(body); string(got) != d.Body {
				return []string{fmt.Sprintf("body is not %s", d.Body)}
			}
			return nil
		}
	}
	if op.ContentType != "" && op.ContentType != "application/json" {
		return nil
	}
	want, ok := expect(op, answer)
	switch {
	case !ok && len(bytes.TrimSpace(body)) > 0:
		return []string{"a body where none is published"}
	case !ok:
		return nil
	}
	return want.judge(body)
}

func errorDifferences(status int, contentType string, body []byte) []string {
	if status == 401 && len(body) == 0 {
		return nil // an unknown bearer token is refused without a body
	}
	var diffs []string
	if got, _, err := mime.ParseMediaType(contentType); err != nil || got != "application/json" {
		diffs = append(diffs, fmt.Sprintf("content type %q, want application/json", contentType))
	}
	want := newExpectation()
	for _, m := range errorObject() {
		want.allow(m)
		if m.Required {
			want.require(m.Path)
		}
	}
	diffs = append(diffs, want.judge(body)...)
	if value, err := decode(body); err == nil {
		if object, ok := value.(map[string]any); ok && object["error"] != nil && fmt.Sprint(object["error"]) != fmt.Sprint(status) {
			diffs = append(diffs, fmt.Sprintf("error: %v, want the status %d", object["error"], status))
		}
	}
	slices.Sort(diffs)
	return diffs
}

// errorObject is the published error object (schema ApiError), as the wire sends it: the answer to missing or bad
// digest credentials has no parameters, and only refusals with field violations have a badRequestDetail.
func errorObject() []Member {
	return []Member{
		{Path: ".", Types: []string{"object"}},
		{Path: "badRequestDetail", Types: []string{"object"}},
		{Path: "badRequestDetail.fields", Types: []string{"array"}, Required: true},
		{Path: "badRequestDetail.fields[]", Types: []string{"object"}},
		{Path: "badRequestDetail.fields[].description", Types: []string{"string"}, Required: true},
		{Path: "badRequestDetail.fields[].field", Types: []string{"string"}, Required: true},
		{Path: "detail", Types: []string{"null", "string"}},
		{Path: "error", Types: []string{"integer"}, Required: true},
		{Path: "errorCode", Types: []string{"string"}, Required: true},
		{Path: "parameters", Types: []string{"array", "null"}},
		{Path: "parameters[]", Types: []string{"integer", "string"}},
		{Path: "reason", Types: []string{"null", "string"}},
	}
}

func joinInts(numbers []int) string {
	var parts []string
	for _, n := range numbers {
		parts = append(parts, fmt.Sprint(n))
	}
	return strings.Join(parts, " or ")
}
