package wire

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// titles of the documents, by generation.
func (g Generation) title() string {
	switch g {
	case AtlasV2:
		return "Latchkey: Atlas Administration API v2"
	case PublicV1:
		return "Latchkey: Ops Manager Public API v1.0"
	}
	return "Latchkey: Atlas Administration API v1.0"
}

const documentDescription = "Made from the rows that the server routes by. Credentials are an API key's, with HTTP digest authentication (RFC 7616), or the access token of a service account (RFC 6750). " +
	"Requests are JSON without duplicate members, at most 64 KiB; a member that is null is taken as absent, an unknown one is refused. " +
	"With envelope=true an answer is put in an envelope, which the schemas here do not show. " +
	"Every refusal but the challenge has its errorCode in the header X-Error-Code; unknown paths are 404 RESOURCE_NOT_FOUND, unknown methods 405 METHOD_NOT_ALLOWED."

// OpenAPI returns the OpenAPI 3.0 document of a generation, made from its rows
// and nothing else: the same rows make the same bytes.
func OpenAPI(rows []Row, g Generation, publicURL, version string) []byte {
	d := document{gen: g, schemas: map[string]*Schema{}, seen: map[string]int{}, paths: map[string][]operation{}}
	collect(d.schemas, apiError(g))
	for i := range rows {
		if slices.Contains(rows[i].Generations, g) {
			d.add(&rows[i])
		}
	}
	d.buf = make([]byte, 0, 128<<10)
	d.object(func() {
		d.member("openapi", "3.0.3")
		d.in("info", func() {
			d.member("title", g.title())
			d.member("description", documentDescription)
			d.member("version", version)
			d.in("license", func() {
				d.member("name", "Apache-2.0")
				d.member("url", "https://www.apache.org/licenses/LICENSE-2.0")
			})
		})
		d.name("servers")
		d.array(func() { d.object(func() { d.member("url", publicURL) }) })
		d.in("paths", func() {
			for _, path := range slices.Sorted(maps.Keys(d.paths)) {
				d.in(path, func() {
					for _, o := range d.paths[path] {
						d.in(strings.ToLower(o.row.Method), func() { d.operation(path, o) })
					}
				})
			}
		})
		d.in("components", func() {
			d.in("schemas", func() {
				for _, name := range slices.Sorted(maps.Keys(d.schemas)) {
					d.name(name)
					d.schema(d.schemas[name])
				}
			})
			d.in("securitySchemes", func() {
				d.in("digest", func() {
					d.member("type", "http")
					d.member("scheme", "digest")
					d.member("description", "Of API keys: the public key is the name, the private key the password.")
				})
				d.in("oauth2", func() {
					d.member("type", "oauth2")
					d.member("description", "Of service accounts: the client id is the name, a secret the password; the token is good for an hour at most.")
					d.in("flows", func() {
						d.in("clientCredentials", func() {
							d.member("tokenUrl", publicURL+"/api/oauth/token")
							d.in("scopes", func() {})
						})
					})
				})
			})
		})
	})
	return d.buf
}

// document is a document that is being made.
type document struct {
	docWriter
	gen     Generation
	schemas map[string]*Schema
	seen    map[string]int // how often an operation occurred
	paths   map[string][]operation
}

// operation is a row under one of its paths.
type operation struct {
	row *Row
	id  string // unique in the document
}

// add takes a row into the document under each of its paths. Ids must be
// unique, so further paths of an operation get a number behind its name.
func (d *document) add(row *Row) {
	for _, path := range row.Paths(d.gen) {
		d.seen[row.Op.Name]++
		id := row.Op.Name
		if n := d.seen[id]; n > 1 {
			id = fmt.Sprintf("%s_%d", id, n)
		}
		at := append(d.paths[path], operation{row, id})
		slices.SortFunc(at, func(a, b operation) int { return strings.Compare(a.row.Method, b.row.Method) })
		d.paths[path] = at
	}
	collect(d.schemas, row.Answer)
	if row.Body != nil {
		collect(d.schemas, row.Body.Schema(d.gen))
	}
}
