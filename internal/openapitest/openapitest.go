// Package openapitest owns the comparison of answers with the OpenAPI
// documents that the server publishes. It is for tests only: it fetches the
// documents from a running server, validates exchanges against them, and can
// stand between clients and a server to validate everything that passes.
package openapitest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Generations are the names under which the documents are published, at
// /openapi/NAME.json.
func Generations() []string { return []string{"atlas-v2", "public-v1.0", "atlas-v1.0"} }

// Validator compares exchanges with the documents of all generations. It may
// be used by several goroutines at once.
type Validator struct {
	routes []route
}

// New returns a validator with the documents that the server at baseURL
// publishes. It fails the test when one cannot be had or is not valid.
func New(t testing.TB, baseURL string) *Validator {
	t.Helper()
	documents := make(map[string][]byte)
	for _, g := range Generations() {
		resp, err := http.Get(baseURL + "/openapi/" + g + ".json")
		if err != nil {
			t.Fatalf("openapitest: %v", err)
		}
		doc, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("openapitest: document of %s: %s, %v", g, resp.Status, err)
		}
		documents[g] = doc
	}
	v, err := FromDocuments(documents)
	if err != nil {
		t.Fatalf("openapitest: %v", err)
	}
	return v
}

// FromDocuments returns a validator with these documents, by generation. It returns an error
// when one is no valid OpenAPI 3.0 document.
func FromDocuments(documents map[string][]byte) (*Validator, error) {
	v := &Validator{}
	for _, g := range Generations() {
		loader := openapi3.NewLoader()
		doc, err := loader.LoadFromData(documents[g])
		if err != nil {
			return nil, fmt.Errorf("document of %s: %w", g, err)
		}
		if err := doc.Validate(context.Background()); err != nil {
			return nil, fmt.Errorf("document of %s: %w", g, err)
		}
		v.add(doc)
	}
	return v, nil
}

// route is one path of a document.
type route struct {
	segments []string // of the template
	literal  int      // bytes of the template that are no parameter
	item     *openapi3.PathItem
	apiError *openapi3.SchemaRef
}

func (v *Validator) add(doc *openapi3.T) {
	closed := closer{}
	for _, s := range doc.Components.Schemas {
		closed.close(s)
	}
	for path, item := range doc.Paths.Map() {
		for _, o := range item.Operations() {
			for _, response := range o.Responses.Map() {
				for _, content := range response.Value.Content {
					closed.close(content.Schema)
				}
			}
		}
		v.routes = append(v.routes, route{strings.Split(path, "/"), literalOf(path), item, doc.Components.Schemas["ApiError"]})
	}
}

// literalOf returns how many bytes of a template are no parameter.
func literalOf(template string) (n int) {
	for _, part := range strings.Split(template, "}") {
		before, _, _ := strings.Cut(part, "{")
		n += len(before)
	}
	return n
}

// closer makes schemas of objects refuse members that they do not name: an
// answer with a member that is not documented is a fault of this server,
// though no client may rely on that.
type closer map[*openapi3.Schema]bool

func (c closer) close(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil || c[ref.Value] {
		return
	}
	s := ref.Value
	c[s] = true
	if s.Type.Is("object") {
		no := false
		s.AdditionalProperties.Has = &no
	}
	c.close(s.Items)
	for _, p := range s.Properties {
		c.close(p)
	}
}

// find returns the route that a path, still escaped, belongs to, and false
// when no document has one. A template with fewer parameters goes before
// others, then one that says more, such as a verb after a parameter.
func (v *Validator) find(path string) (*route, bool) {
	segments := strings.Split(path, "/")
	var best *route
	fewest := len(segments) + 1
	for i := range v.routes {
		params, ok := v.routes[i].match(segments)
		if ok && (params < fewest || params == fewest && v.routes[i].literal > best.literal) {
			best, fewest = &v.routes[i], params
		}
	}
	return best, best != nil
}

// match reports whether the segments fit the template, and how many of them
// are parameters. No parameter is empty. What stands around one in its segment,
// such as a verb after a colon, must be there.
func (r *route) match(segments []string) (params int, ok bool) {
	if len(segments) != len(r.segments) {
		return 0, false
	}
	for i, template := range r.segments {
		before, rest, isParam := strings.Cut(template, "{")
		if !isParam {
			if segments[i] != template {
				return 0, false
			}
			continue
		}
		_, after, _ := strings.Cut(rest, "}")
		value, found := strings.CutPrefix(segments[i], before)
		value, found2 := strings.CutSuffix(value, after)
		if !found || !found2 || value == "" {
			return 0, false
		}
		params++
	}
	return params, true
}
