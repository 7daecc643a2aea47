package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/latchkey/latchkey/internal/published"
)

// document is the extract of the published OpenAPI file.
type document struct {
	Operations []operation        `json:"operations"`
	Schemas    map[string]*schema `json:"schemas"`
}

type operation struct {
	Method      string   `json:"method"`
	Path        string   `json:"path"`
	OperationID string   `json:"operationId"`
	RolesAnyOf  []string `json:"rolesAnyOf"`
	Deprecated  bool     `json:"deprecated"`
	Parameters  []struct {
		Name string `json:"name"`
		In   string `json:"in"`
	} `json:"parameters"`
	Request   map[string]*schema             `json:"request"`
	Responses map[string]map[string]response `json:"responses"`
}

type response struct {
	Schema  *schema `json:"schema"`
	Version string  `json:"x-xgen-version"`
}

// operations returns the rows in the order of the extract.
func (d *document) operations() ([]published.OperationFacts, error) {
	var rows []published.OperationFacts
	for _, o := range d.Operations {
		row := published.OperationFacts{ID: o.OperationID, Method: o.Method, Path: o.Path, Deprecated: o.Deprecated, RolesAnyOf: o.RolesAnyOf}
		if row.RolesAnyOf == nil {
			row.RolesAnyOf = []string{}
		}
		for code, media := range o.Responses {
			status, err := strconv.Atoi(code)
			if err != nil {
				return nil, fmt.Errorf("%s: status %q", o.OperationID, code)
			}
			if status >= 400 {
				row.Errors = append(row.Errors, status)
				continue
			}
			for mediaType, r := range media {
				row.Answers = append(row.Answers, published.AnswerFacts{Version: versionOf(mediaType), Status: status, Schema: schemaName(r.Schema)})
			}
		}
		for mediaType, s := range o.Request {
			row.Requests = append(row.Requests, published.AnswerFacts{Version: versionOf(mediaType), Schema: schemaName(s)})
		}
		for _, p := range o.Parameters {
			if p.In == "query" {
				row.QueryParams = append(row.QueryParams, p.Name)
			}
		}
		row.PathParams = pathParams(o.Path)
		slices.Sort(row.Errors)
		slices.Sort(row.QueryParams)
		slices.SortFunc(row.Answers, byVersion)
		slices.SortFunc(row.Requests, byVersion)
		rows = append(rows, row)
	}
	return rows, nil
}

func byVersion(a, b published.AnswerFacts) int {
	if c := strings.Compare(a.Version, b.Version); c != 0 {
		return c
	}
	return a.Status - b.Status
}

// versionOf cuts the version out of application/vnd.atlas.VERSION+json; it is empty for other media types.
func versionOf(mediaType string) string {
	rest, ok := strings.CutPrefix(mediaType, "application/vnd.atlas.")
	if !ok {
		return ""
	}
	version, _, _ := strings.Cut(rest, "+")
	return version
}

// schemaName names the shape of a body: the schema it refers to, with "[]" before it for an array of such.
func schemaName(s *schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return refName(s.Ref)
	case s.Items != nil:
		return "[]" + schemaName(s.Items)
	default:
		return ""
	}
}

func pathParams(path string) []string {
	var names []string
	for _, part := range strings.Split(path, "{")[1:] {
		name, _, _ := strings.Cut(part, "}")
		names = append(names, name)
	}
	return names
}
