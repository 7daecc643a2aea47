package published

import (
	"fmt"
	"slices"
	"strings"
)

// OperationFacts is one row of operations.json, as the generator writes it.
type OperationFacts struct {
	ID          string        `json:"id"`
	Method      string        `json:"method"`
	Path        string        `json:"path"` // whole
	Deprecated  bool          `json:"deprecated,omitempty"`
	RolesAnyOf  []string      `json:"rolesAnyOf"` // display names
	Answers     []AnswerFacts `json:"answers"`
	Errors      []int         `json:"errors,omitempty"`
	PathParams  []string      `json:"pathParams,omitempty"`
	QueryParams []string      `json:"queryParams,omitempty"`
	Requests    []AnswerFacts `json:"requests,omitempty"` // without status
}

// AnswerFacts is one published success answer or, without a status, one published request body.
type AnswerFacts struct {
	Version string `json:"version"`
	Status  int    `json:"status,omitempty"`
	Schema  string `json:"schema,omitempty"`
}

// SchemaFile is schemas.json: flattened shapes by schema name, once as answered and once as asked.
type SchemaFile struct {
	Responses map[string][]Member `json:"responses"`
	Requests  map[string][]Member `json:"requests"`
}

// v1Row is one row of v1.json.
type v1Row struct {
	ID          string `json:"id"`
	Method      string `json:"method"`
	Path        string `json:"path"`
	Status      int    `json:"status"`
	Alias       string `json:"alias,omitempty"`
	ContentType string `json:"contentType,omitempty"`
	Source      string `json:"source"`
}

type v1File struct {
	Operations []v1Row `json:"operations"`
	Private    []v1Row `json:"private"`
}

func parse() (*facts, error) {
	f := &facts{byID: map[string]Operation{}, recordings: map[string][]Recording{}}
	var ops []OperationFacts
	var recs []Recording
	var v1 v1File
	for name, into := range map[string]any{
		"operations.json": &ops, "schemas.json": &f.schemas, "recordings.json": &recs,
		"v1.json": &v1, "differences.json": &f.known,
	} {
		if err := read(name, into); err != nil {
			return nil, err
		}
	}
	for _, o := range ops {
		op, err := f.v2Operation(o)
		if err != nil {
			return nil, err
		}
		f.v2 = append(f.v2, op)
		f.byID[op.ID] = op
	}
	for _, row := range v1.Private {
		rule, err := f.rule(row.ID, nil)
		if err != nil {
			return nil, err
		}
		op := Operation{ID: row.ID, Method: row.Method, Path: row.Path, Rule: rule, Source: row.Source, ContentType: row.ContentType,
			Answers: []Answer{{Version: VersionV1, Status: row.Status, Published: row.Status}}}
		f.private = append(f.private, op)
		f.byID[op.ID] = op
	}
	for _, row := range v1.Operations {
		op, err := f.v1Operation(row)
		if err != nil {
			return nil, err
		}
		f.v1 = append(f.v1, op)
	}
	for _, r := range recs {
		f.recordings[r.OperationID] = append(f.recordings[r.OperationID], r)
	}
	return f, nil
}

func (f *facts) v2Operation(o OperationFacts) (Operation, error) {
	rule, err := f.rule(o.ID, o.RolesAnyOf)
	if err != nil {
		return Operation{}, err
	}
	op := Operation{ID: o.ID, Method: o.Method, Base: BaseV2, Path: strings.TrimPrefix(o.Path, BaseV2), Deprecated: o.Deprecated,
		Rule: rule, Errors: o.Errors, PathParams: o.PathParams, QueryParams: o.QueryParams}
	for _, a := range o.Answers {
		answer := Answer{Version: a.Version, Status: a.Status, Published: a.Status, Schema: a.Schema}
		for _, d := range f.known.Statuses {
			if d.OperationID == o.ID && d.Published == a.Status {
				answer.Status = d.Wire
			}
		}
		op.Answers = append(op.Answers, answer)
	}
	for _, r := range o.Requests {
		op.Requests = append(op.Requests, Request{Version: r.Version, Schema: r.Schema})
	}
	return op, nil
}

// v1Operation fills a hand-written row with what holds on both generations: rule, parameters and the oldest shapes.
func (f *facts) v1Operation(row v1Row) (Operation, error) {
	v2, ok := f.byID[row.ID]
	if !ok {
		return Operation{}, fmt.Errorf("v1.json: %s is no published operation id", row.ID)
	}
	op := Operation{ID: row.ID, Method: row.Method, Base: BaseV1, Path: row.Path, Rule: v2.Rule, PathParams: placeholders(row.Path),
		QueryParams: v2.QueryParams, Alias: row.Alias, Source: row.Source}
	op.Answers = []Answer{{Version: VersionV1, Status: row.Status, Published: row.Status, Schema: v2.Answers[0].Schema}}
	if len(v2.Requests) > 0 {
		op.Requests = []Request{{Version: VersionV1, Schema: v2.Requests[0].Schema}}
	}
	return op, nil
}

func (f *facts) rule(id string, displayNames []string) (Rule, error) {
	for _, d := range f.known.Rules {
		if slices.Contains(d.OperationIDs, id) {
			kind, err := parseRuleKind(d.Rule)
			return Rule{Kind: kind, Roles: kind.roles()}, err
		}
	}
	if len(displayNames) == 0 {
		return Rule{}, fmt.Errorf("%s: no published role and no rule in differences.json", id)
	}
	rule := Rule{Kind: NeedsRole}
	for _, name := range displayNames {
		role, ok := RoleName(name)
		if !ok {
			return Rule{}, fmt.Errorf("%s: unknown role display name %q", id, name)
		}
		rule.Roles = append(rule.Roles, role)
	}
	return rule, nil
}

func placeholders(path string) []string {
	var names []string
	for {
		_, rest, ok := strings.Cut(path, "{")
		if !ok {
			return names
		}
		name, after, _ := strings.Cut(rest, "}")
		names = append(names, name)
		path = after
	}
}
